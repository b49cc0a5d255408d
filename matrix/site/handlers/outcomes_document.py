"""The document of the chart of handlers: the outcomes of each handler on every release. Pure.

The script of the page of all handlers reads it when a reader chooses another release. Adjacent releases with the same
outcomes are one run, and a run is named by its newest release.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from matrix.model import Frozen, Lane
from matrix.site.handlers.pages import HandlerPage
from matrix.site.handlers.runs import FILLS, HandlerRun
from matrix.verdicts.decisions import HandlerOutcome

PATH: Final = "handlers/outcomes.json"
"""Where the document lies in the site."""


class LaneOutcomes(Frozen, frozen=True, kw_only=True):
    """The outcomes of all handlers in one lane.

    Attributes:
        versions: The measured releases, newest first.
        handlers: Handler to its runs, newest first: the number of releases that are newer, then the number of
            scenarios with each outcome; zeros if the handler could not be run.
    """

    versions: tuple[str, ...]
    handlers: dict[str, tuple[tuple[int, ...], ...]]


class Outcomes(Frozen, frozen=True, kw_only=True):
    """The outcomes of all handlers.

    Attributes:
        outcomes: The outcomes, in the order of the numbers of a run.
        lanes: Lane to the outcomes in it.
    """

    outcomes: tuple[HandlerOutcome, ...]
    lanes: dict[Lane, LaneOutcomes]


def outcomes_document(pages: Sequence[HandlerPage]) -> Outcomes:
    """List the outcomes of all handlers on every release."""
    lanes = [lane.lane for page in pages[:1] for lane in page.lanes]
    runs_of = {lane: {page.handler.id: _runs(page, lane) for page in pages} for lane in lanes}
    return Outcomes(
        outcomes=tuple(FILLS),
        lanes={
            lane: LaneOutcomes(
                versions=tuple(version for run in _runs(pages[0], lane) for version in reversed(run.column.versions)),
                handlers={id_: _numbers(runs) for id_, runs in by_handler.items()},
            )
            for lane, by_handler in runs_of.items()
        },
    )


def _runs(page: HandlerPage, lane: Lane) -> tuple[HandlerRun, ...]:
    return next(each.runs for each in page.lanes if each.lane is lane)


def _numbers(runs: Sequence[HandlerRun]) -> tuple[tuple[int, ...], ...]:
    """Return the numbers of a handler's runs."""
    newer = accumulate((len(run.column.versions) for run in runs[:-1]), initial=0)
    return tuple(
        (first, *({each.outcome: each.count for each in run.segments}.get(outcome, 0) for outcome in FILLS))
        for first, run in zip(newer, runs, strict=True)
    )
