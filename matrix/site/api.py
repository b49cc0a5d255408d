"""The site's API: observations and verdicts as JSON, at addresses that do not change. Pure.

Everything under `/api/v1/` is made from the same data as the pages, and says of which day and of which suite it is. A
new field is no new version; a field that is removed or changes its meaning is.
"""

import datetime as dt
import inspect
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Family
from matrix.compare.history import Epoch, History
from matrix.model import Cell, Frozen, Lane, Release
from matrix.observation import Call, Outcome
from matrix.schema import schema
from matrix.site.document import ROOT, Document
from matrix.site.epoch_views import CallView, EpochView, EpochViews
from matrix.site.facts_document import Facts, facts_document
from matrix.site.marks import Mark
from matrix.targets.names import Client
from matrix.verdicts.decisions import OUTCOME_LETTERS
from matrix.verdicts.verdict import VerdictKind, Yardstick
from matrix.verdicts.wording import describe_ideal

Verdicts = dict[str, dict[Yardstick, VerdictKind]]
"""Scenario to the verdict on the main call, by each rule."""


class ClientInLane(Frozen, frozen=True, kw_only=True):
    """Another client of a release in one lane.

    Attributes:
        unusable: Why no call can be made; empty if one can.
        surface: The call by which the client is shown.
        error: The outcome of an overloaded server inside a stream, in a few words.
        throttled: The same where a frame of its own reports it; empty if the client reads no frames.
        cut: The outcome of a stream that is cut short, in a few words.
        documented: Whether every error inside a stream has its documented code and class.
        typed: Whether every error has the HTTP status and names its type.
        silent: The scenarios in which a failure looks like success.
        epoch: The adjacent releases whose client behaves alike, first and last.
    """

    unusable: str = ""
    surface: str = ""
    error: str = ""
    throttled: str = ""
    cut: str = ""
    documented: bool = False
    typed: bool = False
    silent: tuple[str, ...] = ()
    epoch: tuple[str, str]


class InLane(Frozen, frozen=True, kw_only=True):
    """A release in one lane. All fields but `clients` are about the first-party client.

    Attributes:
        outcome: `completed` if the suite was played, or why it could not be.
        unusable: Why no call can be made; empty if one can.
        surface: The call by which the release is shown.
        error: The outcome of an overloaded server inside a stream, in a few words.
        documented: Whether every error inside a stream has its documented code and class.
        typed: Whether every error has the HTTP status and names its type.
        silent: The scenarios in which a failure looks like success.
        epoch: The adjacent releases that behave alike, first and last.
        clients: Id of each other client to what was measured with it; a client that was not measured is missing.
    """

    outcome: Outcome
    unusable: str = ""
    surface: str = ""
    error: str = ""
    documented: bool = False
    typed: bool = False
    silent: tuple[str, ...] = ()
    epoch: tuple[str, str]
    clients: dict[str, ClientInLane] = msgspec.field(default_factory=dict)


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


class ClientDetails(Frozen, frozen=True, kw_only=True):
    """Another client of a release in one lane in full.

    Attributes:
        lock: The packages that were installed for it, each with its version.
        ended: Scenario to how the client's main call ended.
        verdicts: Scenario to verdicts on that call.
        handlers: Handler to outcome to the number of scenarios with it.
    """

    lock: dict[str, str]
    ended: dict[str, CallEnd]
    verdicts: Verdicts
    handlers: dict[str, dict[str, int]]


