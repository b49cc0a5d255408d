"""The pages of handlers: their outcomes in each scenario of each release, and the proof of the remedy. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from matrix.catalogue.steps import Scenario
from matrix.model import TODAY_FIRST, Frozen, Lane
from matrix.observation import Call
from matrix.site.epoch_views import EpochView, EpochViews
from matrix.site.grid import GridColumn, runs
from matrix.site.handlers.code import Basis, HandlerCode, HandlerFix, fix_handler, read_code
from matrix.site.handlers.runs import Groups, HandlerLane, HandlerRun, decided_outcomes, lane_runs
from matrix.system.text import counted
from matrix.targets.handler import Handler
from matrix.targets.target import Target
from matrix.verdicts.decisions import CRASHED, HandlerOutcome
from matrix.verdicts.remedy_proof import RemedyProof, prove_remedy

_WORDS: Final = {
    HandlerOutcome.MISSED: "does not retry {} that a retry could fix",
    HandlerOutcome.SILENT: "treats {} as success",
    HandlerOutcome.NEEDLESS: "retries {} without need",
    HandlerOutcome.CRASHED: "crashes on {}",
}
"""Outcome to what the handler does with that number of failures; its name stands before these words."""

Cells = tuple[HandlerOutcome | None, ...]
"""The outcomes of a handler, column by column; None where it could not be run."""


class Crash(Frozen, frozen=True):
    """What a handler itself raises, and the releases on which it does, as ranges."""

    error: str
    ranges: tuple[str, ...]


class HandlerPage(Frozen, frozen=True, kw_only=True):
    """One handler.

    Attributes:
        handler: The handler.
        code: How it decides.
        lanes: Today's lane first; no lane without a release.
        newest_run: The releases up to the newest, with today's dependencies; None if no handler was run.
        fix: The smallest change that mends it; None if there is none.
        tally: Outcome to the number of scenarios with it, on the newest measured release.
        newest: That release; empty if there is none.
        not_run: The other scenarios of the first-party client, in which no handler was run on it.
        retries: The number of releases on which it retries the overloaded error inside a stream, which is right.
        crashed: The number of releases on which it crashes on that error.
        releases: The number of releases that were measured.
        crashes: The exceptions that it raises itself, in today's lane.
    """

    handler: Handler
    code: HandlerCode
    lanes: tuple[HandlerLane, ...]
    newest_run: HandlerRun | None
    fix: HandlerFix | None = None
    tally: dict[HandlerOutcome, int]
    newest: str
    not_run: tuple[Scenario, ...]
    retries: int
    crashed: int
    releases: int
    crashes: tuple[Crash, ...]

    @property
    def right(self) -> int:
        """The number of scenarios in which it decides correctly."""
        return self.tally.get(HandlerOutcome.RIGHT, 0)

    @property
    def scenarios(self) -> int:
        """The number of scenarios in which it was run: the denominator of its counts."""
        return sum(self.tally.values())

    @property
    def sentence(self) -> str:
        """What it does on the newest release, to follow its name."""
        counts = [(words, self.tally.get(outcome, 0)) for outcome, words in _WORDS.items()]
        *wrong, last = [words.format(counted(count, "failure")) for words, count in counts if count] or [""]
        harm = f"{', '.join(wrong)} and {last}" if wrong else last
        right = f"decides correctly in {self.right} of {counted(self.scenarios, 'scenario')}"
        return f"{right}; it {harm}" if harm else right

    @property
    def harm(self) -> tuple[int, ...]:
        """What it does wrong: how often at all, and then how often in the worst ways."""
        worst = (HandlerOutcome.CRASHED, HandlerOutcome.SILENT, HandlerOutcome.MISSED)
        return (self.scenarios - self.right, *(self.tally.get(outcome, 0) for outcome in worst))


class CrashingHandler(Frozen, frozen=True, kw_only=True):
    """A handler that raises an error of its own on a release.

    Attributes:
        handler: Its id.
        error: What it raises.
        crashed: In how many scenarios it does.
        scenarios: In how many scenarios it was run.
    """

    handler: str
    error: str
    crashed: int
    scenarios: int


class Overview(Frozen, frozen=True, kw_only=True):
    """All handlers.

    Attributes:
        groups: The handlers by what they go by: of each group, and of all groups, the one with the least harm first.
        best: The handler that is wrong least often, of all and of those that stand in a program of somebody else.
        columns: Releases on which all handlers have the same outcomes on the overloaded error, newest first.
        rows: Each handler with its outcomes there.
    """

    groups: tuple[tuple[Basis, tuple[HandlerPage, ...]], ...]
    best: tuple[HandlerPage, ...]
    columns: tuple[GridColumn, ...]
    rows: tuple[tuple[HandlerPage, Cells], ...]

    @property
    def from_programs(self) -> int:
        """The number of handlers that stand in a program of somebody else."""
        return sum(bool(page.handler.seen_in) for page, _ in self.rows)

    @property
    def scenarios(self) -> int:
        """The number of scenarios in which the handlers were run on the newest release."""
        return max((page.scenarios for page, _ in self.rows), default=0)


def handler_pages(target: Target, views: Mapping[Lane, Sequence[EpochView]]) -> tuple[HandlerPage, ...]:
    """Lay out every handler; the one that is wrong least often on the newest release comes first."""
    decided, groups = _on_overload(target, views), Groups(target)
    pages = [_page(target, handler, views, decided, groups) for handler in target.handlers.values()]
    pages.sort(key=lambda page: (*page.harm, page.handler.id))
    adopted = next((page for page in pages if _is_example(page)), None)
    return tuple(_with_fix(page, adopted) for page in pages)


def _is_example(page: HandlerPage) -> bool:
    """Return whether the code is an example for others: what retries everything also retries mistakes of its own."""
    return page.right > 0 and not page.code.is_catch_all


def _with_fix(page: HandlerPage, adopted: HandlerPage | None) -> HandlerPage:
    if adopted is None or page.harm <= adopted.harm:
        return page
    return msgspec.structs.replace(page, fix=fix_handler(page.handler, adopted.handler))


def overview(target: Target, pages: Sequence[HandlerPage], views: Sequence[EpochView]) -> Overview:
    """Compare all handlers.

    Args:
        target: The package under test.
        pages: The pages of all handlers, the least harm first.
        views: The epochs of today's lane, oldest first.
    """
    shown = runs(
        views, lambda view: tuple(view.outcomes_of(page.handler.id).get(target.suite.headline) for page in pages)
    )
    groups: dict[Basis, list[HandlerPage]] = {}
    for page in pages:
        groups.setdefault(page.code.basis, []).append(page)
    best = (pages[:1], [page for page in pages if page.handler.seen_in][:1])
    return Overview(
        groups=tuple((basis, tuple(members)) for basis, members in groups.items()),
        best=tuple({page.handler.id: page for each in best for page in each if page.right}.values()),
        columns=tuple(column for column, _ in shown),
        rows=tuple((page, tuple(cells[number] for _, cells in shown)) for number, page in enumerate(pages)),
    )


def _page(
    target: Target,
    handler: Handler,
    views: Mapping[Lane, Sequence[EpochView]],
    decided: Mapping[str, Sequence[Mapping[str, str]]],
    groups: Groups,
) -> HandlerPage:  # fmt: skip
    mine = [{each[handler.id] for each in lanes if handler.id in each} for lanes in decided.values()]
    last = next((view for view in reversed(views[Lane.TODAY]) if view.judgement), None)
    tally = decided_outcomes(last.outcomes_of(handler.id)) if last else {}
    lanes = tuple(lane_runs(groups, handler.id, lane, views[lane]) for lane in TODAY_FIRST if views[lane])
    return HandlerPage(
        handler=handler,
        code=read_code(handler),
        lanes=lanes,
        newest_run=next((run for lane in lanes for run in lane.runs if run.is_newest), None),
        tally=dict(Counter(tally.values())),
        newest=last.epoch.versions[-1] if last else "",
        not_run=tuple(target.catalogue[id_] for id_ in target.suite.scenarios_of() if id_ not in tally),
        retries=sum(decisions == {"retry"} for decisions in mine),
        crashed=sum(any(decision.startswith(CRASHED) for decision in decisions) for decisions in mine),
        releases=len(mine),
        crashes=_crashes(handler.id, views[Lane.TODAY]),
    )


def crashing_handlers(view: EpochView) -> tuple[CrashingHandler, ...]:
    """List the handlers that crash on the releases of an epoch, the one that crashes most often first."""
    if view.judgement is None or view.unusable:
        return ()
    rows = []
    for handler, error in view.judgement.crashes.items():
        outcomes = [*decided_outcomes(view.outcomes_of(handler)).values()]
        crashed = outcomes.count(HandlerOutcome.CRASHED)
        rows.append(CrashingHandler(handler=handler, error=error, crashed=crashed, scenarios=len(outcomes)))
    return tuple(sorted((row for row in rows if row.crashed), key=lambda row: (-row.crashed, row.handler)))


def _crashes(handler: str, views: Sequence[EpochView]) -> tuple[Crash, ...]:
    """Return the errors that a handler raises itself, each with its ranges of releases, oldest first."""
    shown = runs(views, lambda view: view.judgement.crashes.get(handler, "") if view.judgement else "")
    ranges_of: defaultdict[str, list[str]] = defaultdict(list)
    for column, error in reversed(shown):
        if error:
            first, last = column.versions[0], column.versions[-1]
            ranges_of[error].append(first if first == last else f"{first}–{last}")
    return tuple(Crash(error, tuple(ranges)) for error, ranges in ranges_of.items())


def _on_overload(target: Target, views: Mapping[Lane, Sequence[EpochView]]) -> dict[str, list[dict[str, str]]]:
    """Return the decisions of all handlers on the overloaded error, by release: on its main call, in each lane."""
    decisions: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for view in (view for lane in views.values() for view in lane):
        call = view.calls.get(Call(view.surface, target.suite.headline))
        if call and call.observation.handlers:
            for version in view.epoch.versions:
                decisions[version].append(call.observation.handlers)
    return decisions


def prove(known: EpochViews) -> RemedyProof:
    """Count how often the remedy is right, for each client."""
    return prove_remedy(
        known.source.target,
        {
            each.client: [(view.epoch.versions, view.behaviour) for lane in each.views.values() for view in lane]
            for each in (known, *known.others.values())
        },
    )
