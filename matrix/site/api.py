"""The site's API: observations and verdicts as JSON, at addresses that do not change. Pure.

Everything under `/api/v1/` is made from the same data as the pages, and says of which day and of which suite it is. A
new field is no new version; a field that is removed or changes its meaning is.
"""

import datetime as dt
import inspect
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from matrix.catalogue.steps import Family
from matrix.compare.history import Epoch, History
from matrix.model import Cell, Frozen, Lane, Release
from matrix.observation import Call, Outcome
from matrix.schema import schema
from matrix.site.document import ROOT, Document
from matrix.site.epoch_views import CallView, EpochView, EpochViews
from matrix.site.facts_document import Facts, facts_document
from matrix.site.marks import Mark
from matrix.site.source import SiteSource
from matrix.verdicts.decisions import OUTCOME_LETTERS
from matrix.verdicts.verdict import VerdictKind, Yardstick
from matrix.verdicts.wording import describe_ideal

Verdicts = dict[str, dict[Yardstick, VerdictKind]]
"""Scenario to the verdict on the main call, by each rule."""


class InLane(Frozen, frozen=True, kw_only=True):
    """A release in one lane.

    Attributes:
        outcome: `completed` if the suite was played, or why it could not be.
        unusable: Why no call can be made; empty if one can.
        surface: The call by which the release is shown.
        error: The outcome of an overloaded server inside a stream, in a few words.
        documented: Whether every error inside a stream has its documented code and class.
        typed: Whether every error has the HTTP status and names its type.
        silent: The scenarios in which a failure looks like success.
        epoch: The adjacent releases that behave alike, first and last.
    """

    outcome: Outcome
    unusable: str = ""
    surface: str = ""
    error: str = ""
    documented: bool = False
    typed: bool = False
    silent: tuple[str, ...] = ()
    epoch: tuple[str, str]


class ReleaseSummary(Frozen, frozen=True, kw_only=True):
    """A release.

    Attributes:
        version: As the index spells it.
        uploaded: UTC.
        requires_python: A specifier; None if it states none.
        yanked: Why it was yanked; None if it was not.
        prerelease: Whether PEP 440 calls it one.
        lanes: Lane to what was measured there; a lane that was not measured is missing.
    """

    version: str
    uploaded: dt.datetime
    requires_python: str | None = None
    yanked: str | None = None
    prerelease: bool = False
    lanes: dict[Lane, InLane] = msgspec.field(default_factory=dict)


class Releases(Document, frozen=True, kw_only=True):
    """Every release.

    Attributes:
        releases: Oldest version first.
    """

    releases: tuple[ReleaseSummary, ...]


class CallEnd(Frozen, frozen=True, kw_only=True):
    """How the main call ended in one scenario.

    Attributes:
        words: The outcome in a few words.
        mark: Both verdicts in one mark.
        exception: Module and qualified name of its class; empty if there was none.
        status_code: Its own; None if it has none.
        type: Its `error.type`; None if it has none.
        bases: The classes behind it, nearest first.
        text: `str()` of it, the beginning.
        delivered: The text that reached the caller before, the beginning.
        requests: The number of requests that the call made.
        connection: The state of the connection afterwards; empty if it is not known.
    """

    words: str
    mark: Mark
    exception: str = ""
    status_code: int | None = None
    type: str | None = None
    bases: tuple[str, ...] = ()
    text: str = ""
    delivered: str = ""
    requests: int
    connection: str = ""


class LaneDetails(Frozen, frozen=True, kw_only=True):
    """One lane of one release in full.

    Attributes:
        lock: The installed packages, each with its version.
        ended: Scenario to how the main call ended.
        verdicts: Scenario to verdicts on the main call.
        handlers: Handler to outcome to the number of scenarios with it.
    """

    lock: dict[str, str]
    ended: dict[str, CallEnd]
    verdicts: Verdicts
    handlers: dict[str, dict[str, int]]


