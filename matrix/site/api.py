"""The site's API: observations and verdicts as JSON, at addresses that do not change. Pure.

Everything under `/api/v1/` is made from the same data as the pages, and says of which day and of which suite it is. A
new field is no new version; a field that is removed or changes its meaning is.
"""

import datetime as dt
import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.model import Cell, Frozen, Lane, Release
from matrix.observation import Call
from matrix.schema import schema
from matrix.site.api_documents import (
    AllVerdicts,
    CallEnd,
    ClientDetails,
    ClientEntry,
    ClientInLane,
    Clients,
    EpochDetails,
    EpochVerdicts,
    HandlerEntry,
    Handlers,
    InLane,
    LaneDetails,
    OneRelease,
    Releases,
    ReleaseSummary,
    ScenarioEntry,
    Scenarios,
    Verdicts,
)
from matrix.site.changes.changes_document import Changes, changes_fields
from matrix.site.document import ROOT, Document
from matrix.site.epoch_views import CallView, EpochView, EpochViews
from matrix.site.facts_document import Facts
from matrix.targets.names import Client
from matrix.verdicts.decisions import tally_outcomes
from matrix.verdicts.wording import describe_ideal

DOCUMENTS: Final[dict[type[Document], str]] = {
    Releases: "releases",
    OneRelease: "release",
    EpochDetails: "epoch",
    Scenarios: "scenarios",
    Clients: "clients",
    Handlers: "handlers",
    Changes: "changes",
    AllVerdicts: "verdicts",
    Facts: "facts",
}
"""Type of a document to its name; its schema is `midstream/api/<name>/<version>`."""

_VERSIONS: Final[dict[type[Frozen], int]] = {OneRelease: 2, Changes: 2}
"""Type of a document to the version of its schema, if that is not the first."""


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the JSON Schema of every type of document, with its path in the site."""
    for kind, name in DOCUMENTS.items():
        yield schema_of(kind, name)


def schema_of(kind: type[Frozen], name: str) -> tuple[str, dict[str, Any]]:
    """Return the JSON Schema of a type of document, with its path in the site."""
    title = (inspect.getdoc(kind) or name).partition("\n")[0]
    return f"{ROOT}schemas/{name}.json", schema(kind, f"api/{name}", title, _VERSIONS.get(kind, 1))


def documents(known: EpochViews, day: dt.date | None) -> Iterator[tuple[str, Document]]:
    """Yield every document, with its path in the site.

    Args:
        known: The views of the measured data.
        day: The day of the newest result.
    """
    source = known.source
    target = source.target

    def of(kind: type[Document], **fields: object) -> Document:
        schema = f"midstream/api/{DOCUMENTS[kind]}/{_VERSIONS.get(kind, 1)}"
        return kind(schema=schema, generated_at=day, suite=source.suite, python=source.python, **fields)

    summaries = tuple(_summary(release, known) for release in source.releases.values())
    yield f"{ROOT}releases.json", of(Releases, releases=summaries)
    epochs: dict[str, Document] = {}

    def keep(**fields: object) -> str:
        path = f"epochs/{_digest(fields)}.json"
        epochs.setdefault(path, of(EpochDetails, **fields))
        return path

    details = {each.client: _details(each, keep) for each in (known, *known.others.values())}
    for path, epoch in epochs.items():
        yield f"{ROOT}{path}", epoch
    for summary in summaries:
        measured = {lane: _measured(summary.version, lane, details) for lane in summary.lanes}
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
    yield f"{ROOT}facts.json", known.facts
    yield f"{ROOT}changes.json", of(Changes, **changes_fields(known.histories))
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
    status, type_ = (raised.status, raised.attributes.get("type")) if raised else (None, None)
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
    own = known.find(client.id)
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


_DetailsByCell = Mapping[tuple[str, Lane], ClientDetails]
"""Release and lane to the details of one client."""


def _measured(version: str, lane: Lane, details: Mapping[str, _DetailsByCell]) -> LaneDetails:
    """Join the details of all clients of a release in one lane; `details` has those of each client, by its id."""
    of_clients = {client: by_cell[version, lane] for client, by_cell in details.items() if (version, lane) in by_cell}
    own = of_clients.pop("")
    return LaneDetails(lock=own.lock, details=own.details, clients=of_clients)


def _digest(fields: Mapping[str, object]) -> str:
    return hashlib.sha256(msgspec.json.encode(fields, order="deterministic")).hexdigest()[:16]


def _details(known: EpochViews, keep: Callable[..., str]) -> _DetailsByCell:
    """Return the details of each release that has the client; releases of one epoch share all but their locks.

    Args:
        known: The views of the client.
        keep: Keeps what they share, and returns the path of its document.
    """
    details: dict[tuple[str, Lane], ClientDetails] = {}
    for lane, views in known.views.items():
        for view in views:
            if known.client and not view.has_client:
                continue
            shared = keep(ended=ended(view), verdicts=verdicts(view), handlers=_handlers(view))
            for version in view.epoch.versions:
                details[version, lane] = ClientDetails(lock=_lock(version, lane, known), details=shared)
    return details


def _lock(version: str, lane: Lane, known: EpochViews) -> dict[str, str]:
    lock = known.source.results_of(known.client)[Cell(version, lane, known.source.python)].lock
    return known.source.target.dependencies(lock.pins) if lock else {}


def _handlers(view: EpochView) -> dict[str, dict[str, int]]:
    return {
        handler: {str(outcome): count for outcome, count in tally_outcomes(letters).items()}
        for handler, letters in (view.judgement.handlers.items() if view.judgement else ())
    }
