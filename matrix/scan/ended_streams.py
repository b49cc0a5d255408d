"""Follows code through a stream that ends without an exception although its answer is not whole. Pure.

The code may see that by an event that says so, or by what never came. It is run on what the stream delivered, where the
target describes its events.
"""

import ast
from collections.abc import Collection
from dataclasses import replace
from typing import Final, TypeAlias

from matrix.scan.catches import Choice, Decision
from matrix.scan.deliveries import matters
from matrix.scan.end_checks import EndCheck, find_check, holds_if_complete, mentions_end, mentions_failure
from matrix.scan.endings import Ending
from matrix.scan.error_view import ErrorView
from matrix.scan.judging import Run, Trial, TrialOutcome, combine
from matrix.scan.reaches import Failure
from matrix.scan.source_file import SourceFile
from matrix.scan.values import EndedStream
from matrix.targets.names import StreamSyntax

_PLAIN: Final = ("goes on", "returns")
"""The beginnings of how code ends that takes a stream for whole, if nothing in it says otherwise."""

KnownChecks: TypeAlias = dict[tuple[object, ...], TrialOutcome]
"""What code was found to do with streams, by what they delivered."""

_GOES_ON: Final = TrialOutcome(Decision(Choice.FAIL, "goes on"))
_UNFOLLOWED: Final = TrialOutcome(
    Decision(Choice.UNDECIDED, "the scan does not follow what the code does at the stream's end")
)
_OUTSIDE: Final = TrialOutcome(
    Decision(Choice.UNDECIDED, "other code through which the stream goes checks how it ended")
)


def follow_ends(file: SourceFile, trial: Trial, run: Run) -> frozenset[str]:
    """Replace what a trial says of such streams by what the code does with them; return the scenarios in which it can.

    Args:
        file: The file of the code.
        trial: A trial of the code on every failure.
        run: Runs the code from the beginning of the function around it.
    """
    followed: set[str] = set()
    for id_, failures in trial.reach.failures.items():
        ended = [each for each in failures if each.nodes and _is_partial(file, each.ending)]
        if not ended or trial.outcomes[id_].decision.choice is not Choice.ACCEPT:
            continue
        has_way_out = _has_way_out(file, ended)
        if has_way_out or any(_is_empty(each.ending) for each in ended):
            outcome = combine([_follow(file, trial, run, each) for each in ended])
            if has_way_out or outcome.decision.choice is Choice.CRASH:  # a name of its loop has no value
                trial.outcomes[id_] = outcome
                followed.add(id_)
    return frozenset(followed)


def follow_checks(file: SourceFile, node: ast.AST, trial: Trial, run: Run, followed: Collection[str]) -> None:
    """Replace what a trial says of streams that were cut by what the code does if a check of the end notices that.

    Args:
        file: The file of the code.
        node: The code.
        trial: A trial of the code on every failure.
        run: Runs the code from the beginning of the function around it.
        followed: The scenarios in which the code was followed, so that it is known what it did not notice.
    """
    function, syntax = file.calls.find_function(node), file.sdk.target.stream
    if function is None or not trial.reach.reads or not syntax.has_end:
        return
    check, is_own = find_check(file, function), True
    if check is None:
        readers = dict.fromkeys(reader for call in trial.reach.calls for reader in file.calls.find_readers(call))
        found = (find_check(file, reader) for reader in readers if reader is not function)
        check, is_own = next((each for each in found if each is not None and each.test is not None), None), False
    if check is None:
        return
    known: KnownChecks = {}
    for id_, failures in trial.reach.failures.items():
        if trial.outcomes[id_].decision.choice is not Choice.ACCEPT:
            continue
        ended = [each for each in failures if may_notice(syntax, check, each.ending)]
        outcomes = [follow_check(file, trial, run, each, check, known) if is_own else _OUTSIDE for each in ended]
        if id_ in followed and check.test is not None:
            outcomes = [each for each in outcomes if each.decision.detail.startswith("returns")] or [_GOES_ON]
        if ended:
            trial.outcomes[id_] = combine(outcomes)


