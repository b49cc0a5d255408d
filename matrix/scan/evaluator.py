"""Evaluates a user's expressions for a caught failure. Pure; nothing of the user's is run.

The few operations with which people tell errors apart are evaluated on plain data. Any other expression is `Unknown`,
and so is every expression that depends on it.
"""

import ast
import operator
from collections.abc import Callable
from typing import Any, Final

from matrix.scan.call_values import evaluate_call
from matrix.scan.error_parts import convert_to_text, look_up_in_class, read_attribute, read_item
from matrix.scan.resolver import Env, Resolver, unparse_short
from matrix.scan.scopes import Scope
from matrix.scan.values import NONE, DottedName, ErrorPart, OwnFunction, Unknown, Value, collect, flatten, make_unknown

DEPTH: Final = 40
"""How deep expressions and calls are followed; the deepest condition seen in real programs is 12 deep."""

STEPS: Final = 5_000
"""How many expressions are evaluated for one failure; the longest condition seen in real programs takes 300."""


class Evaluator(Resolver):
    """An evaluator of expressions for one failure."""

    def evaluate(self, node: ast.AST, scope: Scope, env: Env | None = None) -> Value:
        """Evaluate an expression; `env` has the values of local names."""
        if self.depth > DEPTH:
            return make_unknown("the expression is nested too deeply")
        if self.steps > STEPS:
            return make_unknown("the expression is too long")
        self.depth += 1
        self.steps += 1
        self.work.spend()
        try:
            rule = _RULES.get(type(node))
            if rule is None:
                return make_unknown(f"`{unparse_short(node)}` can't be evaluated")
            return rule(self, node, scope, {} if env is None else env)
        finally:
            self.depth -= 1


def _constant(_: Resolver, node: Any, __: Scope, ___: Env) -> Value:
    return Value(node.value)