class LaneDetails(Frozen, frozen=True, kw_only=True):
    """One lane of one release in full. All fields but `clients` are about the first-party client.

    Attributes:
        lock: The installed packages, each with its version.
        ended: Scenario to how the main call ended.
        verdicts: Scenario to verdicts on the main call.
        handlers: Handler to outcome to the number of scenarios with it.
        clients: Id of each other client that the release has to its details.
    """

    lock: dict[str, str]
    ended: dict[str, CallEnd]
    verdicts: Verdicts
    handlers: dict[str, dict[str, int]]
    clients: dict[str, ClientDetails] = msgspec.field(default_factory=dict)


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
        dialects: The dialects in which it exists; in others, it is not applicable.
    """

    id: str
    family: Family
    title: str
    ideal: str
    retry: bool
    dialects: tuple[Dialect, ...] = ()


class ClientEntry(Frozen, frozen=True, kw_only=True):
    """One client of the package.

    Attributes:
        id: Its name in all documents; empty for the first-party client.
        name: The name that people write: its id, or `first-party`.
        title: The service that it calls.
        class_name: The name of its class; that of the async client has `Async` before it.
        extra: The extra of the package with which people install it; empty if it needs none.
        dialect: The dialect of its main call.
        surfaces: Its calls that were tested, each with its title.
        scenarios: The scenarios that are played on any of them.
        first: The first release on which any call of it was made; empty if there is none.
        last: The last one.
    """

    id: str
    name: str
    title: str
    class_name: str
    extra: str = ""
    dialect: Dialect
    surfaces: dict[str, str]
    scenarios: tuple[str, ...]
    first: str = ""
    last: str = ""


class Clients(Document, frozen=True, kw_only=True):
    """Every client of the package.

    Attributes:
        clients: The first-party client first.
    """

    clients: tuple[ClientEntry, ...]


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
    Clients: "clients",
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
    source = known.source
    target = source.target

    def of(kind: type[Document], **fields: object) -> Document:
        schema = f"midstream/api/{DOCUMENTS[kind]}/1"
        return kind(schema=schema, generated_at=day, suite=source.suite, python=source.python, **fields)

    summaries = tuple(_summary(release, known) for release in source.releases.values())
    yield f"{ROOT}releases.json", of(Releases, releases=summaries)
    for summary in summaries:
        measured = {lane: _measured(summary.version, lane, known) for lane in summary.lanes}
        yield f"{ROOT}releases/{summary.version}.json", of(OneRelease, release=summary, measured=measured)
    scenarios = tuple(
        ScenarioEntry(
            id=scenario.id,
            family=scenario.family,
            title=scenario.title,
            ideal=describe_ideal(target, scenario),
            retry=scenario.retry,
            dialects=tuple(dialect for dialect in Dialect if dialect in scenario.dialects),
        )
        for scenario in target.catalogue.values()
    )
    yield f"{ROOT}scenarios.json", of(Scenarios, scenarios=scenarios)
    yield f"{ROOT}clients.json", of(Clients, clients=tuple(_client(known, client) for client in target.clients))
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


def _client(known: EpochViews, client: Client) -> ClientEntry:
    suite = known.source.target.suite
    own = known.of(client.id) if not client.id or client.id in known.others else None
    used = [
        version
        for version in known.source.releases
        if own and any((view := own.by_release.get((version, lane))) and not view.unusable for lane in Lane)
    ]
    return ClientEntry(
        id=client.id,
        name=client.name,
        title=client.title,
        class_name=client.class_name,
        extra=client.extra,
        dialect=suite.surfaces[suite.main_of(client.id)[0]].dialect,
        surfaces={surface: suite.surfaces[surface].title for surface in suite.surfaces_of(client.id)},
        scenarios=suite.scenarios_of(client.id),
        first=used[0] if used else "",
        last=used[-1] if used else "",
    )


def _summary(release: Release, known: EpochViews) -> ReleaseSummary:
    views = {lane: known.by_release.get((release.version, lane)) for lane in Lane}
    return ReleaseSummary(
        version=release.version,
        uploaded=release.uploaded,
        requires_python=release.requires_python,
        yanked=release.yanked,
        prerelease=release.is_prerelease,
        lanes={
            lane: _in_lane(view, _clients_in_lane(release.version, lane, known))
            for lane, view in views.items()
            if view is not None
        },
    )


def _clients_in_lane(version: str, lane: Lane, known: EpochViews) -> dict[str, ClientInLane]:
    views = {client: each.by_release.get((version, lane)) for client, each in known.others.items()}
    return {client: _client_in_lane(view) for client, view in views.items() if view is not None}


def _client_in_lane(view: EpochView) -> ClientInLane:
    epoch, judged, suite = (view.epoch.versions[0], view.epoch.versions[-1]), view.judgement, view.target.suite
    if judged is None or judged.unusable:
        return ClientInLane(unusable=view.unusable, epoch=epoch)
    throttled, cut = (view.calls.get(Call(judged.surface, id_)) for id_ in (suite.throttled, suite.cut))
    return ClientInLane(
        surface=judged.surface,
        error=judged.error,
        throttled=throttled.words if throttled else "",
        cut=cut.words if cut else "",
        documented=judged.documented,
        typed=judged.typed,
        silent=judged.silent,
        epoch=epoch,
    )


def _in_lane(view: EpochView, clients: dict[str, ClientInLane]) -> InLane:
    epoch, judged = (view.epoch.versions[0], view.epoch.versions[-1]), view.judgement
    if judged is None:
        return InLane(outcome=view.epoch.outcome, unusable=view.unusable, epoch=epoch, clients=clients)
    return InLane(
        outcome=view.epoch.outcome,
        unusable=judged.unusable,
        surface=judged.surface,
        error=judged.error,
        documented=judged.documented,
        typed=judged.typed,
        silent=judged.silent,
        epoch=epoch,
        clients=clients,
    )


def _measured(version: str, lane: Lane, known: EpochViews) -> LaneDetails:
    view = known.by_release[version, lane]
    return LaneDetails(
        lock=_lock(version, lane, known),
        ended=ended(view),
        verdicts=verdicts(view),
        handlers=_handlers(view),
        clients={
            client: ClientDetails(
                lock=_lock(version, lane, each), ended=ended(own), verdicts=verdicts(own), handlers=_handlers(own)
            )
            for client, each in known.others.items()
            if (own := each.by_release.get((version, lane))) is not None and own.has_client
        },
    )


def _lock(version: str, lane: Lane, known: EpochViews) -> dict[str, str]:
    lock = known.source.results_of(known.client)[Cell(version, lane, known.source.python)].lock
    return known.source.target.dependencies(lock.pins) if lock else {}


def _handlers(view: EpochView) -> dict[str, dict[str, int]]:
    return {
        handler: {outcome: letters.count(letter) for letter, outcome in OUTCOME_LETTERS.items() if letter in letters}
        for handler, letters in (view.judgement.handlers.items() if view.judgement else ())
    }
