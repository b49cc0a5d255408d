"""Retries that a library makes: tenacity, backoff, stamina, retry, and the user's own that are given classes. Pure."""

import ast
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from matrix.scan.evaluate import Evaluator
from matrix.scan.found import Action, Catch, Exactness
from matrix.scan.names import FUNCTIONS, Scope
from matrix.scan.resolve import short
from matrix.scan.sdk_calls import body_of
from matrix.scan.statements import RERAISE, RETRY, Ends
from matrix.scan.trial import File, Spot, attempt, names_sdk, speaks_of_the_api, verdict
from matrix.scan.values import ERROR, Origin, OwnFunction, Unknown, flat

_RETRYING: Final = frozenset({"retry", "Retrying", "AsyncRetrying"})
_LIBRARIES: Final = frozenset({"tenacity", "backoff", "stamina", "retry"})
_OWN: Final = frozenset(
    {"exceptions", "retry_on", "on", "retryable", "retryable_exceptions", "retry_exceptions", "retry_for", "errors"}
    | {"autoretry_for", "exception_types", "catch", "expected_exception", "transient_errors"}
)
"""What people call the classes that they give a retrying function of their own, of Celery or of a circuit breaker."""

Condition = bool | Unknown


def retries(file: File) -> Iterator[Catch]:
    """Every call that sets up retries for errors of the SDK."""
    for node in list(file.module.parents):
        if not isinstance(node, ast.Call):
            continue
        scope = file.module.scope_of[node]
        made = _condition_of(file.evaluator().of(node.func, scope).data, node)
        if made is None:
            continue
        shown, decide = made
        yield from _judge(file, node, scope, shown, decide)


def _judge(
    file: File,
    node: ast.Call,
    scope: Scope,
    shown: ast.expr,
    decide: Callable[[Evaluator, Scope], Condition],
) -> Iterator[Catch]:
    def run(evaluator: Evaluator) -> Ends:
        answer = decide(evaluator, scope)
        if isinstance(answer, Unknown):
            evaluator.seen.blind.setdefault(evaluator.failure.id, answer.why)
            return frozenset({RETRY, RERAISE})
        return frozenset({RETRY if answer else RERAISE})

    ends, seen = attempt(file, run)
    function = _function(file, node)
    calls = file.calls.within(body_of(function))
    if not (names_sdk(file, seen) or calls or speaks_of_the_api(file, seen)):
        return
    file.covered.update(calls)
    found = verdict(
        file,
        ends,
        seen,
        lambda _: Spot(shown, file.code(shown)),
        calls=calls,
        action=Action.RETRIES,
        function=file.module.scopes[function].qualified_name if function in file.module.scopes else None,
    )
    if found is not None and found.handler and _is_own(file, node, scope):
        note = f"what {short(node.func)} does with the classes is not looked at"
        found = msgspec.structs.replace(
            found, exactness=Exactness.NEAR, note="; ".join(filter(None, (found.note, note)))
        )
    if found is not None:
        yield found


def _is_own(file: File, node: ast.Call, scope: Scope) -> bool:
    data = file.evaluator().of(node.func, scope).data
    return not (isinstance(data, Origin) and data.name.partition(".")[0] in _LIBRARIES)


def _function(file: File, node: ast.Call) -> ast.AST | None:
    """What is retried: the decorated function, or what a loop over the call holds."""
    parent = file.module.parents.get(node)
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and node in parent.decorator_list:
        return parent
    if isinstance(parent, ast.For | ast.AsyncFor):
        return parent
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        return _user(file, parent.targets[0].id)
    return None


def _user(file: File, name: str) -> ast.AST | None:
    """The first function that a decorator with a name of its own stands on."""
    for node in file.module.parents:
        if isinstance(node, FUNCTIONS) and not isinstance(node, ast.Lambda):
            decorators = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
            if any(isinstance(one, ast.Name) and one.id == name for one in decorators):
                return node
    return None


def _condition_of(data: object, node: ast.Call) -> tuple[ast.expr, Callable[[Evaluator, Scope], Condition]] | None:
    """What a call retries on: what to show, and how to decide; None if it sets up no retries."""
    named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    name = data.name if isinstance(data, Origin) else ""
    package, _, last = name.rpartition(".")
    if package.partition(".")[0] == "tenacity" and last in _RETRYING:
        if "retry" not in named:
            return node, _classes(None)
        condition = named["retry"]
        return condition, lambda evaluator, scope: _tenacity(evaluator, scope, condition)
    if name == "backoff.on_exception":
        kinds = named.get("exception") or (node.args[1] if len(node.args) > 1 else None)
        return (kinds, _unless(_classes(kinds), named.get("giveup"))) if kinds is not None else None
    if package == "stamina" and last in {"retry", "retry_context"}:
        on = named.get("on") or (node.args[0] if node.args else None)
        return (on, _classes_or_predicate(on)) if on is not None else None
    if package in {"retry", "retry.api"} and last == "retry":
        kinds = named.get("exceptions") or (node.args[0] if node.args else None)
        return (kinds or node), _classes(kinds)
    if name == "retrying.retry" and "retry_on_exception" in named:
        return named["retry_on_exception"], _predicate(named["retry_on_exception"])
    own = None if package in _LIBRARIES else next((named[one] for one in sorted(_OWN) if one in named), None)
    return (own, _only_classes(own)) if own is not None else None


