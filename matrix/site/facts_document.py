"""The document that the check page reads: `api/v1/facts.json`. Pure.

The rules by which a release is judged stand in `matrix.advice.facts` and nowhere else. Their results for every release,
lane and handler are listed here, so that a page can look them up and never has to judge. Most releases have the results
of their neighbours, so every fact, case and set of dependencies is written once and named by its number.
"""

import datetime as dt
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

import msgspec

from matrix.advice.facts import (
    ANY_HANDLER,
    Fact,
    basis_of,
    find_facts,
    find_handler_facts,
    name_client,
    unusable_reason,
    usable_judgements,
)
from matrix.advice.hangs import find_hang_facts
from matrix.advice.ranges import CARRIERS
from matrix.findings.rules import RULES
from matrix.model import Frozen, Lane, Release
from matrix.observation import Judgement, not_played
from matrix.site.document import ROOT, Document
from matrix.site.numbering import Once
from matrix.store.knowledge import Knowledge, Measurement
from matrix.targets.names import Client
from matrix.targets.target import Example

PATH: Final = f"{ROOT}facts.json"
"""Where it lies in the site."""

SCHEMA: Final = "midstream/api/facts/1"
"""Its form."""


class FactNumbers(Frozen, frozen=True, kw_only=True):
    """The facts of one case, by their numbers.

    Attributes:
        unasked: The facts for readers who name no handler.
        asked: The facts for readers who name handlers, before those of each handler.
        handlers: Handler to its facts; a handler that breaks no rule is missing.
    """

    unasked: tuple[int, ...]
    asked: tuple[int, ...]
    handlers: dict[str, tuple[int, ...]] = msgspec.field(default_factory=dict)


class Case(Frozen, frozen=True, kw_only=True):
    """The facts of releases in one lane; many releases share a case.

    Attributes:
        unusable: Why no call can be made; empty if one can.
        told: Extras that were measured, joined by commas, to the facts with those extras on the first-party client;
            empty if the release was played and not judged, which means unknown.
        played: Whether the suite was played; if not, nothing is known of extras and of other clients.
        clients: Id of each other client to the facts about it, without those about its extra; empty like `told`.
        unusable_clients: Id of each other client that can't be used to the reason.
    """

    unusable: str = ""
    told: dict[str, FactNumbers] = msgspec.field(default_factory=dict)
    played: bool = True
    clients: dict[str, FactNumbers] = msgspec.field(default_factory=dict)
    unusable_clients: dict[str, str] = msgspec.field(default_factory=dict)


class LaneCase(Frozen, frozen=True, kw_only=True):
    """A release in one lane.

    Attributes:
        case: The number of its case.
        lock: The number of its lock.
    """

    case: int
    lock: int


class ReleaseCases(Frozen, frozen=True, kw_only=True):
    """A release.

    Attributes:
        version: As the index spells it.
        uploaded: The day, UTC.
        requires_python: A specifier; empty for any.
        yanked: Whether it was taken back.
        installable: Whether the index has a file of it.
        lanes: Lane to what was measured there; a lane that was not measured is missing.
    """

    version: str
    uploaded: dt.date
    requires_python: str = ""
    yanked: bool = False
    installable: bool = True
    lanes: dict[Lane, LaneCase] = msgspec.field(default_factory=dict)


class FactsClient(Frozen, frozen=True, kw_only=True):
    """A client for another service.

    Attributes:
        id: Its name in data.
        class_name: The name of its class, which sentences name.
        extra: The extra that selects it in a requirement; empty if none does, so that people choose it by hand.
    """

    id: str
    class_name: str
    extra: str = ""


class FactsTarget(Frozen, frozen=True, kw_only=True):
    """The package that the facts are about, as far as a page that reads requirements has to know it.

    Attributes:
        id: Its name in addresses of the site.
        title: The name that people use for it.
        package: Its name on the package index.
        checkout: The folder that a clone of its repository makes; empty if that names nothing.
        command: The command line of this program for it, up to the subcommand.
        extras: Each extra to the releases that have it, as a specifier.
        newest: The newest release whose extras are known.
        client_extras: The extras with clients of other services.
        clients: These clients, in the order in which a requirement is judged for them.
        examples: Requirements to try.
    """

    id: str
    title: str
    package: str
    checkout: str = ""
    command: str
    extras: dict[str, str] = msgspec.field(default_factory=dict)
    newest: str = ""
    client_extras: tuple[str, ...] = ()
    clients: tuple[FactsClient, ...] = ()
    examples: tuple[Example, ...] = ()


class DroppedClients(Frozen, frozen=True, kw_only=True):
    """How often an asynchronous call hangs if nobody closes its clients.

    Attributes:
        cause: The package whose version decides.
        eras: The first releases of the eras that the facts tell apart, oldest first.
        facts: The first release of an era, and the version of that package, to the number of the fact.
    """

    cause: str
    eras: tuple[str, ...]
    facts: dict[str, dict[str, int]]


class Facts(Document, frozen=True, kw_only=True):
    """All that is needed to judge a requirement on the target, as `matrix check` does.

    Attributes:
        releases: Oldest version first.
        rules: The ids of all rules, worst first.
        handlers: The ids of the handlers that were judged.
        facts: Each once.
        cases: Each once; their facts are indices of `facts`.
        pins: `name==version` of what was installed, each once.
        locks: Packages that were installed together, as indices of `pins`.
        carriers: The packages that carry a stream: they decide whether the same is observed.
        target: The package.
        dropped_clients: What was measured of dropped clients; None if nothing was.
    """

    releases: tuple[ReleaseCases, ...]
    rules: tuple[str, ...]
    handlers: tuple[str, ...]
    facts: tuple[Fact, ...]
    cases: tuple[Case, ...]
    pins: tuple[str, ...]
    locks: tuple[tuple[int, ...], ...]
    carriers: tuple[str, ...]
    target: FactsTarget
    dropped_clients: DroppedClients | None = None


