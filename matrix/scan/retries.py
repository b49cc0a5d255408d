"""Retries by a library (tenacity, backoff, stamina, retry), or by a user's function that is passed classes. Pure."""

import ast
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import msgspec

from matrix.scan.block import RERAISE, RETRY, Ends
from matrix.scan.catches import Catch, Exactness, Reaction
from matrix.scan.evaluator import Evaluator
from matrix.scan.judging import CodeSpot, judge_code, try_failures
from matrix.scan.resolver import unparse_short
from matrix.scan.scopes import FUNCTIONS, Scope
from matrix.scan.sdk_calls import body_of
from matrix.scan.source_file import SourceFile
from matrix.scan.values import ERROR, DottedName, OwnFunction, Unknown, flatten

_RETRYING: Final = frozenset({"retry", "Retrying", "AsyncRetrying"})
_LIBRARIES: Final = frozenset({"tenacity", "backoff", "stamina", "retry"})
_CLASS_ARGUMENTS: Final = frozenset(
    {"exceptions", "retry_on", "on", "retryable", "retryable_exceptions", "retry_exceptions", "retry_for", "errors"}
    | {"autoretry_for", "exception_types", "catch", "expected_exception", "transient_errors"}
)
"""The arguments that hold classes in calls of users' own retrying functions, of Celery and of circuit breakers."""

Answer: TypeAlias = bool | Unknown
"""Whether a failure is retried."""

Condition: TypeAlias = Callable[[Evaluator, Scope], Answer]
"""Whether a failure is retried, as a function of the evaluator for that failure."""


def find_retries(file: SourceFile) -> Iterator[Catch]:
    """Find each call that sets up retries for errors of the SDK."""
    for node in list(file.module.parents):
        if not isinstance(node, ast.Call):
            continue
        scope = file.module.scope_of[node]
        function = file.make_evaluator().evaluate(node.func, scope).data
        retry = _find_condition(function, node)
        if retry is None:
            continue
        expression, condition = retry
        catch = _judge(file, node, expression, condition)
        if catch is not None and catch.handler and not _is_of_library(function):
            note = f"the scan does not follow what {unparse_short(node.func)} does with the classes"
            notes = "; ".join(filter(None, (catch.note, note)))
            catch = msgspec.structs.replace(catch, exactness=Exactness.NEAR, note=notes)
        if catch is not None:
            yield catch


def _judge(file: SourceFile, node: ast.Call, expression: ast.expr, condition: Condition) -> Catch | None:
    scope = file.module.scope_of[node]

    def run(evaluator: Evaluator) -> Ends:
        answer = condition(evaluator, scope)
        if isinstance(answer, Unknown):
            evaluator.record.undecided.setdefault(evaluator.failure.id, answer.why)
            return frozenset({RETRY, RERAISE})
        return frozenset({RETRY if answer else RERAISE})

    trial = try_failures(file, run)
    retried = _find_retried(file, node)
    calls = file.calls.find_calls(body_of(retried))
    if not (trial.names_sdk or calls or trial.names_overload):
        return None
    file.covered.update(calls)
    return judge_code(
        trial,
        lambda _: CodeSpot(expression, file.code_of(expression)),
        calls=calls,
        reaction=Reaction.RETRIES,
        function=file.module.scopes[retried].qualified_name if retried in file.module.scopes else None,
    )


def _is_of_library(function: object) -> bool:
    return isinstance(function, DottedName) and function.name.partition(".")[0] in _LIBRARIES


def _find_retried(file: SourceFile, node: ast.Call) -> ast.AST | None:
    """Find what is retried: the decorated function, or the loop over the call."""
    parent = file.module.parents.get(node)
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and node in parent.decorator_list:
        return parent
    if isinstance(parent, ast.For | ast.AsyncFor):
        return parent
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        return _find_decorated(file, parent.targets[0].id)
    return None


def _find_decorated(file: SourceFile, name: str) -> ast.AST | None:
    """Find the first function that has the decorator of this name."""
    for node in file.module.parents:
        if isinstance(node, FUNCTIONS) and not isinstance(node, ast.Lambda):
            decorators = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
            if any(isinstance(each, ast.Name) and each.id == name for each in decorators):
                return node
    return None


def _find_condition(function: object, node: ast.Call) -> tuple[ast.expr, Condition] | None:
    """Find the expression and the condition by which a call retries; None if it sets up no retries."""
    named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    name = function.name if isinstance(function, DottedName) else ""
    package, _, last = name.rpartition(".")
    if package.partition(".")[0] == "tenacity" and last in _RETRYING:
        if "retry" not in named:
            return node, _is_instance(None)
        condition = named["retry"]
        return condition, lambda evaluator, scope: _tenacity(evaluator, scope, condition)
    if name == "backoff.on_exception":
        classes = named.get("exception") or (node.args[1] if len(node.args) > 1 else None)
        return (classes, _unless(_is_instance(classes), named.get("giveup"))) if classes is not None else None
    if package == "stamina" and last in {"retry", "retry_context"}:
        on = named.get("on") or (node.args[0] if node.args else None)
        return (on, _is_instance_or_predicate(on)) if on is not None else None
    if package in {"retry", "retry.api"} and last == "retry":
        classes = named.get("exceptions") or (node.args[0] if node.args else None)
        return (classes or node), _is_instance(classes)
    if name == "retrying.retry" and "retry_on_exception" in named:
        return named["retry_on_exception"], _predicate(named["retry_on_exception"])
    arguments = (named[each] for each in sorted(_CLASS_ARGUMENTS) if each in named)
    argument = None if package in _LIBRARIES else next(arguments, None)
    return (argument, _is_instance_of_known(argument)) if argument is not None else None