class OneRelease(Document, frozen=True, kw_only=True):
    """One release in full.

    Attributes:
        release: The entry of the release in the list of releases.
        measured: Lane to what was measured there.
    """

    release: ReleaseSummary
    measured: dict[Lane, LaneDetails]


class ScenarioEntry(Frozen, frozen=True, kw_only=True):
    """One scenario.

    Attributes:
        id: Never changes.
        family: The family of faults that it belongs to.
        title: The fault in one sentence.
        ideal: The expected outcome, in words.
        retry: Whether another attempt may succeed.
    """

    id: str
    family: Family
    title: str
    ideal: str
    retry: bool


class Scenarios(Document, frozen=True, kw_only=True):
    """The catalogue.

    Attributes:
        scenarios: The scenarios, in the order of their families.
    """

    scenarios: tuple[ScenarioEntry, ...]


class HandlerEntry(Frozen, frozen=True, kw_only=True):
    """One handler of stream errors.

    Attributes:
        id: Never changes.
        title: The handler in one sentence.
        seen_in: The projects that use it; empty if it is part of this project.
        source: Its code, which was run.
    """

    id: str
    title: str
    seen_in: str
    source: str


class Handlers(Document, frozen=True, kw_only=True):
    """Every handler.

    Attributes:
        handlers: Handler id to handler.
    """

    handlers: tuple[HandlerEntry, ...]


class Changes(Document, frozen=True, kw_only=True):
    """Every change in history.

    Attributes:
        histories: One for each lane.
    """

    histories: tuple[History, ...]


class EpochVerdicts(Frozen, frozen=True, kw_only=True):
    """An epoch and its verdicts.

    Attributes:
        epoch: The epoch.
        verdicts: Scenario to verdicts on their main call.
    """

    epoch: Epoch
    verdicts: Verdicts


class AllVerdicts(Document, frozen=True, kw_only=True):
    """Every verdict on main calls, by epoch: all releases of an epoch have the same.

    Attributes:
        lanes: Lane to its epochs, oldest first.
    """

    lanes: dict[Lane, tuple[EpochVerdicts, ...]]


DOCUMENTS: Final[dict[type[Document], str]] = {
    Releases: "releases",
    OneRelease: "release",
    Scenarios: "scenarios",
    Handlers: "handlers",
    Changes: "changes",
    AllVerdicts: "verdicts",
    Facts: "facts",
}
"""Type of a document to its name; its schema is `midstream/api/<name>/1`."""


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the JSON Schema of every type of document, with its path in the site."""
    for kind, name in DOCUMENTS.items():
        title = (inspect.getdoc(kind) or name).partition("\n")[0]
        yield f"{ROOT}schemas/{name}.json", schema(kind, f"api/{name}", title)


def documents(known: EpochViews, day: dt.date | None) -> Iterator[tuple[str, Document]]:
    """Yield every document, with its path in the site.

    Args:
        known: The views of the measured data.
        day: The day of the newest result.
    """
    source, by_release = known.source, known.by_release
    target = source.target

    def of(kind: type[Document], **fields: object) -> Document:
        schema = f"midstream/api/{DOCUMENTS[kind]}/1"
        return kind(schema=schema, generated_at=day, suite=source.suite, python=source.python, **fields)

    summaries = tuple(_summary(release, by_release) for release in source.releases.values())
    yield f"{ROOT}releases.json", of(Releases, releases=summaries)
    for summary in summaries:
        measured = {lane: _measured(summary.version, lane, source, by_release) for lane in summary.lanes}
        yield f"{ROOT}releases/{summary.version}.json", of(OneRelease, release=summary, measured=measured)
    scenarios = tuple(
        ScenarioEntry(
            id=scenario.id,
            family=scenario.family,
            title=scenario.title,
            ideal=describe_ideal(target, scenario),
            retry=scenario.retry,
        )
        for scenario in target.catalogue.values()
    )
    yield f"{ROOT}scenarios.json", of(Scenarios, scenarios=scenarios)
    entries = tuple(
        HandlerEntry(id=handler.id, title=handler.title, seen_in=handler.seen_in, source=handler.source)
        for handler in target.handlers.values()
    )
    yield f"{ROOT}handlers.json", of(Handlers, handlers=entries)
    yield f"{ROOT}facts.json", facts_document(source.knowledge)
    yield f"{ROOT}changes.json", of(Changes, histories=tuple(known.histories.values()))
    lanes = {
        lane: tuple(EpochVerdicts(epoch=view.epoch, verdicts=verdicts(view)) for view in views)
        for lane, views in known.views.items()
    }
    yield f"{ROOT}verdicts.json", of(AllVerdicts, lanes=lanes)


_OfRelease = Mapping[tuple[str, Lane], EpochView]


def verdicts(view: EpochView) -> Verdicts:
    """Return the verdicts on the main call of an epoch in every scenario that it plays."""
    return {
        id_: {yardstick: verdict.kind for yardstick, verdict in view.calls[call].verdicts.items()}
        for id_ in view.target.catalogue
        if (call := Call(view.surface, id_)) in view.calls
    }


_LONGEST: Final = 200
"""Characters of a text that are shown; the release's page has more."""


