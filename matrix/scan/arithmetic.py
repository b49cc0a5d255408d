"""Evaluates operators between two values: of numbers, texts, collections and classes. Pure."""

import ast
import operator
from collections.abc import Callable
from typing import Any, Final

from matrix.scan.comparisons import are_equal
from matrix.scan.error_parts import convert_to_text
from matrix.scan.resolver import Env, Resolver, crash
from matrix.scan.scopes import Scope
from matrix.scan.values import (
    DottedName,
    ErrorText,
    NoTuple,
    OwnClass,
    Union,
    Unknown,
    collect,
    flatten,
    is_of_error,
    is_unknown,
    read_text,
    why_unknown,
)
from matrix.scan.wording import unparse_short

LONGEST_TEXT: Final = 100_000
"""The most characters of a text; a program whose every line doubles a text soon has more than memory holds."""


def evaluate_operator(self: Resolver, node: Any, scope: Scope, env: Env) -> Any:
    """Evaluate an operator between two values."""
    left, right = self.evaluate(node.left, scope, env), self.evaluate(node.right, scope, env)
    match node.op:
        case ast.BitOr() if all(isinstance(side, DottedName | OwnClass) for side in (left, right)):
            return Union((left, right))
        case ast.BitOr() if isinstance(left, Union) or isinstance(right, Union):
            return Union((*_items(left), *_items(right)))
        case ast.Add() | ast.BitOr() if isinstance(left, tuple) or isinstance(right, tuple):
            if isinstance(left, str | int) or isinstance(right, str | int):
                raise crash("TypeError")
            items = (*_items(left), *_items(right))
            return collect(NoTuple(items) if isinstance(left, NoTuple) else items)
        case ast.BitOr() if isinstance(left, dict) and isinstance(right, dict):
            return collect({**left, **right})
        case ast.Sub() if isinstance(left, tuple) and isinstance(right, tuple) and not is_unknown((left, right)):
            return tuple(each for each in left if each not in right)
        case ast.BitAnd() if isinstance(left, tuple) and isinstance(right, tuple) and not is_unknown((left, right)):
            return tuple(each for each in left if any(are_equal(self, each, other) is True for other in right))
        case ast.Mod() if isinstance(left, str):
            texts = [
                read_text(convert_to_text(self, each)) for each in (right if isinstance(right, tuple) else (right,))
            ]
            if not is_unknown(tuple(texts)):
                return f"{left} {' '.join(map(str, texts))}"
    if isinstance(left, str) and isinstance(right, str) and isinstance(node.op, ast.Add):
        if len(left) + len(right) >= LONGEST_TEXT:
            return Unknown("a text is too long", is_of_error(left, right))
        return ErrorText(left + right) if is_of_error(left, right) else left + right
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    operation = _ARITHMETIC.get(type(node.op))
    if numbers and operation is not None:
        try:
            return operation(left, right)
        except (ZeroDivisionError, OverflowError, ValueError, TypeError):
            return Unknown("a number can't be known", is_of_error(left, right))
    if operation is not None and None in (left, right) and not is_unknown((left, right)):
        raise crash("TypeError")
    return Unknown(
        why_unknown((left, right)) or f"`{unparse_short(node)}` can't be evaluated", is_of_error(left, right)
    )


def _items(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else tuple(flatten(value))


def _power(left: float, right: float) -> Any:
    return left**right if abs(right) < 64 and abs(left) < 1000 else Unknown("a number is too large")


_ARITHMETIC: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: lambda left, right: left * right if abs(left) < 1e9 and abs(right) < 1e9 else Unknown("a large number"),
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.BitAnd: lambda left, right: left & right,
    ast.BitOr: lambda left, right: left | right,
    ast.BitXor: lambda left, right: left ^ right,
    ast.RShift: lambda left, right: left >> right,
}