def _is_instance(classes: ast.expr | None) -> Condition:
    """Make the condition that retries instances of classes; of any exception if no class is named."""

    def condition(evaluator: Evaluator, scope: Scope) -> Answer:
        if classes is None:
            return evaluator.is_a(DottedName("builtins.Exception"))
        return evaluator.is_a(evaluator.evaluate(classes, scope).data)

    return condition


def _is_instance_of_known(argument: ast.expr) -> Condition:
    """Make the condition of an argument whose name only suggests classes: unknown values are ignored."""

    def condition(evaluator: Evaluator, scope: Scope) -> Answer:
        data = evaluator.evaluate(argument, scope).data
        return evaluator.is_a(tuple(item for item in flatten(data) if isinstance(item, DottedName))) is True

    return condition


def _unless(retried: Condition, giveup: ast.expr | None) -> Condition:
    """Make the condition that retries what another one does, unless the predicate `giveup` is true."""

    def condition(evaluator: Evaluator, scope: Scope) -> Answer:
        answer = retried(evaluator, scope)
        if giveup is None or answer is False:
            return answer
        stop = _call(evaluator, scope, giveup)
        return stop if isinstance(stop, Unknown) else (answer if not stop else False)

    return condition


def _predicate(function: ast.expr) -> Condition:
    return lambda evaluator, scope: _call(evaluator, scope, function)


def _is_instance_or_predicate(node: ast.expr) -> Condition:
    def condition(evaluator: Evaluator, scope: Scope) -> Answer:
        data = evaluator.evaluate(node, scope).data
        return _call(evaluator, scope, node) if isinstance(data, OwnFunction) else evaluator.is_a(data)

    return condition


_CAUGHT: Final = "the caught error"
"""A name that no program can have."""


def _call(evaluator: Evaluator, scope: Scope, function: ast.expr) -> Answer:
    """Call a predicate with the error."""
    call = ast.Call(func=function, args=[ast.Name(id=_CAUGHT, ctx=ast.Load())], keywords=[])
    value = evaluator.evaluate(call, scope, {_CAUGHT: ERROR})
    truth = evaluator.truth_of(value)
    return truth if truth is not None else Unknown(value.why)


def _tenacity(evaluator: Evaluator, scope: Scope, node: ast.expr, depth: int = 0) -> Answer:
    """Evaluate a condition of tenacity, or a combination of several."""
    if depth > 10:
        return Unknown("the condition is nested too deeply")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd):
        answers = [_tenacity(evaluator, scope, side, depth + 1) for side in (node.left, node.right)]
        return _combine(answers, isinstance(node.op, ast.BitOr))
    if isinstance(node, ast.Name):
        bindings = scope.find_bindings(node.id)
        bound = bindings[0].node if len(bindings) == 1 else None
        if isinstance(bound, ast.expr) and not isinstance(bound, ast.Lambda):
            return _tenacity(evaluator, bindings[0].scope, bound, depth + 1)
    if not isinstance(node, ast.Call):
        data = evaluator.evaluate(node, scope).data
        if isinstance(data, DottedName) and data.name.endswith("retry_if_exception_type"):
            return evaluator.is_a(DottedName("builtins.Exception"))
        return Unknown(f"`{unparse_short(node)}` can't be evaluated")
    data = evaluator.evaluate(node.func, scope).data
    name = data.name.rpartition(".")[2] if isinstance(data, DottedName) else ""
    argument = node.args[0] if node.args else next((keyword.value for keyword in node.keywords), None)
    match name:
        case "retry_if_exception_type":
            return _is_instance(argument)(evaluator, scope)
        case "retry_if_not_exception_type" | "retry_unless_exception_type":
            answer = _is_instance(argument)(evaluator, scope)
            if isinstance(answer, Unknown):
                return answer
            return not answer and evaluator.is_a(DottedName("builtins.Exception")) is True
        case "retry_if_exception" if argument is not None:
            return _call(evaluator, scope, argument)
        case "retry_any" | "retry_all":
            answers = [_tenacity(evaluator, scope, each, depth + 1) for each in node.args]
            return _combine(answers, name == "retry_any")
        case "retry_if_result" | "retry_if_not_result" | "retry_never":
            return False
        case "retry_always":
            return True
    return Unknown(f"`{unparse_short(node)}` can't be evaluated")


def _combine(answers: list[Answer], any_of: bool) -> Answer:
    """Combine answers with `or` if `any_of`, else with `and`."""
    if any(answer is any_of for answer in answers):
        return any_of
    return next((answer for answer in answers if isinstance(answer, Unknown)), not any_of)