def ended(view: EpochView) -> dict[str, CallEnd]:
    """Return how the main call of an epoch ended in every scenario that it plays."""
    return {
        id_: _ended(view.calls[call])
        for id_ in view.target.catalogue
        if (call := Call(view.surface, id_)) in view.calls
    }


def _ended(call: CallView) -> CallEnd:
    raised, delivered = call.observation.exception, call.observation.delivered
    status, type_ = (raised.attributes.get(name) if raised else None for name in ("status_code", "type"))
    return CallEnd(
        words=call.words,
        mark=call.mark,
        exception=raised.name if raised else "",
        status_code=status if isinstance(status, int) else None,
        type=type_ if isinstance(type_, str) else None,
        bases=raised.bases if raised else (),
        text=raised.text[:_LONGEST] if raised else "",
        delivered=delivered.text[:_LONGEST] if delivered else "",
        requests=call.observation.requests,
        connection=str(call.observation.connection or ""),
    )


def _summary(release: Release, by_release: _OfRelease) -> ReleaseSummary:
    views = {lane: by_release.get((release.version, lane)) for lane in Lane}
    return ReleaseSummary(
        version=release.version,
        uploaded=release.uploaded,
        requires_python=release.requires_python,
        yanked=release.yanked,
        prerelease=release.is_prerelease,
        lanes={lane: _in_lane(view) for lane, view in views.items() if view is not None},
    )


def _in_lane(view: EpochView) -> InLane:
    epoch, judged = (view.epoch.versions[0], view.epoch.versions[-1]), view.judgement
    if judged is None:
        return InLane(outcome=view.epoch.outcome, unusable=view.unusable, epoch=epoch)
    return InLane(
        outcome=view.epoch.outcome,
        unusable=judged.unusable,
        surface=judged.surface,
        error=judged.error,
        documented=judged.documented,
        typed=judged.typed,
        silent=judged.silent,
        epoch=epoch,
    )


def _measured(version: str, lane: Lane, source: SiteSource, by_release: _OfRelease) -> LaneDetails:
    view, lock = by_release[version, lane], source.results[Cell(version, lane, source.python)].lock
    return LaneDetails(
        lock=source.target.dependencies(lock.pins) if lock else {},
        ended=ended(view),
        verdicts=verdicts(view),
        handlers={
            handler: {
                outcome: letters.count(letter) for letter, outcome in OUTCOME_LETTERS.items() if letter in letters
            }
            for handler, letters in (view.judgement.handlers.items() if view.judgement else ())
        },
    )
