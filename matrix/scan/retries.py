"""Retries by a library (tenacity, backoff, Celery, langchain), or by a function that is passed classes. Pure."""

import ast
from collections.abc import Iterator
from typing import Any, Final

from matrix.scan.catches import Catch, Choice, Decision, PlaceRole
from matrix.scan.derived import find_derivation, judge_derivation
from matrix.scan.ended_streams import follow_ends
from matrix.scan.ends import EndKind
from matrix.scan.evaluator import Evaluator
from matrix.scan.file_index import body_of, name_of_called
from matrix.scan.frameworks import find_asked_framework
from matrix.scan.judging import (
    CodeSpot,
    TrialOutcome,
    decide,
    judge_code,
    make_unmeasured,
    run_block,
    run_function,
    try_failures,
)
from matrix.scan.reaches import Failure, Reach
from matrix.scan.retried import find_retried
from matrix.scan.retry_conditions import (
    BARE,
    CLASS_ARGUMENTS,
    UNREAD,
    Answer,
    Condition,
    Named,
    find_condition,
    ignores_coroutines,
    is_any_of,
    is_of_library,
    restarts_generators,
)
from matrix.scan.scopes import Scope
from matrix.scan.source_file import SourceFile
from matrix.scan.values import DottedName, Unknown
from matrix.scan.wording import unparse_short


def find_retries(file: SourceFile) -> Iterator[Catch]:
    """Find each call or decorator that sets up retries for errors of the SDK."""
    for node in list(file.module.parents):
        if isinstance(node, ast.Call):
            yield from _find_in_call(file, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Name | ast.Attribute):
                    yield from _judge_bare(file, decorator, node)


def _judge_bare(file: SourceFile, decorator: ast.expr, node: ast.AST) -> Iterator[Catch]:
    """Judge a decorator that retries any exception without arguments, as `tenacity.retry` does."""
    value = file.make_evaluator().evaluate_safely(decorator, file.module.scope_of[decorator])
    if isinstance(value, DottedName) and value.name in BARE:
        yield from _judge(file, decorator, decorator, is_any_of(None), node, is_known=True, function=value)


def _find_in_call(file: SourceFile, node: ast.Call) -> Iterator[Catch]:
    named = _list_named(file, node)
    name = name_of_called(node)
    if name == "dict" or (name not in _CALLED and named.keys().isdisjoint(CLASS_ARGUMENTS | {"retries"})):
        return
    function = file.make_evaluator().evaluate_safely(node.func, file.module.scope_of[node])
    if name == "on" and "RetryingCaller" in unparse_short(node.func):
        function = DottedName("stamina.retry")
    elif name in _OF_HUEY and "huey" in {each.partition(".")[0] for each in file.module.imported}:
        function = DottedName("huey.task")
    retry = find_condition(function, node, named)
    if retry is None:
        return
    expression, condition = retry
    if method := find_derivation(file, node):
        spot, scope = CodeSpot(expression, file.code_of(expression)), file.module.scope_of[node]
        yield judge_derivation(file, node, spot, method, lambda run, error: _answer(run, condition(run, scope, error)))
        return
    found: list[ast.AST | None] = [*find_retried(file, node)]
    for retried in found or [None]:
        if not file.may_call_sdk(body_of(retried)):
            continue
        yield from _judge(
            file,
            node,
            expression,
            condition,
            retried,
            is_known=is_of_library(function, named),
            function=function,
        )


def _list_named(file: SourceFile, node: ast.Call) -> Named:
    """List the named arguments of a call, also those of a dictionary that is written out elsewhere."""
    named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    for value in (keyword.value for keyword in node.keywords if keyword.arg is None):
        bindings = file.module.scope_of[node].find_bindings(value.id) if isinstance(value, ast.Name) else []
        match bindings[0].node if len(bindings) == 1 else value:
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                named |= {each.arg or UNREAD: each.value for each in keywords}
            case ast.Dict(keys=keys, values=values):
                named |= {
                    key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else UNREAD: item
                    for key, item in zip(keys, values, strict=True)
                }
            case _:
                named[UNREAD] = value
    return named


_CALLED: Final = frozenset(
    {"retry", "Retrying", "AsyncRetrying", "on_exception", "retry_context", "with_retry", "on", "actor"}
    | {"Retry", "AsyncRetry", "StreamingRetry", "AsyncStreamingRetry"}
)

