"""The document of all changes in history: like calls stand together, not one after the other. Pure."""

from collections.abc import Iterable, Mapping

import msgspec

from matrix.compare.diff import ChangedCall, Comparison
from matrix.compare.facets import Severity
from matrix.compare.history import Epoch, History, transition_path
from matrix.model import Frozen, Lane
from matrix.observation import Outcome
from matrix.site.document import Document
from matrix.verdicts.decisions import HandlerOutcome


class LikeCalls(Frozen, frozen=True, kw_only=True):
    """Calls on which a value changed in the same way: each of the surfaces, in each of the scenarios.

    Attributes:
        before: The old value, as text.
        after: The new value, as text.
        surfaces: The ids of the surfaces.
        scenarios: The ids of the scenarios.
    """

    before: str
    after: str
    surfaces: tuple[str, ...]
    scenarios: tuple[str, ...]


class FacetEntry(Frozen, frozen=True, kw_only=True):
    """A change of one facet.

    Attributes:
        severity: The effect on a caller.
        facet: The name of the facet.
        what: The change in a few words.
        moved: The calls on which it occurs, with their values.
    """

    severity: Severity
    facet: str
    what: str
    moved: tuple[LikeCalls, ...]


class OutcomeEntry(Frozen, frozen=True, kw_only=True):
    """A change of one handler's outcome.

    Attributes:
        handler: The id of the handler.
        before: The old outcome.
        after: The new outcome.
        moved: The calls on which it occurs, with the handler's decisions.
    """

    handler: str
    before: HandlerOutcome
    after: HandlerOutcome
    moved: tuple[LikeCalls, ...]


class ComparisonEntry(Frozen, frozen=True, kw_only=True):
    """The differences between two behaviours.

    Attributes:
        changes: The changes of facets, worst first.
        handled: The changes of handler outcomes, worst first.
        unknown: The number of calls that could not be compared: one side is missing or flaky.
        compared: The number of calls that were compared.
        impossible: The number of compared calls that neither side can make.
    """

    changes: tuple[FacetEntry, ...] = ()
    handled: tuple[OutcomeEntry, ...] = ()
    unknown: int = 0
    compared: int = 0
    impossible: int = 0


class TransitionEntry(Frozen, frozen=True, kw_only=True):
    """The change between two adjacent epochs.

    Attributes:
        before: The last version of the first epoch.
        after: The first version of the second epoch.
        untested: The untested releases between them.
        outcomes: The outcomes of the cells before and after.
        comparison: The differences; empty if only one of the two was played, or if only an untested release separates
            epochs of equal behaviour.
    """

    before: str
    after: str
    untested: tuple[str, ...]
    outcomes: tuple[Outcome, Outcome]
    comparison: ComparisonEntry


class HistoryEntry(Frozen, frozen=True, kw_only=True):
    """The history of the first-party client in one lane.

    Attributes:
        lane: How dependencies were resolved.
        python: The Python version of the measurements.
        epochs: The epochs, oldest first.
        transitions: The transitions between adjacent epochs.
        untested: The releases without a measurement.
    """

    lane: Lane
    python: str
    epochs: tuple[Epoch, ...]
    transitions: tuple[TransitionEntry, ...]
    untested: tuple[str, ...]


class Changes(Document, frozen=True, kw_only=True):
    """Every change in history.

    Attributes:
        histories: One for each lane.
        pages: Lane to the path of the page of each change in the site, by the release that it came with.
    """

    histories: tuple[HistoryEntry, ...]
    pages: dict[Lane, dict[str, str]] = msgspec.field(default_factory=dict)


def changes_fields(histories: Mapping[Lane, History]) -> dict[str, object]:
    """Return what the document says: the history of each lane, and the pages of its changes."""
    pages = {
        lane: {transition.after: transition_path(lane, transition) for transition in history.transitions}
        for lane, history in histories.items()
    }
    return {"histories": tuple(map(_history, histories.values())), "pages": pages}


def _history(history: History) -> HistoryEntry:
    return HistoryEntry(
        lane=history.lane,
        python=history.python,
        epochs=history.epochs,
        transitions=tuple(
            TransitionEntry(
                before=transition.before,
                after=transition.after,
                untested=transition.untested,
                outcomes=transition.outcomes,
                comparison=_comparison(transition.comparison),
            )
            for transition in history.transitions
        ),
        untested=history.untested,
    )


def _comparison(comparison: Comparison) -> ComparisonEntry:
    return ComparisonEntry(
        changes=tuple(
            FacetEntry(severity=change.severity, facet=change.facet, what=change.what, moved=_group(change.moved))
            for change in comparison.changes
        ),
        handled=tuple(
            OutcomeEntry(handler=change.handler, before=change.before, after=change.after, moved=_group(change.moved))
            for change in comparison.handled
        ),
        unknown=comparison.unknown,
        compared=comparison.compared,
        impossible=comparison.impossible,
    )


def _group(moved: Iterable[ChangedCall]) -> tuple[LikeCalls, ...]:
    """Put calls with the same values together, and of those the surfaces with the same scenarios."""
    scenarios: dict[tuple[str, str, str], list[str]] = {}
    for call in moved:
        scenarios.setdefault((call.before, call.after, call.surface), []).append(call.scenario)
    surfaces: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (before, after, surface), ids in scenarios.items():
        surfaces.setdefault((before, after, tuple(ids)), []).append(surface)
    return tuple(
        LikeCalls(before=before, after=after, surfaces=tuple(ids), scenarios=of)
        for (before, after, of), ids in surfaces.items()
    )
