"""The site's API: what was measured and what it comes to, as JSON at addresses that stay. Pure.

Everything under `/api/v1/` is made from the same data as the pages, and says of which day and of which suite it is. A
new field is no new version; one that goes, or comes to mean something else, is.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from matrix.decisions import Worth, handlers
from matrix.history import Epoch, History
from matrix.judgement import judgement, unusable
from matrix.model import Behaviour, Call, Cell, Frozen, Judgement, Lane, Outcome, Release
from matrix.report.source import Source
from matrix.scenarios import CATALOGUE
from matrix.scenarios.steps import Family
from matrix.suite import main_surface
from matrix.verdict import Kind, Yardstick, judge_call
from matrix.wording import ideal

ROOT: Final = "api/v1/"
"""Where it lies in the site."""

Verdicts = dict[str, dict[Yardstick, Kind]]
"""Scenario to what the main call comes to, by each yardstick."""


class Document(Frozen, frozen=True, kw_only=True):
    """What every document begins with.

    Attributes:
        schema: Its form.
        generated_at: The day of the newest result, UTC; a document changes on no other.
        suite: The digest of the suite that was played.
        python: On which it was measured.
    """

    schema: str
    generated_at: dt.date | None
    suite: str
    python: str


class InLane(Frozen, frozen=True, kw_only=True):
    """A release in one lane.

    Attributes:
        outcome: `completed` if the suite was played, or why it could not be.
        unusable: Why no call can be made; empty if one can.
        surface: The call by which the release is shown.
        error: How a stream that fails with an overloaded server ends there, in a few words.
        documented: Whether every error inside a stream has its documented code and class.
        typed: Whether every one has the HTTP status and names its type.
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


class Summary(Frozen, frozen=True, kw_only=True):
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

    releases: tuple[Summary, ...]


class Measured(Frozen, frozen=True, kw_only=True):
    """One lane of one release in full.

    Attributes:
        lock: What was installed: package to version.
        verdicts: Scenario to verdicts on the main call.
        handlers: Handler to how many of the scenarios come to what.
    """

    lock: dict[str, str]
    verdicts: Verdicts
    handlers: dict[str, dict[str, int]]


class OneRelease(Document, frozen=True, kw_only=True):
    """One release in full.

    Attributes:
        release: In short.
        measured: Lane to what was measured there.
    """

    release: Summary
    measured: dict[Lane, Measured]


class ScenarioEntry(Frozen, frozen=True, kw_only=True):
    """One scenario.

    Attributes:
        id: Never changes.
        family: Of faults.
        title: What happens.
        ideal: What a caller ought to see.
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
        scenarios: By family.
    """

    scenarios: tuple[ScenarioEntry, ...]


class HandlerEntry(Frozen, frozen=True, kw_only=True):
    """One way of catching stream errors.

    Attributes:
        id: Never changes.
        title: What it does.
        seen_in: Where it was seen; empty if it is ours.
        source: Its code, which was run.
    """

    id: str
    title: str
    seen_in: str
    source: str


class Handlers(Document, frozen=True, kw_only=True):
    """Every way of catching.

    Attributes:
        handlers: By id.
    """

    handlers: tuple[HandlerEntry, ...]


class Changes(Document, frozen=True, kw_only=True):
    """Every change in history.

    Attributes:
        histories: One for each lane.
    """

    histories: tuple[History, ...]


class EpochVerdicts(Frozen, frozen=True, kw_only=True):
    """An epoch and what it comes to.

    Attributes:
        epoch: Which releases.
        verdicts: Scenario to verdicts on their main call.
    """

    epoch: Epoch
    verdicts: Verdicts