def facts_document(knowledge: Knowledge) -> Facts:
    """Make the document for what is known."""
    target, numbered = knowledge.target, _Numbered(knowledge)
    releases = tuple(numbered.judged(release) for release in knowledge.releases)
    dropped_clients = _dropped_clients(knowledge, numbered)
    return Facts(
        schema=SCHEMA,
        generated_at=knowledge.measured,
        suite=knowledge.suite,
        python=knowledge.python,
        releases=releases,
        rules=tuple(RULES),
        handlers=tuple(knowledge.handlers),
        facts=numbered.facts.values,
        cases=numbered.cases.values,
        pins=numbered.pins.values,
        locks=numbered.locks.values,
        carriers=CARRIERS,
        target=FactsTarget(
            id=target.id,
            title=target.title,
            package=target.package,
            checkout=target.checkout,
            command=target.command,
            extras=dict(target.index.extras),
            newest=target.index.newest,
            client_extras=tuple(sorted(target.client_extras)),
            clients=tuple(
                FactsClient(id=client.id, class_name=client.class_name, extra=client.extra)
                for client in target.clients[1:]
            ),
            examples=target.examples,
        ),
        dropped_clients=dropped_clients,
    )


def _dropped_clients(knowledge: Knowledge, numbered: "_Numbered") -> DroppedClients | None:
    soak = knowledge.target.soak
    facts: dict[str, dict[str, int]] = {}
    for (era, version), fact in find_hang_facts(knowledge).items():
        facts.setdefault(era, {})[version] = numbered.facts.number(fact)
    return DroppedClients(cause=soak.cause, eras=soak.eras, facts=facts) if soak is not None and facts else None


class _Numbered:
    """What was said so far, by number."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._ways = knowledge.handlers
        self._handlers: dict[tuple[object, ...], dict[str, tuple[int, ...]]] = {}
        self._found: dict[Hashable, list[Fact]] = {}
        self.facts: Once[Fact] = Once()
        self.cases: Once[Case] = Once()
        self.pins: Once[str] = Once()
        self.locks: Once[tuple[int, ...]] = Once()

    def judged(self, release: Release) -> ReleaseCases:
        """A release, with its numbers."""
        known = {lane: self._knowledge.measurements.get((release.version, lane)) for lane in Lane}
        return ReleaseCases(
            version=release.version,
            uploaded=release.uploaded.date(),
            requires_python=release.requires_python or "",
            yanked=release.yanked is not None,
            installable=bool(release.wheels or release.sdists),
            lanes={
                lane: LaneCase(case=self.cases.number(self._case(release, lane, cell)), lock=self._lock(cell))
                for lane, cell in known.items()
                if cell is not None
            },
        )

    def _case(self, release: Release, lane: Lane, known: Measurement) -> Case:
        first, *rest = self._knowledge.target.clients
        by_extras = {
            ",".join(extras): self._number_facts(release, lane, known, first, extras)
            for extras in _subsets(known.extras)
        }
        by_client = {client.id: self._number_facts(release, lane, known, client, ()) for client in rest}
        return Case(
            unusable=unusable_reason(known),
            told={extras: numbers for extras, numbers in by_extras.items() if numbers is not None},
            played=not not_played(known.outcome, known.reason),
            clients={client: numbers for client, numbers in by_client.items() if numbers is not None},
            unusable_clients={client.id: why for client in rest if (why := unusable_reason(known, client.id))},
        )

    def _number_facts(
        self, release: Release, lane: Lane, known: Measurement, client: Client, extras: Collection[str]
    ) -> FactNumbers | None:
        # What the rules say of the extra of another client depends on the whole requirement, so none is asked about.
        # Apart from the facts of each handler, it only matters whether any handler is named.
        unasked, asked = (
            find_facts(self._knowledge, release, lane, ways, extras, (client.id,))
            for ways in ((), (ANY_HANDLER,) if self._ways else ())
        )
        if unasked is None or asked is None:
            return None
        return FactNumbers(
            unasked=self.facts.numbers(unasked),
            asked=self.facts.numbers(asked),
            handlers={} if unusable_reason(known, client.id) else self._of_handlers(known, client, extras),
        )

    def _of_handlers(self, known: Measurement, client: Client, extras: Collection[str]) -> dict[str, tuple[int, ...]]:
        """Return the facts of each handler, computed once for all releases with the same judgements."""
        judged = usable_judgements(known, client, extras)
        key = (client.id, *map(id, judged))  # they live as long as the knowledge does
        if key not in self._handlers:
            broken = {
                handler: name_client(self._of_handler(judged, handler), client) for handler in self._ways if judged
            }
            self._handlers[key] = {handler: self.facts.numbers(facts) for handler, facts in broken.items() if facts}
        return self._handlers[key]

    def _of_handler(self, judged: Sequence[Judgement], handler: str) -> list[Fact]:
        """Return the facts of a handler, computed once for all releases and clients on which it decides alike."""
        key = handler, basis_of(judged, handler)
        if key not in self._found:
            self._found[key] = find_handler_facts(self._knowledge.target, judged, handler)
        return self._found[key]

    def _lock(self, known: Measurement) -> int:
        return self.locks.number(self.pins.numbers(f"{name}=={version}" for name, version in known.lock.items()))


def _subsets(extras: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Return every choice of extras, in the order of their names; there are few extras."""
    ordered = sorted(extras)
    for size in range(len(ordered) + 1):
        yield from combinations(ordered, size)
