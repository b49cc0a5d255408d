"""Evaluates comparisons of values: with texts, numbers, collections, and classes of errors. Pure."""

import ast
import operator
from collections.abc import Callable
from typing import Any, Final

from matrix.scan.error_parts import is_known_key
from matrix.scan.items import find_key
from matrix.scan.resolver import Env, Resolver, crash
from matrix.scan.scopes import Scope
from matrix.scan.values import (
    BoundFunction,
    CaughtError,
    CauseClass,
    DottedName,
    EnumMember,
    ErrorPart,
    Instance,
    Lazy,
    OwnFunction,
    Unknown,
    UnreadText,
    is_of_error,
    is_unknown,
    read_text,
    why_unknown,
)

_OPERATORS: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def compare(self: Resolver, node: Any, scope: Scope, env: Env) -> Any:
    """Evaluate a comparison, chained or not."""
    left = self.evaluate(node.left, scope, env, reads=False)
    result: Any = True
    for operation, comparator in zip(node.ops, node.comparators, strict=True):
        right = self.evaluate(comparator, scope, env, reads=False)
        answer = _compare_two(self, operation, left, right)
        if answer is False:
            return False
        if isinstance(answer, Unknown) and not isinstance(result, Unknown):
            result = answer if answer.of_error else Unknown(answer.why, _mentions_error(node, env))
        left = right
    return result


def _mentions_error(node: ast.AST, env: Env) -> bool:
    """Return whether an expression names a caught error, or a part of one."""
    names = (each.id for each in ast.walk(node) if isinstance(each, ast.Name))
    return any(is_of_error(env[name]) for name in names if name in env)


def _compare_two(self: Resolver, operation: ast.cmpop, left: Any, right: Any) -> Any:
    match operation:
        case ast.In() | ast.NotIn() if isinstance(right, UnreadText) and type(left) is str:  # codespell:ignore notin
            return right.contains(left) is isinstance(operation, ast.In)
    left, right = read_text(left), read_text(right)
    match operation:
        case ast.In() | ast.NotIn():  # codespell:ignore notin
            answer = _contains(self, right, left)
            negated = isinstance(operation, ast.NotIn)  # codespell:ignore notin
        case ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot():
            answer = are_equal(self, left, right)
            negated = isinstance(operation, ast.NotEq | ast.IsNot)
        case _:
            return _order(operation, left, right)
    return answer if isinstance(answer, Unknown) else answer is not negated


def _order(operation: ast.cmpop, left: Any, right: Any) -> Any:
    if is_unknown(left) or is_unknown(right):
        return Unknown(why_unknown(left) or why_unknown(right), is_of_error(left, right))
    compare = _OPERATORS[type(operation)]
    if isinstance(left, frozenset | set) and isinstance(right, tuple):
        right = frozenset(right)
    try:
        return bool(compare(left, right))
    except TypeError:
        if all(isinstance(each, int | float | str | None | tuple) for each in (left, right)):
            raise crash("TypeError") from None
        return Unknown("a comparison can't be evaluated", is_of_error(left, right))


def _contains(self: Resolver, container: Any, item: Any) -> Any:
    if isinstance(container, ErrorPart) and container.name == "headers" and isinstance(item, str):
        self.record.compares = True
        return item.lower() in container.view.headers
    if isinstance(container, DottedName | Unknown):
        why = container.why if isinstance(container, Unknown) else describe_origin(container)
        return Unknown(why, is_of_error(item, container))
    if isinstance(item, Unknown):
        return item
    if isinstance(container, str):
        return item in container if isinstance(item, str) else Unknown("a text can't be searched", is_of_error(item))
    if isinstance(container, dict):
        key = find_key(self, container, item)
        if not is_known_key(key):
            return Unknown("a key can't be known", is_of_error(container, item))
        return key in container
    if isinstance(container, tuple | frozenset):
        answers = [are_equal(self, item, each) for each in container]
        if True in answers:
            return True
        return next((each for each in answers if isinstance(each, Unknown)), False)
    if container is None:
        raise crash("TypeError")
    return Unknown("a collection can't be known", is_of_error(container, item))


def describe_origin(dotted: DottedName) -> str:
    """Say which module that was not scanned a name comes from."""
    package, _, name = dotted.name.rpartition(".")
    return f"{name} comes from {package or 'another file'}, which was not scanned"


def are_equal(self: Resolver, left: Any, right: Any) -> Any:
    """Return whether two values are equal; unknown if that can't be known."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Unknown):
            return Unknown(one.why, is_of_error(left, right))
        if isinstance(one, ErrorPart) and one.name == "class":
            return _is_class(self, one, other)
        if isinstance(one, DottedName) and is_of_error(other):
            return Unknown(describe_origin(one), of_error=True)
        if isinstance(one, EnumMember) and isinstance(other, str | int):
            return one.value == other if not isinstance(one.value, Unknown) else one.value
        if isinstance(one, DottedName) and isinstance(other, str | int):  # a constant that was not scanned
            return Unknown(describe_origin(one))
        if isinstance(one, CaughtError | Instance | OwnFunction | BoundFunction | Lazy):
            return one is other if isinstance(other, CaughtError | Instance) else False
    if isinstance(left, CauseClass) or isinstance(right, CauseClass):
        return _class_name(left) == _class_name(right)
    if is_unknown(left) or is_unknown(right):
        return Unknown(why_unknown(left) or why_unknown(right), is_of_error(left, right))
    return bool(left == right)


def _class_name(value: Any) -> str:
    return str(getattr(value, "name", ""))


def _is_class(self: Resolver, one: ErrorPart, other: Any) -> Any:
    """Return whether the error is of exactly this class, and not of a class derived from it."""
    self.record.compares = True
    if not isinstance(other, DottedName | ErrorPart):
        return False
    if isinstance(other, ErrorPart):
        return other.view.names[0] == one.view.names[0]
    self.record.classes[other] = None
    return self.sdk.public(other.name) == self.sdk.public(one.view.names[0])
