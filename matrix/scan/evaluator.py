"""Evaluates a user's expressions. Pure; nothing of the user's is run.

The few operations by which programs distinguish errors are evaluated on plain data. Any other expression is `Unknown`,
and so is every expression that depends on it.
"""

import ast
from collections.abc import Callable, Sequence
from typing import Any, Final

from matrix.scan.arithmetic import LONGEST_TEXT, evaluate_operator
from matrix.scan.block import Block
from matrix.scan.call_values import evaluate_call
from matrix.scan.comparisons import compare
from matrix.scan.ends import End, EndKind
from matrix.scan.error_parts import convert_to_text, find_method, read_attribute, represent
from matrix.scan.file_index import name_of_called
from matrix.scan.items import read_item
from matrix.scan.own_calls import call_function, run_lazy
from matrix.scan.resolver import ATTEMPTS, YIELD, Env, Resolver, Thrown
from matrix.scan.scopes import Scope
from matrix.scan.tasks import STARTERS, read_failed_task, read_task, start_task
from matrix.scan.text_methods import SAME_WORDS
from matrix.scan.values import (
    MOST_STEPS,
    BoundFunction,
    EndedStream,
    ErrorText,
    Instance,
    LazyExpression,
    Method,
    NoTuple,
    OwnClass,
    OwnFunction,
    Task,
    Unknown,
    UnreadText,
    collect,
    is_key,
    is_of_error,
    read_text,
    why_unknown,
)
from matrix.scan.wording import unparse_short

DEPTH: Final = 60
"""How deep expressions and calls are followed; the deepest condition seen in real programs is 12 deep."""

STEPS: Final = 8_000
"""How many expressions are evaluated for one failure; the longest condition seen in real programs takes 300."""


class Evaluator(Resolver):
    """An evaluator of expressions on one release."""

    def evaluate(self, node: ast.AST, scope: Scope, env: Env | None = None, *, reads: bool = True) -> Any:
        """Evaluate an expression; without `reads`, its value may be an `UnreadText`.

        Raises:
            Thrown: The expression raises an exception.
        """
        if self.depth > DEPTH or self.steps > STEPS:
            return Unknown("the code is too long to follow", of_error=True)
        self.depth += 1
        self.steps += 1
        self.work.spend()
        env = {} if env is None else env
        try:
            if node in self.failing and not isinstance(node, ast.stmt):
                if node in self.task_reads:
                    return read_failed_task(self, node, env)
                if not isinstance(node, ast.Call):
                    return self.fail(node, env)
                for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                    self.evaluate(argument, scope, env)
                if name_of_called(node) in STARTERS and (task := start_task(self, node, None, [], {}, env)):
                    return task
                return self.fail(node, env)
            rule = _RULES.get(type(node))
            if rule is None:
                return Unknown(f"`{unparse_short(node)}` can't be evaluated")
            value = rule(self, node, scope, env)
            return read_text(value) if reads else value
        finally:
            self.depth -= 1

    def fail(self, node: ast.AST, env: Env) -> Any:
        """Let the call of the SDK that a node stands for fail once more, or end too early, which a check notices.

        Raises:
            Thrown: It fails.
        """
        error = self.failing.get(node) or self.entry_calls.get(node)
        if isinstance(error, EndedStream) and node is error.check:
            return error.holds
        self.count_attempt(env)
        if isinstance(error, EndedStream):
            return Unknown("the answer of a stream that was cut can't be known", of_error=True)
        raise Thrown(error)

    def call(self, function: Any, arguments: Sequence[Any], named: dict[str, Any], env: Env) -> Any:
        """Call a function of the scanned files."""
        return call_function(self, function, list(arguments), named, env)

    def truth_of(self, value: Any) -> bool | None:
        """Return whether a value counts as true, which an object of the user may say itself."""
        if isinstance(value, Instance) and isinstance(value.of, OwnClass):
            method = find_method(self, value.of, "__bool__")
            if method is not None:
                try:
                    return super().truth_of(self.call(BoundFunction(method, value), (), {}, {}))
                except Thrown:
                    return None
        return super().truth_of(value)

    def run_lazy(self, value: Any, env: Env) -> Any:
        """Run a coroutine or a generator of the scanned files."""
        if isinstance(value, LazyExpression):
            names = value.names if value.names is env else {**value.names, ATTEMPTS: env.get(ATTEMPTS, 0)}
            try:
                return _generator(self, value.node, value.scope, names)
            finally:
                env[ATTEMPTS] = names.get(ATTEMPTS, 0)
        return read_task(self, value, env) if isinstance(value, Task) else run_lazy(self, value, env)

    def run_module(self, top: Scope) -> Env:
        """Run the statements of a module once, as far as that is possible."""
        if top.node not in self.modules:
            self.modules[top.node] = {}
            block = Block(self, top, {})
            failing, self.failing = self.failing, {}
            try:
                block.run(getattr(top.node, "body", []))
            except Thrown:
                pass
            finally:
                self.failing = failing
            self.modules[top.node] = {
                name: value
                for name, value in block.env.items()
                if not (isinstance(value, Unknown) and "has several values" not in value.why)
            }
        return self.modules[top.node]


