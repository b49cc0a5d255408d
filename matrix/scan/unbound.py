"""Finds names that have no value when a program reads them, which raises a `NameError`. Pure."""

import ast
from typing import TYPE_CHECKING, Any, Final

from matrix.scan.file_index import walk_function
from matrix.scan.scopes import Binding, BindingKind, Scope
from matrix.scan.values import CaughtError

if TYPE_CHECKING:
    from matrix.scan.resolver import Resolver

_PLAIN: Final = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor, ast.withitem)
"""The parts of statements that bind names where they run, and nowhere else."""


def find_name_error(self: "Resolver", name: str, owner: Scope, scope: Scope, is_empty: Any) -> str:
    """Return the class of the error if a name is certain to have no value after a failed call; else an empty text.

    A name that is imported for type checkers alone never has one. A stream that fails later may have bound names in
    code that the scan does not follow.

    Args:
        self: Runs a function from its beginning.
        name: A name that is not among the values of the functions that run.
        owner: The scope that binds it.
        scope: The scope that reads it.
        is_empty: Whether the stream ended and brought nothing.
    """
    if all(_is_imported_for_types(each) for each in owner.bindings[name]):
        return "NameError"
    if owner is not scope or owner.node not in self.entered or not (is_empty or _failed_at_once(self)):
        return ""
    return "UnboundLocalError" if len(owner.bindings[name]) == _count_bound(self, name, owner.node) else ""


def _is_imported_for_types(binding: Binding) -> bool:
    module, node = binding.scope.module, binding.node
    if binding.kind is not BindingKind.IMPORT or module is None or node is None:
        return False
    match module.parents.get(node):
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"), body=body):
            return node in body
    return False


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
