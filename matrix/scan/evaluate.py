"""What an expression of a user's comes to when a given failure was caught. Pure; nothing of the user's is run.

The few operations by which people tell errors apart are worked out on plain data; anything else is `Unknown`, and so is
what depends on it.
"""

import ast
import operator
from collections.abc import Callable
from typing import Any, Final

from matrix.scan.calls import call
from matrix.scan.names import Scope
from matrix.scan.parts import as_text, attribute, item, of_class
from matrix.scan.resolve import Env, Resolver, short
from matrix.scan.values import NONE, Origin, OwnFunction, Part, Unknown, Value, collected, flat, unknown

DEPTH: Final = 40
"""How deep expressions and calls are followed; no way of telling errors apart that was seen is deeper than 12."""

STEPS: Final = 5_000
"""How many expressions are worked out for one failure; the longest way of telling errors apart seen takes 300."""


class Evaluator(Resolver):
    """Works out expressions for one failure."""

    def of(self, node: ast.AST, scope: Scope, env: Env | None = None) -> Value:
        """What an expression comes to; `env` is what the names of the code under trial are known to be."""
        if self.depth > DEPTH:
            return unknown("it is nested too deeply")
        if self.steps > STEPS:
            return unknown("there is too much of it")
        self.depth += 1
        self.steps += 1
        try:
            rule = _RULES.get(type(node))
            if rule is None:
                return unknown(f"`{short(node)}` can't be worked out")
            return rule(self, node, scope, {} if env is None else env)
        finally:
            self.depth -= 1


def _constant(_: Resolver, node: Any, __: Scope, ___: Env) -> Value:
    return Value(node.value)