def _constant(_: Evaluator, node: Any, __: Scope, ___: Env) -> Any:
    return node.value


def _name(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    return self.look_up(node.id, scope, env)


def _attribute(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    if isinstance(node.value, ast.Name) and f"{node.value.id}.{node.attr}" in env:
        return env[f"{node.value.id}.{node.attr}"]
    base = self.evaluate(node.value, scope, env, reads=False)
    if isinstance(base, UnreadText) and node.attr in SAME_WORDS:
        return Method(base, node.attr)
    return read_attribute(self, read_text(base), node.attr)


def _subscript(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    base, key = self.evaluate(node.value, scope, env), self.evaluate(node.slice, scope, env)
    return read_item(self, base, key)


def _slice(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    parts = [self.evaluate(each, scope, env) if each else None for each in (node.lower, node.upper, node.step)]
    if all(each is None or isinstance(each, int) for each in parts):
        return slice(*parts)
    return Unknown("a slice can't be known", is_of_error(*parts))


def _collection(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    data: list[Any] = []
    for element in node.elts:
        value = self.evaluate(element.value if isinstance(element, ast.Starred) else element, scope, env)
        if isinstance(element, ast.Starred) and isinstance(value, tuple | frozenset | dict):
            data.extend(value)
        else:
            data.append(value)
    return collect(tuple(data) if isinstance(node, ast.Tuple) else NoTuple(data))


def _dict(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    data: dict[Any, Any] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = self.evaluate(value_node, scope, env)
        if key_node is None:
            if not isinstance(value, dict):
                return Unknown("a dict is unpacked", is_of_error(value))
            data.update(value)
            continue
        key = self.evaluate(key_node, scope, env)
        if not is_key(key):
            return Unknown(f"`{unparse_short(node)}` can't be evaluated", is_of_error(key, value))
        data[key] = value
    return collect(data)


def _boolean(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    """Evaluate `and` or `or`; of an operand that can't be known, the others may still decide."""
    decides = isinstance(node.op, ast.Or)
    doubts: list[Unknown] = []
    value: Any = None
    for operand in node.values:
        value = _evaluate_perhaps(self, operand, scope, env) if doubts else self.evaluate(operand, scope, env)
        truth = self.truth_of(value)
        if truth is decides:
            return value if not doubts else Unknown(doubts[0].why, is_of_error(*doubts, value), truth=decides)
        if truth is None:
            doubts.append(value if isinstance(value, Unknown) else Unknown("it can't be known", is_of_error(value)))
    if not doubts:
        return value
    return next((each for each in doubts if each.of_error), doubts[0])


def _unary(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    value = self.evaluate(node.operand, scope, env)
    if isinstance(node.op, ast.Not):
        truth = self.truth_of(value)
        return value if truth is None else not truth
    if isinstance(node.op, ast.USub) and isinstance(value, int | float):
        return -value
    return Unknown(f"`{unparse_short(node)}` can't be evaluated", is_of_error(value))


def _choice(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    test = self.evaluate(node.test, scope, env)
    truth = self.truth_of(test)
    if truth is not None:
        return self.evaluate(node.body if truth else node.orelse, scope, env)
    values = [_evaluate_perhaps(self, branch, scope, env) for branch in (node.body, node.orelse)]
    if type(values[0]) is type(values[1]) and values[0] == values[1]:
        return values[0]
    return Unknown(why_unknown(test) or "it depends on a condition", is_of_error(test, *values))


def _evaluate_perhaps(self: Evaluator, node: ast.expr, scope: Scope, env: Env) -> Any:
    """Evaluate an expression that may be skipped; a call in it that fails is one of the ends of the statement."""
    before = env.get(ATTEMPTS, 0)
    try:
        return self.evaluate(node, scope, env)
    except Thrown as thrown:
        is_call = env.get(ATTEMPTS, 0) > before
        if is_call:
            self.pending.append(End(EndKind.RAISE, dict(env), thrown.error, thrown.by_mistake))
            env[ATTEMPTS] = before
        return Unknown("an expression may fail", of_error=not is_call)


def _walrus(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    value = self.evaluate(node.value, scope, env)
    env[node.target.id] = value
    return value


def _text(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    """Evaluate an f-string."""
    parts: list[Any] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(part.value)
            continue
        value = self.evaluate(part.value, scope, env, reads=False)
        text = represent(self, read_text(value)) if part.conversion == ord("r") else convert_to_text(self, value)
        parts.append(text if part.format_spec is None or isinstance(text, Unknown) else f"{read_text(text)}")
    unknown = [part for part in parts if isinstance(part, Unknown)]
    if unknown:
        return Unknown(unknown[0].why, is_of_error(*unknown))
    unread = [index for index, part in enumerate(parts) if isinstance(part, UnreadText)]
    if len(unread) == 1:
        index = unread[0]
        before, after = "".join(map(str, parts[:index])), "".join(map(str, parts[index + 1 :]))
        if len(before) + len(after) < LONGEST_TEXT // 100 and len(parts[index].steps) < MOST_STEPS:
            return parts[index].add(before, after)
    text = "".join(str(read_text(part)) for part in parts)
    if len(text) > LONGEST_TEXT:
        return Unknown("a text is too long", is_of_error(*parts))
    return ErrorText(text) if is_of_error(*parts) else text


def _inside(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    return self.evaluate(node.value, scope, env)


def _await(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    value = self.evaluate(node.value, scope, env, reads=False)
    return self.run_lazy(value, env)


def _yield(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    value = self.evaluate(node.value, scope, env) if node.value is not None else None
    if YIELD in env:
        raise Thrown(env[YIELD])
    if isinstance(node, ast.YieldFrom):
        self.run_lazy(value, env)
    return Unknown("it is sent to a generator")


def _lambda(_: Evaluator, node: Any, scope: Scope, __: Env) -> Any:
    return OwnFunction(node, scope)


def _delay(_: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    return LazyExpression(node, scope, env)


def _generator(self: Evaluator, node: Any, scope: Scope, env: Env) -> Any:
    """Evaluate `... for word in (...)` if the items are known."""
    inner_scope = self.inner_scope(node, scope)
    element = node.elt if not isinstance(node, ast.DictComp) else ast.Tuple([node.key, node.value], ast.Load())
    values: list[Any] = []
    names = dict(env)
    try:
        unknown = _comprehend(self, node.generators, element, inner_scope, names, values, names)
    finally:
        if ATTEMPTS in names:
            env[ATTEMPTS] = names[ATTEMPTS]
    if unknown is not None:
        return unknown
    if isinstance(node, ast.DictComp):
        try:
            return dict(values)
        except TypeError:
            return Unknown("a key of a dict can't be known", is_of_error(tuple(values)))
    return collect(tuple(values) if isinstance(node, ast.GeneratorExp) else NoTuple(values))


def _comprehend(
    self: Evaluator, generators: list[Any], element: ast.expr, scope: Scope, names: Env, values: list[Any], env: Env
) -> Unknown | None:
    if not generators:
        values.append(self.evaluate(element, scope, names))
        return None
    first, *others = generators
    items = self.run_lazy(self.evaluate(first.iter, scope, names), env)
    if isinstance(items, dict):
        items = tuple(items)
    if not isinstance(items, tuple | frozenset) or len(items) > 200:
        Block(self, scope, names).assign(first.target, Unknown("an item can't be known", is_of_error(items)))
        inner = [_evaluate_perhaps(self, each, scope, names) for each in first.ifs]
        if not others and not any(self.truth_of(each) is False for each in inner):
            inner.append(made := _evaluate_perhaps(self, element, scope, names))
            if any(isinstance(each, Task) for each in (made if isinstance(made, tuple) else (made,))):
                values.append(made)  # one task stands for as many as there are
                return None
        why = why_unknown(items) or "the items of a loop can't be known"
        return Unknown(why, is_of_error(items, *inner))
    for item in items:
        Block(self, scope, names).assign(first.target, item)
        answers = [self.evaluate(test, scope, names) for test in first.ifs]
        tests = [self.truth_of(answer) for answer in answers]
        if None in tests:
            return Unknown("the items of a loop can't be known", is_of_error(items, *answers))
        if False not in tests:
            unknown = _comprehend(self, others, element, scope, names, values, env)
            if unknown is not None:
                return unknown
    return None


_RULES: Final[dict[type[ast.AST], Callable[[Evaluator, Any, Scope, Env], Any]]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Tuple: _collection,
    ast.List: _collection,
    ast.Set: _collection,
    ast.Dict: _dict,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.Call: evaluate_call,
    ast.Compare: compare,
    ast.IfExp: _choice,
    ast.NamedExpr: _walrus,
    ast.BinOp: evaluate_operator,
    ast.JoinedStr: _text,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Starred: _inside,
    ast.Lambda: _lambda,
    ast.GeneratorExp: _delay,
    ast.ListComp: _generator,
    ast.SetComp: _generator,
    ast.DictComp: _generator,
}
