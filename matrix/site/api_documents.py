"""The documents of the site's API, and what their fields mean. Pure.

A field that was published is never removed, and never changes its meaning.
"""

import datetime as dt

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Family
from matrix.compare.history import Epoch
from matrix.model import Frozen, Lane
from matrix.observation import Outcome
from matrix.site.document import Document
from matrix.site.marks import Mark
from matrix.verdicts.verdict import VerdictKind, Yardstick

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


class EpochDetails(Document, frozen=True, kw_only=True):
    """What a client does in one lane, in full. All releases of an epoch share it.

    Attributes:
        ended: Scenario to how the client's main call ended.
        verdicts: Scenario to verdicts on that call.
        handlers: Handler to outcome to the number of scenarios with it.
    """

    ended: dict[str, CallEnd]
    verdicts: Verdicts
    handlers: dict[str, dict[str, int]]


class ClientDetails(Frozen, frozen=True, kw_only=True):
    """Another client of a release in one lane.

    Attributes:
        lock: The packages that were installed for it, each with its version.
        details: The document of what it does, in the folder of the API: `epochs/DIGEST.json`.
    """

    lock: dict[str, str]
    details: str


class LaneDetails(Frozen, frozen=True, kw_only=True):
    """One lane of one release. All fields but `clients` are about the first-party client.

    Attributes:
        lock: The installed packages, each with its version.
        details: The document of what it does, in the folder of the API: `epochs/DIGEST.json`.
        clients: Id of each other client that the release has to its details.
    """

    lock: dict[str, str]
    details: str
    clients: dict[str, ClientDetails] = msgspec.field(default_factory=dict)


class OneRelease(Document, frozen=True, kw_only=True):
    """One release. What releases of one epoch share stands in documents of their own.

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