_OF_HUEY: Final = frozenset({"task", "periodic_task", "db_task", "db_periodic_task"})
"""The methods and functions of Huey that make a task."""


def _judge(
    file: SourceFile,
    node: ast.expr,
    expression: ast.expr,
    condition: Condition,
    retried: ast.AST | None,
    *,
    is_known: bool,
    function: object,
) -> Iterator[Catch]:
    scope = file.module.scope_of[node]
    reach = Reach(file, body_of(retried)) if retried is not None else Reach(file, [], calls=[])
    shown = expression if node in file.module.find_ancestors(expression) else node
    spot = CodeSpot(shown, file.code_of(shown))
    is_blind = _is_blind(file, function, retried)
    is_function = retried in file.module.scopes and not isinstance(retried, ast.Lambda)
    around = file.module.scopes[retried].qualified_name if is_function and retried is not None else None
    unmeasured = reach.unmeasured or ("" if reach.calls else find_asked_framework(file, body_of(retried)))
    if unmeasured:
        yield make_unmeasured(file, spot, PlaceRole.RETRIES, unmeasured, around)
        return

    def run(evaluator: Evaluator, failure: Failure, error: Any) -> TrialOutcome:
        if is_blind:
            return TrialOutcome(Decision(Choice.FAIL))
        if retried is None or not reach.calls:
            return _answer(evaluator, condition(evaluator, scope, error))
        if isinstance(retried, ast.For | ast.AsyncFor | ast.Lambda):
            evaluator.failing = dict.fromkeys(failure.nodes, error)
            evaluator.entry_calls = dict.fromkeys(failure.entries - failure.nodes, error)
            ends = run_block(evaluator, *_list_repeated(file, retried))
        else:
            ends = run_function(file, retried, evaluator, failure, error)
        raised = [end for end in ends if end.kind is EndKind.RAISE]
        inner = decide(evaluator, ends)
        if len(raised) != len(ends) or not ends or inner.decision.choice in (Choice.UNDECIDED, Choice.RETRY):
            return inner
        answers = [condition(evaluator, scope, end.value) for end in raised]
        if evaluator.record.undecided:
            return TrialOutcome(Decision(Choice.UNDECIDED, evaluator.record.undecided))
        if all(answer is False for answer in answers):
            return inner
        return _answer(evaluator, next((each for each in answers if isinstance(each, Unknown)), True))

    trial = try_failures(file, reach, run)
    if reach.calls and not is_blind:
        follow_ends(file, trial, run)
    if not (trial.names_sdk or reach.calls or file.says_overload(trial.record.functions)):
        return
    if reach.calls or is_known or trial.names_sdk:
        file.covered.update(call.node for call in reach.calls)
        name = unparse_short(node.func) if isinstance(node, ast.Call) else ""
        note = "" if is_known else f"the scan does not follow what {name} does with the classes"
        yield judge_code(trial, spot, PlaceRole.RETRIES, function=around, note=note)


def _is_blind(file: SourceFile, function: object, retried: ast.AST | None) -> bool:
    """Return whether a library sees no error of what it repeats.

    The body of a generator runs where its result is iterated, and that of a coroutine where it is awaited.
    """
    if not isinstance(retried, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    if file.calls.references.find_index(retried).is_generator(retried):
        return not restarts_generators(function)
    return isinstance(retried, ast.AsyncFunctionDef) and ignores_coroutines(function)


def _list_repeated(file: SourceFile, node: ast.For | ast.AsyncFor | ast.Lambda) -> tuple[list[ast.stmt], Scope]:
    """List the statements of a loop or of a lambda, with their scope."""
    if isinstance(node, ast.Lambda):
        return [ast.copy_location(ast.Return(node.body), node.body)], file.module.scopes[node]
    return node.body, file.module.scope_of[node]


def _answer(evaluator: Evaluator, answer: Answer) -> TrialOutcome:
    if evaluator.record.undecided:
        return TrialOutcome(Decision(Choice.UNDECIDED, evaluator.record.undecided))
    if isinstance(answer, Unknown):
        return TrialOutcome(Decision(Choice.UNDECIDED, answer.why))
    return TrialOutcome(Decision(Choice.RETRY if answer else Choice.FAIL))
