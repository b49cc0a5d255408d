"""Finds names of a function that have no value yet: reading one raises `UnboundLocalError`. Pure."""

import ast
from typing import TYPE_CHECKING, Final

from matrix.scan.file_index import walk_function
from matrix.scan.scopes import Scope
from matrix.scan.values import CaughtError

if TYPE_CHECKING:
    from matrix.scan.resolver import Resolver

_PLAIN: Final = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor, ast.withitem)
"""The parts of statements that bind names where they run, and nowhere else."""


def lacks_value(self: "Resolver", name: str, scope: Scope, *, is_empty: bool) -> bool:
    """Return whether a name that is not among the values of a function is certain to have none after a failed call.

    A stream that fails later may have bound names in code that the scan does not follow.

    Args:
        self: Runs the function from its beginning.
        name: A name that the function binds.
        scope: The scope of the function.
        is_empty: Whether the stream ended and brought nothing.
    """
    if not is_empty and not _failed_at_once(self):
        return False
    return len(scope.bindings[name]) == _count_bound(self, name, scope.node)


def _failed_at_once(self: "Resolver") -> bool:
    """Return whether the call that fails does so before its stream."""
    errors = [*self.failing.values(), *self.entry_calls.values()]
    return bool(errors) and all(isinstance(each, CaughtError) and not each.view.in_stream for each in errors)


def _count_bound(self: "Resolver", name: str, function: ast.AST) -> int:
    """Count the statements in a function that bind a name; -1 if other code may bind it too."""
    module = self.calls.references.find_index(function).module
    nodes = [*ast.walk(function)]
    self.work.spend(len(nodes) // 10)
    if any(isinstance(each, ast.Nonlocal) and name in each.names for each in nodes):
        return -1
    count = 0
    for node in walk_function(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            parent = module.parents[node]
            while isinstance(parent, ast.Tuple | ast.List | ast.Starred):
                parent = module.parents[parent]
            if not isinstance(parent, _PLAIN):
                return -1
            count += 1
    return count
