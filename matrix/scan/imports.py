"""Files that can't be imported on a release: they use a class or a package that is missing there. Pure."""

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from matrix.scan.project import Project
from matrix.scan.recorded import Recorded
from matrix.scan.scopes import Module, Scope
from matrix.scan.sdk import Sdk
from matrix.scan.values import DottedName

if TYPE_CHECKING:
    from matrix.scan.resolver import Resolver

_UNCERTAIN: Final = (
    *(ast.If, ast.Try, ast.TryStar, ast.With, ast.For, ast.While, ast.Match),
    *(ast.Lambda, ast.IfExp, ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
"""The nodes whose parts may not run, or may fail without consequence."""


def find_failure(self: "Resolver", module: Module) -> str:
    """Return the name of the exception that importing a file raises on a release; empty if it raises none."""
    return _find_failure(self, module, set())


def _find_failure(self: "Resolver", module: Module, entered: set[str]) -> str:
    entered.add(module.path)
    for node in _walk_certain(module.tree.body):
        missing = ""
        if isinstance(node, ast.Import | ast.ImportFrom):
            missing = find_missing(self.sdk, self.recorded, self.project, node, module.top)
            imported = (each for each in _find_imported(self.project, node, module.path) if each.path not in entered)
            missing = missing or next(filter(None, (_find_failure(self, each, entered) for each in imported)), "")
        elif isinstance(node, ast.Attribute) and (
            self.sdk.is_error(f"{self.sdk.module}.{node.attr}") or self.sdk.target.classes.parents
        ):
            base = self.evaluate_safely(node.value, module.scope_of.get(node, module.top))
            is_module = isinstance(base, DottedName) and base.name in self.sdk.modules | self.sdk.target.classes.parents
            if is_module and self.recorded.classes.lacks(f"{base.name}.{node.attr}"):
                missing = "AttributeError"
        if missing:
            return missing
    return ""


def _walk_certain(statements: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes that run for certain when a file is imported; annotations may not."""
    stack: list[ast.AST] = [*statements]
    stack.reverse()
    while stack:
        node = stack.pop()
        if isinstance(node, _UNCERTAIN):
            continue
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            defaults = (*node.args.defaults, *node.args.kw_defaults)
            stack += reversed([*node.decorator_list, *(each for each in defaults if each is not None)])
        elif isinstance(node, ast.AnnAssign):
            stack += [node.value] if node.value is not None else []
        else:
            stack += reversed(list(ast.iter_child_nodes(node)))


def _find_imported(project: Project, statement: ast.Import | ast.ImportFrom, path: str) -> Iterator[Module]:
    """Find the other files that an import runs, of those that mention the SDK: parsing all takes long."""
    if isinstance(statement, ast.Import):
        names = [(alias.name, 0) for alias in statement.names]
    else:
        package = statement.module or ""
        names = [(package, statement.level)] if package else []
        names += [(f"{package}.{alias.name}".lstrip("."), statement.level) for alias in statement.names]
    for name, level in names:
        imported_path = project.find_path(name, level, path)
        if imported_path is not None and (project.mentioning is None or imported_path in project.mentioning):
            module = project.find_module(name, level, path)
            if module is not None:
                yield module


def find_missing(
    sdk: Sdk, recorded: Recorded, project: Project, statement: ast.Import | ast.ImportFrom, scope: Scope
) -> str:
    """Return the name of the exception that an import raises on a release; empty if it raises none."""
    match statement:
        case ast.Import(names=names):
            lacking = any(_lacks(recorded, project, alias.name, scope) for alias in names)
            lacking = lacking or any(recorded.classes.lacks_module(alias.name) for alias in names)
            return "ModuleNotFoundError" if lacking else ""
        case ast.ImportFrom(module=str(origin), names=names, level=0):
            if _lacks(recorded, project, origin, scope) or recorded.classes.lacks_module(origin):
                return "ModuleNotFoundError"
            if sdk.owns(origin) or origin.partition(".")[0] in sdk.target.classes.parents:
                classes = [f"{origin}.{alias.name}" for alias in names]
                if any(map(recorded.classes.lacks_module, classes)) or any(map(sdk.lacks_client, classes)):
                    return "ImportError"
                if any(sdk.may_lack(name) and recorded.classes.lacks(name) for name in classes):
                    return "ImportError"
    return ""


def _lacks(recorded: Recorded, project: Project, origin: str, scope: Scope) -> bool:
    package = origin.partition(".")[0]
    return recorded.lacks_package(package) and project.find_module(package, 0, scope.path) is None
