"""Calls that nothing catches: clients with `max_retries`, and streams whose end is checked or is not. Pure."""

import ast
from collections.abc import Iterator
from typing import Any, Final

from matrix.scan.catches import Catch, Choice, Decision, PlaceRole
from matrix.scan.end_checks import EndCheck, find_check, mentions_failure
from matrix.scan.ended_streams import KnownChecks, follow_check, follow_ends, may_notice
from matrix.scan.evaluator import Evaluator
from matrix.scan.file_index import name_of_called, walk_function
from matrix.scan.judging import (
    CodeSpot,
    TrialOutcome,
    combine,
    judge_code,
    make_unmeasured,
    run_from,
    try_failures,
)
from matrix.scan.reaches import Failure, Reach
from matrix.scan.remedy_names import name_remedy_function
from matrix.scan.sdk_methods import SdkCall
from matrix.scan.source_file import SourceFile, find_function_name


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
    checked: dict[ast.AST, EndCheck | bool] = {}
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
    file: SourceFile, function: ast.AST | None, calls: list[SdkCall], checked: dict[ast.AST, EndCheck | bool]
) -> Iterator[Catch]:
    for call in calls:
        readers = file.calls.find_readers(call)
        for reader in readers:
            if reader not in checked:
                checked[reader] = _find_check(file, reader)
        if not readers:
            continue
        found = [checked[reader] for reader in readers if checked[reader]]
        if found:
            check = next((each for each in found if isinstance(each, EndCheck)), None)
            test = check.test if check is not None else None
            if check and test and function is not None and function in file.module.find_ancestors(test):
                yield _report_check(file, function, call, check, test, calls)
                return
            continue
        nodes: list[ast.AST] = [function] if function is not None else [*file.module.tree.body]
        reach = Reach(file, nodes, calls=[call])
        trial = try_failures(file, reach, _let_escape)
        follow_ends(file, trial, run_from(file, call.node))
        yield judge_code(trial, CodeSpot(call.node, file.code_of(call.node)), PlaceRole.STREAM, taken=())
        return


def _let_escape(evaluator: Evaluator, failure: Failure, error: Any) -> TrialOutcome:
    return TrialOutcome(Decision(Choice.FAIL))


def _report_check(
    file: SourceFile, function: ast.AST, call: SdkCall, check: EndCheck, test: ast.expr, calls: list[SdkCall]
) -> Catch:
    """Report a check of the end: what it does with a stream that was cut, or one that says that it failed."""
    file.covered.add(call.node)
    reach = Reach(file, [function], calls=[call])
    trial = try_failures(file, reach, _let_escape)
    run, syntax = run_from(file, call.node), file.sdk.target.stream
    follow_ends(file, trial, run)
    known: KnownChecks = {}
    again = _list_again(file, test, [each.node for each in calls if each is not call])
    for id_, failures in reach.failures.items():
        decision = trial.outcomes[id_].decision
        if syntax.has_end:
            noticed = all(may_notice(syntax, check, each.ending) for each in failures)
            if noticed and decision.choice is Choice.ACCEPT:
                outcomes = [follow_check(file, trial, run, each, check, known) for each in failures]
                trial.outcomes[id_] = combine(outcomes)
        elif again and all(each.ending.is_cut for each in failures) and decision.detail in _PASSING:
            trial.outcomes[id_] = TrialOutcome(Decision(Choice.RETRY))
    return judge_code(trial, CodeSpot(test, file.code_of(test)), PlaceRole.CHECK)


_PASSING: Final = frozenset({"goes on", "returns a value"})


def _list_again(file: SourceFile, test: ast.expr, calls: list[ast.Call]) -> list[ast.Call]:
    """List those of some calls that code makes if a check finds an event that says that the stream failed."""
    inside: list[ast.AST] = []
    match file.module.parents.get(test):
        case ast.If(body=body):
            inside.extend(body)
        case ast.Match(cases=cases):
            inside.extend(each for each in cases if mentions_failure(file.sdk.target.stream, each.pattern))
    return [each for each in calls if not {*inside}.isdisjoint(file.module.find_ancestors(each))]


def _find_check(file: SourceFile, function: ast.AST) -> EndCheck | bool:
    """Find what checks the end of a stream that a function reads; True if our remedy does."""
    file.work.spend(sum(1 for _ in walk_function(function)) // 10)
    check = find_check(file, function)
    if check is not None and check.test is not None:
        return check
    references = file.calls.references
    return any(
        name_remedy_function(called) == "guard"
        for node in walk_function(function)
        if isinstance(node, ast.Call) and name_of_called(node) == "guard"
        for called in references.find(node.func, references.scope_of(node))
    )
