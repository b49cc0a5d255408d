"""Lay out what changes between two epochs, for the pages of releases, changes and comparisons. Pure."""

from typing import Final

from matrix.compare.diff import Comparison, HandlerChange, compare, describe_calls, describe_outcomes
from matrix.compare.facets import WORSE, Severity
from matrix.compare.history import Transition, transition_anchor, transition_path
from matrix.model import Frozen, Lane
from matrix.observation import Outcome
from matrix.site.epoch_views import EpochViews

_LONGEST: Final = 160
"""The largest number of characters that are shown of a value."""


class ChangeRow(Frozen, frozen=True, kw_only=True):
    """One change, with an example.

    Attributes:
        severity: The effect on a caller.
        worse: Whether the change can break working code.
        what: The change in a few words.
        where: The scenarios and surfaces, in words.
        example: One call on which it occurs.
        before: The old value of that call.
        after: The new value of that call.
    """

    severity: Severity
    worse: bool
    what: str
    where: str
    example: str
    before: str
    after: str


class HandledRow(Frozen, frozen=True, kw_only=True):
    """The effect of a change on one handler.

    Attributes:
        handler: The id of the handler.
        direction: `better` or `worse`.
        says: How the outcomes changed, in a sentence without its full stop.
        where: The scenarios and surfaces, in words.
    """

    handler: str
    direction: str
    says: str
    where: str


class TransitionRow(Frozen, frozen=True, kw_only=True):
    """The change between two epochs; `anchor` names it in the list of changes, and `path` its own page in the site."""

    anchor: str
    path: str
    before: str
    after: str
    untested: tuple[str, ...]
    outcomes: tuple[Outcome, Outcome]
    changes: tuple[ChangeRow, ...]
    handled: tuple[HandledRow, ...]


class Step(Frozen, frozen=True, kw_only=True):
    """A transition as a step of the way from one release to another, in both directions.

    Attributes:
        transition: The transition, as an upgrade crosses it.
        back: The changes for a caller who goes back over it.
    """

    transition: TransitionRow
    back: tuple[ChangeRow, ...]


def transition_row(lane: Lane, transition: Transition) -> TransitionRow:
    """Lay out what changed between two epochs of a lane."""
    return TransitionRow(
        anchor=transition_anchor(lane, transition),
        path=transition_path(lane, transition),
        before=transition.before,
        after=transition.after,
        untested=transition.untested,
        outcomes=transition.outcomes,
        changes=_changes(transition.comparison),
        handled=tuple(_handled(handled) for handled in transition.comparison.handled),
    )


def steps(known: EpochViews, lane: Lane) -> tuple[Step, ...]:
    """List the transitions of a lane, newest first, each with what a downgrade changes."""
    return tuple(
        Step(transition=transition_row(lane, transition), back=_changes(_compare_back(known, lane, transition)))
        for transition in reversed(known.histories[lane].transitions)
    )


def _compare_back(known: EpochViews, lane: Lane, transition: Transition) -> Comparison:
    """Compare the later release with the earlier one, as a downgrade does."""
    before, after = (known.by_release[version, lane].behaviour for version in (transition.before, transition.after))
    return compare(known.source.target, after, before) if before and after else Comparison()


def _changes(comparison: Comparison) -> tuple[ChangeRow, ...]:
    return tuple(
        ChangeRow(
            severity=change.severity,
            worse=change.severity in WORSE,
            what=change.what,
            where=describe_calls(change.moved),
            example=str(change.moved[0].call),
            before=_short(change.moved[0].before),
            after=_short(change.moved[0].after),
        )
        for change in comparison.changes
    )


def _handled(handled: HandlerChange) -> HandledRow:
    return HandledRow(
        handler=handled.handler,
        direction=handled.direction,
        says=describe_outcomes([handled]),
        where=describe_calls(handled.moved),
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
