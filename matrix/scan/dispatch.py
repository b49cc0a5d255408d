"""Functions of `functools.singledispatch`: which of them an argument selects. Pure."""

import ast
from typing import Any

from matrix.scan.resolver import Resolver
from matrix.scan.values import CaughtError, DottedName, OwnFunction


def find_dispatched(self: Resolver, function: OwnFunction, argument: Any) -> OwnFunction:
    """Find the registered function whose class is nearest to that of an argument; the function itself if none fits."""
    name = getattr(function.node, "name", "")
    fitting: list[tuple[int, OwnFunction]] = []
    for registered, class_ in _list_registered(self, function, name):
        if self.is_instance(argument, class_) is True:
            fitting.append((_distance(argument, class_), registered))
    return min(fitting, key=lambda each: each[0])[1] if fitting else function


def _list_registered(self: Resolver, function: OwnFunction, name: str) -> list[tuple[OwnFunction, Any]]:
    """List the functions that are registered with a function, each with its class."""
    index = self.calls.references.find_index(function.node)
    registered = []
    for node, decorator in index.decorated:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if ast.unparse(called) != f"{name}.register":
            continue
        scope = index.module.scope_of[node]
        classes = decorator.args if isinstance(decorator, ast.Call) else []
        annotation = node.args.args[0].annotation if node.args.args else None
        class_node = classes[0] if classes else annotation
        if class_node is not None:
            registered.append((OwnFunction(node, scope), self.evaluate_safely(class_node, scope)))
    return registered


def _distance(argument: Any, class_: Any) -> int:
    """Return how far a class is from the class of an error."""
    if isinstance(argument, CaughtError) and isinstance(class_, DottedName):
        lasts = [each.rpartition(".")[2] for each in argument.view.names]
        last = class_.name.rpartition(".")[2]
        return lasts.index(last) if last in lasts else len(lasts)
    return 0
