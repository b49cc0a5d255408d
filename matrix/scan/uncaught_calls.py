"""Calls that nothing catches: clients with `max_retries`, and streams whose end is checked or is not. Pure."""

import ast
from collections.abc import Iterator
from typing import Any

from matrix.scan.catches import Catch, Choice, Decision, PlaceRole
from matrix.scan.end_checks import find_end_check, mentions_failure, run_check
from matrix.scan.ended_streams import follow_ends
from matrix.scan.evaluator import Evaluator
from matrix.scan.file_index import name_of_called, walk_function
from matrix.scan.judging import (
    CodeSpot,
    Run,
    TrialOutcome,
    decide,
    judge_code,
    make_unmeasured,
    run_function,
    try_failures,
)
from matrix.scan.reaches import Failure, Reach
from matrix.scan.remedy_names import name_remedy_function
from matrix.scan.sdk_methods import SdkCall
from matrix.scan.source_file import SourceFile, find_function_name
from matrix.scan.values import OwnFunction


def find_client_retries(file: SourceFile) -> Iterator[Catch]:
    """Find the clients with `max_retries`, other than 0."""
    for client, argument in file.calls.find_clients_with_retries():
        if not (isinstance(argument.value, ast.Constant) and argument.value.value == 0):
            code = f"max_retries={file.code_of(argument.value)}"
            function = find_function_name(file.module, client)
            yield Catch(place=file.place_of(argument), code=code, role=PlaceRole.CLIENT, function=function)


def find_uncaught_streams(file: SourceFile) -> Iterator[Catch]:
    """Find the functions that read a stream whose errors nothing in the file catches, by whether they check its end.

    A function counts only if `file.covered` has none of its calls, so the places that catch are searched before. A
    caller that catches errors does not help, because a stream that was cut raises none; one that checks the end does.
    """
    catching = {file.calls.find_function(node) for node in file.covered if node in file.module.parents}
    by_function: dict[ast.AST | None, list[SdkCall]] = {}
    for call in file.calls.all_calls:
        if call.streams and call.surface and call.node not in file.covered:
            by_function.setdefault(file.calls.find_function(call.node), []).append(call)
    checked: dict[ast.AST, ast.expr | bool] = {}
    for function, calls in by_function.items():
        if function is not None and function in catching:
            continue
        calls.sort(key=lambda call: (call.node.lineno, call.node.col_offset))
        unmeasured = next((call for call in calls if file.recorded.name_unmeasured(call)), None)
        if unmeasured is not None:
            spot = CodeSpot(unmeasured.node, file.code_of(unmeasured.node))
            yield make_unmeasured(file, spot, PlaceRole.STREAM, file.recorded.name_unmeasured(unmeasured))
            continue
        yield from _judge(file, function, calls, checked)


def _judge(
    file: SourceFile, function: ast.AST | None, calls: list[SdkCall], checked: dict[ast.AST, ast.expr | bool]
) -> Iterator[Catch]:
    for call in calls:
        readers = file.calls.find_readers(call)
        for reader in readers:
            if reader not in checked:
                checked[reader] = _find_check(file, reader)
        if not readers:
            continue
        tests = [checked[reader] for reader in readers]
        test = next((each for each in tests if isinstance(each, ast.expr)), None)
        if any(tests):
            own = function is not None and test is not None and function in file.module.find_ancestors(test)
            if own and test is not None and function is not None:
                yield _report_check(file, function, call, test, calls)
                return
            continue
        nodes: list[ast.AST] = [function] if function is not None else [*file.module.tree.body]
        reach = Reach(file, nodes, calls=[call])
        trial = try_failures(file, reach, _let_escape)
        follow_ends(file, trial, _run_from(file, call.node))
        yield judge_code(trial, CodeSpot(call.node, file.code_of(call.node)), PlaceRole.STREAM, taken=())
        return


def _let_escape(evaluator: Evaluator, failure: Failure, error: Any) -> TrialOutcome:
    return TrialOutcome(Decision(Choice.FAIL))


def _run_from(file: SourceFile, node: ast.AST) -> Run:
    """Return what runs the function around a node."""

    def run(evaluator: Evaluator, failure: Failure, error: Any) -> TrialOutcome:
        return decide(evaluator, run_function(file, node, evaluator, failure, error))

    return run


def _report_check(file: SourceFile, function: ast.AST, call: SdkCall, test: ast.expr, calls: list[SdkCall]) -> Catch:
    """Report a check of the end: what it does with a stream that was cut, or one that says that it failed."""
    file.covered.add(call.node)
    reach = Reach(file, [function], calls=[call])
    trial = try_failures(file, reach, _let_escape)
    follow_ends(file, trial, _run_from(file, call.node))
    cut, has_end = run_check(file, test), file.sdk.target.stream.has_end
    again = _list_again(file, test, [each.node for each in calls if each is not call])
    for id_, failures in reach.failures.items():
        is_cut = all(each.ending.raised is None and each.ending.is_cut for each in failures)
        decision = trial.outcomes[id_].decision
        if is_cut and has_end and decision.choice is Choice.ACCEPT:
            trial.outcomes[id_] = cut
        elif is_cut and not has_end and again and decision.detail in {"goes on", "returns a value"}:
            trial.outcomes[id_] = TrialOutcome(Decision(Choice.RETRY))
    return judge_code(trial, CodeSpot(test, file.code_of(test)), PlaceRole.CHECK)


def _list_again(file: SourceFile, test: ast.expr, calls: list[ast.Call]) -> list[ast.Call]:
    """List those of some calls that code makes if a check finds an event that says that the stream failed."""
    inside: list[ast.AST] = []
    match file.module.parents.get(test):
        case ast.If(body=body):
            inside.extend(body)
        case ast.Match(cases=cases):
            inside.extend(each for each in cases if mentions_failure(file.sdk.target.stream, each.pattern))
    return [each for each in calls if not {*inside}.isdisjoint(file.module.find_ancestors(each))]


def _find_check(file: SourceFile, function: ast.AST) -> ast.expr | bool:
    """Find the expression in a function that checks how a stream ended; True if a function that it calls does."""
    file.work.spend(sum(1 for _ in walk_function(function)) // 10)
    if (test := find_end_check(file.sdk.target.stream, function)) is not None:
        return test
    references = file.calls.references
    for node in walk_function(function):
        if not isinstance(node, ast.Call):
            continue
        for called in references.find(node.func, references.scope_of(node)):
            if name_of_called(node) == "guard" and name_remedy_function(called):
                return True
            if isinstance(called, OwnFunction) and find_end_check(file.sdk.target.stream, called.node) is not None:
                return True
    return False