def _name(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    return env[node.id] if node.id in env else self.look_up(node.id, scope)


def _attribute(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"} and node.value.id not in env:
        owner = scope.enclosing_class
        return (
            look_up_in_class(self, owner, node.attr)
            if owner
            else make_unknown(f"self.{node.attr} is not set in this file")
        )
    return read_attribute(self, self.evaluate(node.value, scope, env), node.attr)


def _subscript(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    base, key = self.evaluate(node.value, scope, env), self.evaluate(node.slice, scope, env)
    return read_item(base, key)


def _collection(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    data: list[Any] = []
    aspects = NONE
    for element in node.elts:
        value = self.evaluate(element.value if isinstance(element, ast.Starred) else element, scope, env)
        aspects |= value.aspects
        if isinstance(element, ast.Starred) and isinstance(value.data, tuple | frozenset | dict):
            data.extend(value.data)
        else:
            data.append(value.data)
    return collect(tuple(data), aspects)


def _dict(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    data = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        key = self.evaluate(key_node, scope, env) if key_node else make_unknown("a dict is unpacked")
        if not isinstance(key.data, str | int | float | bool | None | DottedName):
            return make_unknown(f"`{unparse_short(node)}` can't be evaluated")
        data[key.data] = self.evaluate(value_node, scope, env).data
    return collect(data)


def _boolean(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    """Evaluate `and` or `or`: one known operand may decide, whatever the others are."""
    decides = isinstance(node.op, ast.Or)
    values = [
        self.evaluate(value, scope, env) for value in node.values
    ]  # all of them, so that every comparison is recorded
    doubts: list[Value] = []
    for value in values:
        truth = self.truth_of(value)
        if truth is decides:
            return Value(decides) if doubts else value
        if truth is None:
            doubts.append(value)
    if not doubts:
        return values[-1]
    why = next((value.why for value in doubts if value.aspects), doubts[0].why)
    return make_unknown(why, NONE.union(*(value.aspects for value in doubts)))


def _unary(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    value = self.evaluate(node.operand, scope, env)
    truth = self.truth_of(value)
    if isinstance(node.op, ast.Not):
        return Value(not truth, value.aspects) if truth is not None else value
    if isinstance(node.op, ast.USub) and isinstance(value.data, int | float):
        return Value(-value.data, value.aspects)
    return make_unknown(f"`{unparse_short(node)}` can't be evaluated", value.aspects)


_OPERATORS: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: lambda left, right: left is right if right is None or left is None else left == right,
    ast.IsNot: lambda left, right: left is not right if right is None or left is None else left != right,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,  # codespell:ignore notin
}


def _compare(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    """Evaluate a comparison, chained or not."""
    values = [self.evaluate(operand, scope, env) for operand in (node.left, *node.comparators)]
    aspects = NONE.union(*(value.aspects for value in values))
    is_none = any(value.data is None and not value.aspects for value in values)
    if not is_none:  # that an error has an attribute at all says nothing about the error
        self.record_comparison(node, scope, aspects)
        constants = [item for value in values if aspects and not value.aspects for item in flatten(value.data)]
        self.record.constants.update(item for item in constants if isinstance(item, str | int))
    if any(isinstance(value.data, ErrorPart) and value.data.name == "class" for value in values):
        return _exact_class(self, node, values)
    result = True
    for left, operation, right in zip(values, node.ops, values[1:], strict=False):
        if isinstance(right.data, DottedName) and left.aspects:
            return make_unknown(f"{_describe_origin(right.data)}, which was not scanned", aspects)
        if isinstance(left.data, Unknown) or not right.known:
            return make_unknown(left.why or right.why, aspects)
        try:
            result = result and bool(_OPERATORS[type(operation)](left.data, right.data))
        except TypeError:
            result = False
    return Value(result, aspects)


def _describe_origin(dotted: DottedName) -> str:
    package, _, name = dotted.name.rpartition(".")
    return f"{name} comes from {package or 'another file'}"


def _exact_class(self: Resolver, node: Any, values: list[Value]) -> Value:
    """Evaluate `type(e) is X` or `type(e) in (X, Y)`: the class itself, and no base of it."""
    classes = [item for value in values for item in flatten(value.data) if isinstance(item, DottedName)]
    self.record.classes.update(dict.fromkeys(classes))
    is_class = self.failure.classes[0] in {self.sdk.public(each.name) for each in classes}
    negated = isinstance(node.ops[0], ast.NotEq | ast.NotIn | ast.IsNot)  # codespell:ignore notin
    return (
        Value(is_class is not negated)
        if classes
        else make_unknown(f"`{unparse_short(node)}` can't be evaluated", values[0].aspects)
    )


def _choice(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    test = self.evaluate(node.test, scope, env)
    truth = self.truth_of(test)
    if truth is not None:
        return self.evaluate(node.body if truth else node.orelse, scope, env)
    first, second = self.evaluate(node.body, scope, env), self.evaluate(node.orelse, scope, env)
    return first if first == second else make_unknown(test.why, test.aspects | first.aspects | second.aspects)


def _walrus(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    value = self.evaluate(node.value, scope, env)
    env[node.target.id] = value
    return value


def _binary(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    left, right = self.evaluate(node.left, scope, env), self.evaluate(node.right, scope, env)
    aspects = left.aspects | right.aspects
    if isinstance(node.op, ast.Add | ast.BitOr) and all(isinstance(side.data, tuple) for side in (left, right)):
        return collect((*left.data, *right.data), aspects)
    if isinstance(node.op, ast.BitOr) and all(isinstance(side.data, DottedName) for side in (left, right)):
        return collect((left.data, right.data))  # X | Y, as isinstance takes it
    if isinstance(node.op, ast.Add) and (isinstance(left.data, tuple) or isinstance(right.data, tuple)):
        return collect((*flatten(left.data), *flatten(right.data)), aspects)
    if left.known and right.known and isinstance(left.data, int) and isinstance(right.data, int):
        match node.op:
            case ast.FloorDiv() if right.data:
                return Value(left.data // right.data, aspects)
            case ast.Add():
                return Value(left.data + right.data, aspects)
            case ast.Sub():
                return Value(left.data - right.data, aspects)
    return make_unknown(f"`{unparse_short(node)}` can't be evaluated", aspects)


def _text(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    """Evaluate an f-string: with the error in it, it counts as the error's text."""
    values = [self.evaluate(part.value, scope, env) for part in node.values if isinstance(part, ast.FormattedValue)]
    texts = [convert_to_text(self, value) for value in values if value.aspects]
    if texts and all(text.known for text in texts):
        return Value(" ".join(str(text.data) for text in texts), NONE.union(*(text.aspects for text in texts)))
    return make_unknown("an f-string can't be evaluated", NONE.union(*(value.aspects for value in values)))


def _inside(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    return self.evaluate(node.value, scope, env)


def _lambda(_: Resolver, node: Any, scope: Scope, __: Env) -> Value:
    return Value(OwnFunction(node, scope))


def _generator(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    """Evaluate `... for word in (...)` if the items are known."""
    if len(node.generators) != 1 or not isinstance(node.generators[0].target, ast.Name):
        return make_unknown(f"`{unparse_short(node)}` can't be evaluated")
    items = self.evaluate(node.generators[0].iter, scope, env)
    if not isinstance(items.data, tuple | frozenset | dict) or not items.known or len(items.data) > 200:
        element = self.evaluate(node.elt, scope, {**env, node.generators[0].target.id: make_unknown(items.why)})
        return make_unknown(items.why or "the items of a loop can't be evaluated", element.aspects)
    values = []
    for item in items.data:
        inner = {**env, node.generators[0].target.id: Value(item)}
        if all(self.truth_of(self.evaluate(test, scope, inner)) is not False for test in node.generators[0].ifs):
            values.append(self.evaluate(node.elt, scope, inner))
    return collect(tuple(value.data for value in values), NONE.union(*(value.aspects for value in values)))


_RULES: Final[dict[type[ast.AST], Callable[[Resolver, Any, Scope, Env], Value]]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Tuple: _collection,
    ast.List: _collection,
    ast.Set: _collection,
    ast.Dict: _dict,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.Call: evaluate_call,
    ast.Compare: _compare,
    ast.IfExp: _choice,
    ast.NamedExpr: _walrus,
    ast.BinOp: _binary,
    ast.JoinedStr: _text,
    ast.Await: _inside,
    ast.Starred: _inside,
    ast.Lambda: _lambda,
    ast.GeneratorExp: _generator,
    ast.ListComp: _generator,
    ast.SetComp: _generator,
}