def _name(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    return env[node.id] if node.id in env else self.named(node.id, scope)


def _attribute(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"} and node.value.id not in env:
        owner = scope.enclosing_class
        return of_class(self, owner, node.attr) if owner else unknown(f"self.{node.attr} is set elsewhere")
    return attribute(self, self.of(node.value, scope, env), node.attr)


def _subscript(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    base, key = self.of(node.value, scope, env), self.of(node.slice, scope, env)
    return item(base, key)


def _collection(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    data: list[Any] = []
    facets = NONE
    for element in node.elts:
        value = self.of(element.value if isinstance(element, ast.Starred) else element, scope, env)
        facets |= value.facets
        if isinstance(element, ast.Starred) and isinstance(value.data, tuple | frozenset | dict):
            data.extend(value.data)
        else:
            data.append(value.data)
    return collected(tuple(data), facets)


def _dict(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    data = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        key = self.of(key_node, scope, env) if key_node else unknown("a dict is unpacked")
        if not isinstance(key.data, str | int | float | bool | None | Origin):
            return unknown(f"`{short(node)}` can't be worked out")
        data[key.data] = self.of(value_node, scope, env).data
    return collected(data)


def _boolean(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    """`and`, `or`: one operand that is known may decide, whatever the others are."""
    decides = isinstance(node.op, ast.Or)
    values = [self.of(value, scope, env) for value in node.values]  # all of them, so that all tests are seen
    doubts: list[Value] = []
    for value in values:
        truth = self.truth(value)
        if truth is decides:
            return Value(decides) if doubts else value
        if truth is None:
            doubts.append(value)
    if not doubts:
        return values[-1]
    why = next((value.why for value in doubts if value.facets), doubts[0].why)
    return unknown(why, NONE.union(*(value.facets for value in doubts)))


def _unary(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    value = self.of(node.operand, scope, env)
    truth = self.truth(value)
    if isinstance(node.op, ast.Not):
        return Value(not truth, value.facets) if truth is not None else value
    if isinstance(node.op, ast.USub) and isinstance(value.data, int | float):
        return Value(-value.data, value.facets)
    return unknown(f"`{short(node)}` can't be worked out", value.facets)


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
    """A comparison, chained or not."""
    values = [self.of(one, scope, env) for one in (node.left, *node.comparators)]
    facets = NONE.union(*(value.facets for value in values))
    is_none = any(value.data is None and not value.facets for value in values)
    if not is_none:  # that an error has a part at all tells nothing about it
        self.note(node, scope, facets)
        constants = [one for value in values if facets and not value.facets for one in flat(value.data)]
        self.seen.constants.update(one for one in constants if isinstance(one, str | int))
    if any(isinstance(value.data, Part) and value.data.name == "class" for value in values):
        return _exact_class(self, node, values)
    result = True
    for left, operation, right in zip(values, node.ops, values[1:], strict=False):
        if isinstance(right.data, Origin) and left.facets:
            return unknown(f"{_where(right.data)}, which was not scanned", facets)
        if isinstance(left.data, Unknown) or not right.known:
            return unknown(left.why or right.why, facets)
        try:
            result = result and bool(_OPERATORS[type(operation)](left.data, right.data))
        except TypeError:
            result = False
    return Value(result, facets)


def _where(origin: Origin) -> str:
    package, _, name = origin.name.rpartition(".")
    return f"{name} comes from {package or 'elsewhere'}"


def _exact_class(self: Resolver, node: Any, values: list[Value]) -> Value:
    """`type(e) is X`, `type(e) in (X, Y)`: the class itself, and none that it derives from."""
    named = [one for value in values for one in flat(value.data) if isinstance(one, Origin)]
    self.seen.classes.update(dict.fromkeys(named))
    is_it = self.failure.classes[0] in {self.sdk.public(one.name) for one in named}
    negated = isinstance(node.ops[0], ast.NotEq | ast.NotIn | ast.IsNot)  # codespell:ignore notin
    return Value(is_it is not negated) if named else unknown(f"`{short(node)}` can't be worked out", values[0].facets)


def _choice(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    test = self.of(node.test, scope, env)
    truth = self.truth(test)
    if truth is not None:
        return self.of(node.body if truth else node.orelse, scope, env)
    first, second = self.of(node.body, scope, env), self.of(node.orelse, scope, env)
    return first if first == second else unknown(test.why, test.facets | first.facets | second.facets)


def _walrus(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    value = self.of(node.value, scope, env)
    env[node.target.id] = value
    return value


def _binary(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    left, right = self.of(node.left, scope, env), self.of(node.right, scope, env)
    facets = left.facets | right.facets
    if isinstance(node.op, ast.Add | ast.BitOr) and all(isinstance(side.data, tuple) for side in (left, right)):
        return collected((*left.data, *right.data), facets)
    if isinstance(node.op, ast.BitOr) and all(isinstance(side.data, Origin) for side in (left, right)):
        return collected((left.data, right.data))  # X | Y, as isinstance takes it
    if isinstance(node.op, ast.Add) and (isinstance(left.data, tuple) or isinstance(right.data, tuple)):
        return collected((*flat(left.data), *flat(right.data)), facets)
    if left.known and right.known and isinstance(left.data, int) and isinstance(right.data, int):
        match node.op:
            case ast.FloorDiv() if right.data:
                return Value(left.data // right.data, facets)
            case ast.Add():
                return Value(left.data + right.data, facets)
            case ast.Sub():
                return Value(left.data - right.data, facets)
    return unknown(f"`{short(node)}` can't be worked out", facets)


def _text(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    """An f-string with the error in it is the error's text."""
    values = [self.of(part.value, scope, env) for part in node.values if isinstance(part, ast.FormattedValue)]
    about = [as_text(self, value) for value in values if value.facets]
    if about and all(value.known for value in about):
        return Value(" ".join(str(value.data) for value in about), NONE.union(*(value.facets for value in about)))
    return unknown("a text is put together", NONE.union(*(value.facets for value in values)))


def _inside(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    return self.of(node.value, scope, env)


def _lambda(_: Resolver, node: Any, scope: Scope, __: Env) -> Value:
    return Value(OwnFunction(node, scope))


def _generator(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    """`... for word in (...)`: its values, if what it goes over is known."""
    if len(node.generators) != 1 or not isinstance(node.generators[0].target, ast.Name):
        return unknown(f"`{short(node)}` can't be worked out")
    over = self.of(node.generators[0].iter, scope, env)
    if not isinstance(over.data, tuple | frozenset | dict) or not over.known or len(over.data) > 200:
        about = self.of(node.elt, scope, {**env, node.generators[0].target.id: unknown(over.why)})
        return unknown(over.why or "it goes over what can't be worked out", about.facets)
    values = []
    for one in over.data:
        inner = {**env, node.generators[0].target.id: Value(one)}
        if all(self.truth(self.of(test, scope, inner)) is not False for test in node.generators[0].ifs):
            values.append(self.of(node.elt, scope, inner))
    return collected(tuple(value.data for value in values), NONE.union(*(value.facets for value in values)))


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
    ast.Call: call,
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