def _classes(kinds: ast.expr | None) -> Callable[[Evaluator, Scope], Condition]:
    def decide(evaluator: Evaluator, scope: Scope) -> Condition:
        if kinds is None:
            return evaluator.is_a(Origin("builtins.Exception"))
        return evaluator.is_a(evaluator.of(kinds, scope).data)

    return decide


def _only_classes(kinds: ast.expr) -> Callable[[Evaluator, Scope], Condition]:
    """Of an argument whose name only suggests classes: nothing, unless it holds some of the SDK or can't be known."""

    def decide(evaluator: Evaluator, scope: Scope) -> Condition:
        data = evaluator.of(kinds, scope).data
        origins = [one for one in flat(data) if isinstance(one, Origin)]
        return evaluator.is_a(tuple(origins)) is True

    return decide


def _unless(decide: Callable[[Evaluator, Scope], Condition], giveup: ast.expr | None) -> Callable[..., Condition]:
    def both(evaluator: Evaluator, scope: Scope) -> Condition:
        answer = decide(evaluator, scope)
        if giveup is None or answer is False:
            return answer
        stop = _call(evaluator, scope, giveup)
        return stop if isinstance(stop, Unknown) else (answer if not stop else False)

    return both


def _predicate(node: ast.expr) -> Callable[[Evaluator, Scope], Condition]:
    return lambda evaluator, scope: _call(evaluator, scope, node)


def _classes_or_predicate(node: ast.expr) -> Callable[[Evaluator, Scope], Condition]:
    def decide(evaluator: Evaluator, scope: Scope) -> Condition:
        data = evaluator.of(node, scope).data
        return _call(evaluator, scope, node) if isinstance(data, OwnFunction) else evaluator.is_a(data)

    return decide


def _call(evaluator: Evaluator, scope: Scope, function: ast.expr) -> Condition:
    """What a predicate says of the error."""
    written = ast.Call(func=function, args=[ast.Name(id=_CAUGHT, ctx=ast.Load())], keywords=[])
    value = evaluator.of(written, scope, {_CAUGHT: ERROR})
    truth = evaluator.truth(value)
    return truth if truth is not None else Unknown(value.why)


_CAUGHT: Final = "the caught error"
"""No name that a program can have."""


def _tenacity(evaluator: Evaluator, scope: Scope, node: ast.expr, depth: int = 0) -> Condition:
    """One of tenacity's conditions, or several of them put together."""
    if depth > 10:
        return Unknown("it is nested too deeply")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd):
        sides = [_tenacity(evaluator, scope, side, depth + 1) for side in (node.left, node.right)]
        return _together(sides, isinstance(node.op, ast.BitOr))
    if isinstance(node, ast.Name):
        found = scope.find(node.id)
        if len(found) == 1 and isinstance(found[0].node, ast.expr) and not isinstance(found[0].node, ast.Lambda):
            return _tenacity(evaluator, found[0].scope, found[0].node, depth + 1)
    if not isinstance(node, ast.Call):
        data = evaluator.of(node, scope).data
        if isinstance(data, Origin) and data.name.endswith("retry_if_exception_type"):
            return evaluator.is_a(Origin("builtins.Exception"))
        return Unknown(f"`{short(node)}` can't be worked out")
    data = evaluator.of(node.func, scope).data
    name = data.name.rpartition(".")[2] if isinstance(data, Origin) else ""
    argument = node.args[0] if node.args else next((one.value for one in node.keywords), None)
    match name:
        case "retry_if_exception_type":
            return _classes(argument)(evaluator, scope)
        case "retry_if_not_exception_type" | "retry_unless_exception_type":
            answer = _classes(argument)(evaluator, scope)
            if isinstance(answer, Unknown):
                return answer
            return not answer and evaluator.is_a(Origin("builtins.Exception")) is True
        case "retry_if_exception" if argument is not None:
            return _call(evaluator, scope, argument)
        case "retry_any" | "retry_all":
            return _together([_tenacity(evaluator, scope, one, depth + 1) for one in node.args], name == "retry_any")
        case "retry_if_result" | "retry_if_not_result" | "retry_never":
            return False
        case "retry_always":
            return True
    return Unknown(f"`{short(node)}` can't be worked out")


def _together(sides: list[Condition], any_of: bool) -> Condition:
    if any(side is any_of for side in sides):
        return any_of
    return next((side for side in sides if isinstance(side, Unknown)), not any_of)
