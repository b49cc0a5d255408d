"""Retries and fallbacks that a framework adds to a client: `model.with_retry(...)` and the calls made on it. Pure."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from matrix.scan.catches import Catch, Choice, Decision, PlaceRole
from matrix.scan.evaluator import Evaluator
from matrix.scan.judging import CodeSpot, TrialOutcome, judge_code, make_unmeasured, try_failures
from matrix.scan.reaches import Failure, Reach
from matrix.scan.referents import ClientMember
from matrix.scan.sdk_methods import SdkCall
from matrix.scan.source_file import SourceFile
from matrix.scan.values import CaughtError

_FALLBACKS: Final = "with_fallbacks"
"""The method that adds other clients, which are asked if the stream of the first one fails before it began."""


def find_derivation(file: SourceFile, node: ast.Call) -> ClientMember | None:
    """Find the method by which a call makes another object of a client; None if it calls something else."""
    derived = file.sdk.target.calls.derived
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in derived:
        return None
    called = file.calls.references.find(node.func, file.module.scope_of[node])
    return next((each for each in called if isinstance(each, ClientMember) and len(each.path) == 1), None)


def judge_derivation(
    file: SourceFile,
    node: ast.Call,
    spot: CodeSpot,
    method: ClientMember,
    answer: Callable[[Evaluator, Any], TrialOutcome],
) -> Catch:
    """Judge a call that makes of a client another one which repeats calls, by the calls in the file on that one.

    Args:
        file: The file.
        node: The call.
        spot: The place to report.
        method: The method of the client.
        answer: Says whether an error is one of those for which calls are repeated.
    """
    if method.client.name:
        return make_unmeasured(file, spot, PlaceRole.RETRIES, method.client.name)
    calls = [replace(call, client="") for call in file.calls.all_calls if call.made is node]

    def run(evaluator: Evaluator, failure: Failure, error: Any) -> TrialOutcome:
        return answer(evaluator, error) if _sees(method, calls, error) else TrialOutcome(Decision(Choice.FAIL))

    is_whole = all(call.is_whole for call in calls)  # else it does not matter where the stream is read
    around = [file.calls.find_function(call.node) or file.module.tree for call in calls if is_whole]
    reach = Reach(file, around, calls=calls if is_whole else [])
    file.covered.update(call.node for call in calls)
    return judge_code(try_failures(file, reach, run), spot, PlaceRole.RETRIES)


def _sees(method: ClientMember, calls: list[SdkCall], error: Any) -> bool:
    """Return whether a method's object sees an error of calls on it: of those that return a whole answer, all errors.

    Of a stream, retries see none, and fallbacks those before the first event.
    """
    if all(call.is_whole for call in calls):
        return True
    events = error.view.delivered[0] if isinstance(error, CaughtError) else ()
    return method.path[-1] == _FALLBACKS and not events
