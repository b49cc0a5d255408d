"""Find where a name comes from that a file has by `import *` alone, through any number of files. Pure."""

import ast
from collections.abc import Callable, Iterator

from matrix.scan.scopes import BindingKind, Module, Scope
from matrix.scan.work import Work

_ALL = "__all__"


def find_starred(
    top: Scope, name: str, find_module: Callable[[str, int, str], Module | None], work: Work
) -> Iterator[Module | str]:
    """Yield what may bring a name to the top of a file, the last first, since it hides the others.

    That is a scanned file that binds the name, or the dotted name of a module that is not scanned.

    Args:
        top: The scope of the file.
        name: The name.
        find_module: Returns the scanned file that an import means, by its dotted name, its dots and its own file.
        work: The work of judging the file so far.
    """
    pending, visited = [(top, star) for star in top.stars], {top.path}
    while pending:
        importing, (origin, level) = pending.pop()
        work.spend(1)
        module = find_module(origin, level, importing.path)
        if module is None:
            yield "." * level + origin
        elif module.path not in visited and _exports(module.top, name):
            visited.add(module.path)
            if name in module.top.bindings:
                yield module
            pending += [(module.top, star) for star in module.top.stars]


def _exports(top: Scope, name: str) -> bool:
    """Return whether `import *` takes a name of a file: by its `__all__`, or else unless the name is private.

    A list that is computed may have every name.
    """
    match top.bindings.get(_ALL, []):
        case []:
            return not name.startswith("_")
        case [binding] if binding.kind is BindingKind.VALUE and isinstance(binding.node, ast.List | ast.Tuple):
            return any(not isinstance(each, ast.Constant) or each.value == name for each in binding.node.elts)
    return True
