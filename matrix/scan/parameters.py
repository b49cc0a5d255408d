"""The values of parameters: what callers pass to them, or their defaults. Pure."""

import ast
from typing import TYPE_CHECKING, Any

from matrix.scan.file_index import FunctionNode
from matrix.scan.scopes import FUNCTIONS
from matrix.scan.values import Instance, Unknown, have_same_value

if TYPE_CHECKING:
    from matrix.scan.resolver import Resolver


def resolve_parameter(self: "Resolver", function: ast.AST, name: str) -> Any:
    """Return the value that callers pass to a parameter, or its default, if all agree.

    A default that decides something, such as a flag, is one value among others if no caller is known.
    """
    unknown = Unknown(f"the caller passes {name}")
    if not isinstance(function, FUNCTIONS) or function not in self.calls.references.find_index(function).module.scopes:
        return unknown
    key = function, name
    if key in self.resolving or len(self.resolving) > 8:
        return unknown
    self.resolving.append(key)
    try:
        values = []
        for argument, scope in self.calls.references.find_arguments(function, name):
            if not _is_inside(self, argument, function):
                values.append(self.evaluate_safely(argument, scope))
    finally:
        self.resolving.pop()
    if len(values) == 1 and _may_be_other(values[0]) and not self.calls.references.find_callers(function):
        return unknown
    if values and all(have_same_value(value, values[0]) for value in values):
        return values[0]
    if values and all(isinstance(value, int | float) for value in values):
        return values[0]  # the number of attempts or of seconds
    return Unknown(f"callers pass different {name}") if values else unknown


def _is_inside(self: "Resolver", argument: ast.expr, function: FunctionNode) -> bool:
    module = self.calls.references.find_index(function).module
    defaults = (*function.args.defaults, *function.args.kw_defaults)
    return function in module.find_ancestors(argument) and argument not in defaults


def _may_be_other(default: Any) -> bool:
    """Return whether a default is a flag, a text, or an object that stands for what a caller gives."""
    return isinstance(default, bool | str | Instance | None)
