"""Tasks of Celery that run again: `self.retry(...)` raises what tells the worker so. Pure."""

import ast
from typing import Final

from matrix.scan.resolver import Resolver
from matrix.scan.scopes import Scope
from matrix.scan.values import DottedName, OwnFunction

_DECORATORS: Final = frozenset({"task", "shared_task", "periodic_task"})
_USUAL: Final = frozenset({"self", "task"})
"""The names that people give to the first parameter of a bound task."""


def is_celery_retry(self: Resolver, node: ast.AST, scope: Scope, *, is_raised: bool) -> bool:
    """Return whether a node is Celery's `self.retry(...)`, which raises an exception even without `raise`."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name) as owner, attr="retry"), keywords=keywords):
            if any(each.arg == "throw" for each in keywords):
                return False
            return (is_raised and name in _USUAL) or _is_task(self, owner, scope)
    return False


def _is_task(self: Resolver, owner: ast.Name, scope: Scope) -> bool:
    """Return whether a name is a task: the first parameter of one, a task of the files, or Celery's `current_task`."""
    function = scope.node
    if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and _is_decorated(function):
        parameters = [*function.args.posonlyargs, *function.args.args]
        if parameters and parameters[0].arg == owner.id:
            return True
    value = self.evaluate_safely(owner, scope)
    return value == DottedName("celery.current_task") or (isinstance(value, OwnFunction) and _is_decorated(value.node))


def _is_decorated(function: ast.AST) -> bool:
    """Return whether a function is decorated as a task, with arguments or without."""
    for decorator in getattr(function, "decorator_list", ()):
        name = decorator.func if isinstance(decorator, ast.Call) else decorator
        if getattr(name, "attr", getattr(name, "id", "")) in _DECORATORS:
            return True
    return False
