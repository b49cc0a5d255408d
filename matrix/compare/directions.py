"""Say in a word what a change does to a caller: of a failure, and of a handler in many failures. Pure.

Commands and pages take the word from here. A change can be worse and better at once, such as another class of the SDK:
code that catches the old one misses it, and code that catches the new one gets it. Neither direction hides the other.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from matrix.compare.diff import BADNESS, is_known
from matrix.compare.facets import BETTER, WORSE, facet_changes, gains_sdk_class
from matrix.observation import Call, Observation
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.verdict import VerdictKind, Yardstick

Kinds = Mapping[Yardstick, VerdictKind]
"""Rule to verdict on one call."""


class Direction(StrEnum):
    """What a change does to a caller, the worst first."""

    WORSE = "worse"
    MIXED = "mixed"
    """It is worse in one respect and better in another."""
    DIFFERENT = "different"
    """It is neither worse nor better, or one of the two is not measured."""
    BETTER = "better"
    SAME = "same"


_DIRECTIONS: Final = {
    (True, True): Direction.MIXED,
    (True, False): Direction.WORSE,
    (False, True): Direction.BETTER,
}
"""Whether a change is worse and whether it is better, to its direction."""


def direct_call(
    target: Target, scenario: str, ends: tuple[Observation, Observation], kinds: tuple[Kinds, Kinds]
) -> Direction:
    """Say what changes for a caller in one failure.

    Args:
        target: The package.
        scenario: The id of the scenario that was played.
        ends: What was observed before and after.
        kinds: The verdicts on both.
    """
    before, after = ends
    if not (is_known(before) and is_known(after)):
        return Direction.DIFFERENT
    severities = {change.severity for change in facet_changes(target, scenario, before, after)}
    right, now_right = ({rule for rule, kind in each.items() if kind is VerdictKind.RIGHT} for each in kinds)
    worse = not WORSE.isdisjoint(severities) or bool(right - now_right)
    better = not BETTER.isdisjoint(severities) or bool(now_right - right) or gains_sdk_class(target, before, after)
    return _DIRECTIONS.get((worse, better), Direction.DIFFERENT if severities else Direction.SAME)


def direct_handler(before: Mapping[Call, HandlerOutcome], after: Mapping[Call, HandlerOutcome]) -> Direction:
    """Say what changes for users of a handler, by its outcome on each call before and after."""
    if [*before] == [*after]:  # the same calls, as mostly
        pairs = {*zip(before.values(), after.values(), strict=True)}
    else:
        pairs = {(was, after.get(call, was)) for call, was in before.items()}
    steps = {BADNESS[now] - BADNESS[was] for was, now in pairs}
    worse, better = any(step > 0 for step in steps), any(step < 0 for step in steps)
    return _DIRECTIONS.get((worse, better), Direction.SAME if before == after else Direction.DIFFERENT)
