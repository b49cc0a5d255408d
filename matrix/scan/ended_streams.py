"""Follows code through a stream that ends without an exception although its answer is not whole. Pure.

The code may see that by an event that says so, or by what never came. It is run on what the stream delivered, where the
target describes its events.
"""

import ast
from dataclasses import replace
from typing import Final

from matrix.scan.catches import Choice, Decision
from matrix.scan.deliveries import matters
from matrix.scan.end_checks import mentions_end, mentions_failure
from matrix.scan.endings import Ending
from matrix.scan.error_view import ErrorView
from matrix.scan.judging import Run, Trial, TrialOutcome, combine
from matrix.scan.reaches import Failure
from matrix.scan.source_file import SourceFile
from matrix.scan.values import EndedStream

_PLAIN: Final = ("goes on", "returns")
"""The beginnings of how code ends that takes a stream for whole, if nothing in it says otherwise."""


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
        may_notice = _may_notice(file, ended)
        if may_notice or any(_is_empty(each.ending) for each in ended):
            outcome = combine([_follow(file, trial, run, each) for each in ended])
            if may_notice or outcome.decision.choice is Choice.CRASH:  # a name of its loop has no value
                trial.outcomes[id_] = outcome
                followed.add(id_)
    return frozenset(followed)


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


def _may_notice(file: SourceFile, failures: list[Failure]) -> bool:
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
    outcome = _run(file, trial, run, failure, failure.ending)
    if outcome.decision.choice is not Choice.FAIL or not outcome.decision.detail.startswith(_PLAIN):
        return outcome
    syntax = file.sdk.target.stream
    events = tuple(kind for kind in failure.ending.events if kind not in syntax.failed_events)
    whole = min(syntax.whole_reasons, default="") if failure.ending.reason else ""
    without = _run(file, trial, run, failure, replace(failure.ending, events=events, reason=whole))
    return outcome if without.decision != outcome.decision else TrialOutcome(Decision(Choice.ACCEPT))


def _run(file: SourceFile, trial: Trial, run: Run, failure: Failure, ending: Ending) -> TrialOutcome:
    trial.record.undecided, trial.record.passes_status = "", False
    loops = [each for each in failure.nodes if isinstance(file.module.parents.get(each), ast.For | ast.AsyncFor)]
    failure = replace(failure, nodes=frozenset(loops) or failure.nodes)  # what is read after a loop is the same stream
    view = ErrorView(ending, file.recorded)
    return run(file.make_evaluator(trial.record), failure, EndedStream(view))