def may_notice(syntax: StreamSyntax, check: EndCheck, ending: Ending) -> bool:
    """Return whether a check may notice how a stream ended that raised nothing."""
    return ending.raised is None and ending.in_stream and check.notices(syntax, ending) is not False


def follow_check(
    file: SourceFile, trial: Trial, run: Run, failure: Failure, check: EndCheck, known: KnownChecks
) -> TrialOutcome:
    """Return what code does about a stream of which a check may notice that it is not whole."""
    test, ending = check.test, failure.ending
    holds = holds_if_complete(test) if test is not None else None
    if test is None or holds is None or check.notices(file.sdk.target.stream, ending) is None:
        return _UNFOLLOWED
    key = failure.nodes, failure.entries, ending.events, ending.text
    if key not in known:
        if not ending.events and any(isinstance(each, ast.Subscript) for each in ast.walk(test)):
            return _UNFOLLOWED  # there may be no such item
        noticed = replace(failure, nodes=failure.nodes | {test})
        known[key] = _run(file, trial, run, noticed, EndedStream(ErrorView(ending, file.recorded), test, not holds))
    return known[key]


def _is_partial(file: SourceFile, ending: Ending) -> bool:
    syntax = file.sdk.target.stream
    is_short = bool(ending.events) and ending.events[-1] in syntax.short_events
    if syntax.ends and ending.reason:
        is_short = ending.reason not in syntax.whole_reasons
    lacks_text = bool(syntax.ends and ending.events) and not ending.text
    is_stream = ending.in_stream or bool(ending.events)  # which may have nothing but the event that reports a failure
    return ending.raised is None and is_stream and (ending.is_cut or is_short or lacks_text)


def _is_empty(ending: Ending) -> bool:
    return not ending.events and not ending.text


def _has_way_out(file: SourceFile, failures: list[Failure]) -> bool:
    """Return whether the functions that read the streams may notice how one ends, if the target describes its events.

    They name an event that says so, or what an answer ends with, or their loop has more than one way out.
    """
    syntax, calls = file.sdk.target.stream, file.calls
    if not syntax.failed_events and not syntax.ends:
        return False
    nodes = [node for failure in failures for node in failure.nodes]
    readers = dict.fromkeys(calls.find_function(node) or file.module.tree for node in nodes)
    module = file.module
    loops = [module.parents.get(node) for node in nodes]
    if any(isinstance(each, ast.For | ast.AsyncFor) and matters(module, each) for each in loops):
        return True
    return any(mentions_failure(syntax, each) or mentions_end(syntax, each) for each in readers)


def _follow(file: SourceFile, trial: Trial, run: Run, failure: Failure) -> TrialOutcome:
    outcome = _run(file, trial, run, failure, EndedStream(ErrorView(failure.ending, file.recorded)))
    if outcome.decision.choice is not Choice.FAIL or not outcome.decision.detail.startswith(_PLAIN):
        return outcome
    syntax = file.sdk.target.stream
    events = tuple(kind for kind in failure.ending.events if kind not in syntax.failed_events)
    whole = min(syntax.whole_reasons, default="") if failure.ending.reason else ""
    ending = replace(failure.ending, events=events, reason=whole)
    without = _run(file, trial, run, failure, EndedStream(ErrorView(ending, file.recorded)))
    return outcome if without.decision != outcome.decision else TrialOutcome(Decision(Choice.ACCEPT))


def _run(file: SourceFile, trial: Trial, run: Run, failure: Failure, ended: EndedStream) -> TrialOutcome:
    trial.record.undecided, trial.record.passes_status = "", False
    loops = [each for each in failure.nodes if isinstance(file.module.parents.get(each), ast.For | ast.AsyncFor)]
    if loops:  # what is read after a loop is the same stream
        failure = replace(failure, nodes=frozenset([*loops, *filter(None, [ended.check])]))
    return run(file.make_evaluator(trial.record), failure, ended)