class AllVerdicts(Document, frozen=True, kw_only=True):
    """Every verdict on main calls, by epoch: all releases of one have the same.

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
}
"""Type of a document to its name; its schema is `midstream/api/<name>/1`."""


def documents(source: Source, histories: Mapping[Lane, History], day: dt.date | None) -> Iterator[tuple[str, Document]]:
    """Every document, with its path in the site.

    Args:
        source: What was measured.
        histories: Of each lane.
        day: Of the newest result.
    """

    def of(kind: type[Document], **fields: object) -> Document:
        schema = f"midstream/api/{DOCUMENTS[kind]}/1"
        return kind(schema=schema, generated_at=day, suite=source.suite, python=source.python, **fields)

    told = {lane: [_told(epoch, source, lane) for epoch in one.epochs] for lane, one in histories.items()}
    of_release = {(version, lane): one for lane, all_ in told.items() for one in all_ for version in one.epoch.versions}
    summaries = tuple(_summary(release, of_release) for release in source.releases.values())
    yield f"{ROOT}releases.json", of(Releases, releases=summaries)
    for summary in summaries:
        measured = {lane: _measured(summary.version, lane, source, of_release) for lane in summary.lanes}
        yield f"{ROOT}releases/{summary.version}.json", of(OneRelease, release=summary, measured=measured)
    scenarios = tuple(
        ScenarioEntry(id=one.id, family=one.family, title=one.title, ideal=ideal(one), retry=one.retry)
        for one in CATALOGUE.values()
    )
    yield f"{ROOT}scenarios.json", of(Scenarios, scenarios=scenarios)
    entries = tuple(
        HandlerEntry(id=one.id, title=one.title, seen_in=one.seen_in, source=one.source) for one in handlers().values()
    )
    yield f"{ROOT}handlers.json", of(Handlers, handlers=entries)
    yield f"{ROOT}changes.json", of(Changes, histories=tuple(histories.values()))
    lanes = {
        lane: tuple(EpochVerdicts(epoch=one.epoch, verdicts=one.verdicts) for one in all_)
        for lane, all_ in told.items()
    }
    yield f"{ROOT}verdicts.json", of(AllVerdicts, lanes=lanes)


class _Told(Frozen, frozen=True, kw_only=True):
    """What an epoch comes to: judged once, for all of its releases behave alike."""

    epoch: Epoch
    verdicts: Verdicts
    judgement: Judgement | None
    unusable: str


_OfRelease = Mapping[tuple[str, Lane], _Told]


def _told(epoch: Epoch, source: Source, lane: Lane) -> _Told:
    result = source.results[Cell(epoch.versions[-1], lane, source.python)]
    return _Told(
        epoch=epoch,
        verdicts=verdicts(result.behaviour),
        judgement=judgement(result.behaviour) if result.behaviour else None,
        unusable=unusable(result),
    )


def verdicts(behaviour: Behaviour) -> Verdicts:
    """What the main call of a behaviour comes to in every scenario that it plays."""
    main = main_surface([behaviour])
    return {
        id_: {yardstick: judge_call(behaviour, call, yardstick).kind for yardstick in Yardstick}
        for id_ in CATALOGUE
        if (call := Call(main, id_)) in behaviour
    }


def _summary(release: Release, of_release: _OfRelease) -> Summary:
    found = {lane: of_release.get((release.version, lane)) for lane in Lane}
    return Summary(
        version=release.version,
        uploaded=release.uploaded,
        requires_python=release.requires_python,
        yanked=release.yanked,
        prerelease=release.is_prerelease,
        lanes={lane: _in_lane(told) for lane, told in found.items() if told is not None},
    )


def _in_lane(told: _Told) -> InLane:
    epoch, judged = (told.epoch.versions[0], told.epoch.versions[-1]), told.judgement
    if judged is None:
        return InLane(outcome=told.epoch.outcome, unusable=told.unusable, epoch=epoch)
    return InLane(
        outcome=told.epoch.outcome,
        unusable=judged.unusable,
        surface=judged.surface,
        error=judged.error,
        documented=judged.documented,
        typed=judged.typed,
        silent=judged.silent,
        epoch=epoch,
    )


def _measured(version: str, lane: Lane, source: Source, of_release: _OfRelease) -> Measured:
    told, lock = of_release[version, lane], source.results[Cell(version, lane, source.python)].lock
    return Measured(
        lock=lock.versions if lock else {},
        verdicts=told.verdicts,
        handlers={
            handler: {worth: letters.count(letter) for letter, worth in _WORTHS.items() if letter in letters}
            for handler, letters in (told.judgement.handlers.items() if told.judgement else ())
        },
    )


_WORTHS: Final = {worth[0]: worth for worth in Worth}
"""The letters of a judgement to what they stand for."""
