"""Evidence: what was observed in each scenario, in one small document for each scenario that all releases share. Pure.

Releases whose calls end alike share a variant of it. A page loads the document when a reader opens the scenario, and
finds the variant of its release by `EvidenceRuns`. A page with the same content serves readers without a script.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Scenario
from matrix.model import Frozen, Lane
from matrix.observation import Observation
from matrix.site.epoch_views import CallView, EpochView, EpochViews
from matrix.site.evidence.facts import EvidenceFact, cut, end_facts, received_facts
from matrix.site.marks import MARK_NAMES, NO_CALL, Mark, why_absent
from matrix.targets.target import Target
from matrix.verdicts.decisions import outcome_letters
from matrix.verdicts.wording import describe_ideal, describe_wire

ROOT: Final = "evidence/"
"""Where evidence lies in the site."""

RUNS: Final = f"{ROOT}releases.json"
"""The document that says which releases behave alike."""

_VERSION: Final = "@VERSION@"
_LANES: Final = "@LANES@"
_SURFACE: Final = "@SURFACE@"


class EvidenceCall(Frozen, frozen=True, kw_only=True):
    """Calls that end alike.

    Attributes:
        surfaces: Their ids, as numbers of surfaces of the document.
        lanes: The lanes in which they do; empty for all that were measured.
        mark: Both verdicts in one mark.
        words: How they ended.
        events: The types of the events that the first of them delivered, in order; adjacent ones that are the same,
            once, counted.
        received: What else it delivered, as numbers of facts of the document.
        facts: The verdicts, and what was observed of its end, in the same way.
        handlers: The outcome of each handler of the document, by its first letter; `-` where it was not run. Empty if
            none was run.
    """

    surfaces: tuple[int, ...]
    lanes: tuple[Lane, ...] = ()
    mark: Mark
    words: str
    events: tuple[tuple[str, int], ...] = ()
    received: tuple[int, ...] = ()
    facts: tuple[int, ...] = ()
    handlers: str = ""


class AlikeCalls(Frozen, frozen=True, kw_only=True):
    """Other calls that end as the main call does, and the lanes in which they do, as in `EvidenceCall`."""

    surfaces: tuple[int, ...]
    lanes: tuple[Lane, ...] = ()


class EvidenceVariant(Frozen, frozen=True, kw_only=True):
    """The evidence of releases whose calls end alike.

    Attributes:
        surface: The main call, as the number of a surface of the document.
        dialect: The dialect in which the server sends to it.
        lanes: The lanes that were measured.
        absent: Why the main call was not played, in words; empty if it was.
        calls: The main call; more than one where the lanes differ.
        alike: Other calls that end as the main call does.
        others: All other calls.
    """

    surface: int
    dialect: Dialect
    lanes: tuple[Lane, ...]
    absent: str = ""
    calls: tuple[EvidenceCall, ...] = ()
    alike: tuple[AlikeCalls, ...] = ()
    others: tuple[EvidenceCall, ...] = ()


class EvidenceDocument(Frozen, frozen=True, kw_only=True):
    """The evidence of one scenario on all releases and clients.

    Attributes:
        scenario: Its id.
        title: What happens in it.
        expected: The expected outcome, in words.
        command: The line that plays it again, with words in place of version, lanes and surface.
        marks: Mark to its sign and its title.
        sent: Dialect to what the server does, as `wording.describe_wire` has it; the bytes of frames are left out.
        handlers: The ids of all handlers.
        surfaces: The ids of all surfaces that play it.
        facts: The facts about its calls, each once.
        variants: The evidence, each once.
        releases: Client to the variant of its releases: the first release of a run that behaves alike to a number.
    """

    scenario: str
    title: str
    expected: str
    command: str
    marks: dict[Mark, tuple[str, str]]
    sent: dict[Dialect, tuple[tuple[str, str], ...]]
    handlers: tuple[str, ...]
    surfaces: tuple[str, ...]
    facts: tuple[EvidenceFact, ...]
    variants: tuple[EvidenceVariant, ...]
    releases: dict[str, dict[str, int]]


EvidenceRuns = dict[str, dict[str, tuple[str, ...]]]
"""Client to the runs of its releases that behave alike: the first release of each to all of them, oldest first."""


def evidence_runs(clients: Iterable[EpochViews]) -> EvidenceRuns:
    """Divide the releases of each client that have evidence into runs that behave alike."""
    return {known.client: known.runs for known in clients}


def collect_evidence(clients: Collection[EpochViews], runs: EvidenceRuns) -> Iterator[EvidenceDocument]:
    """Yield the evidence of every scenario."""
    target = next(iter(clients)).source.target
    runs_of = [
        (known.client, since, known.surface(since), known.measured(since))
        for known in clients
        for since in runs[known.client]
    ]
    played = {id(view): _by_scenario(view) for *_, views in runs_of for view in views}
    for scenario in target.catalogue.values():
        writer = _Writer(target, scenario)
        for client, since, main, views in runs_of:
            if scenario.id in target.suite.scenarios_of(client):
                calls = {view.lane: played[id(view)].get(scenario.id, {}) for view in views}
                writer.add(client, since, main, calls)
        yield writer.document()


def _by_scenario(view: EpochView) -> dict[str, dict[str, CallView]]:
    """Arrange the calls of an epoch by scenario and then by surface, in the order of surfaces."""
    order = {surface: number for number, surface in enumerate(view.target.surfaces)}
    calls: dict[str, dict[str, CallView]] = {}
    for call in sorted(view.calls, key=lambda call: order[call.surface]):
        calls.setdefault(call.scenario, {})[call.surface] = view.calls[call]
    return calls


_CallsInLanes = Mapping[Lane, Mapping[str, CallView]]
"""Lane to surface to the call of one scenario."""


def page_of(scenario: str) -> str:
    """Return the path of the page with the evidence of a scenario."""
    return f"{ROOT}{scenario}.html"


def address(client: str, since: str) -> str:
    """Return the anchor of the evidence of a run on the page of a scenario's evidence."""
    return f"{client}-{since}" if client else since


def models(document: EvidenceDocument) -> tuple[EvidenceVariant | None, ...]:
    """Return the earlier variant that each variant resembles: the first whose main call is the same and ends alike.

    A page shows of a variant only what differs from its model, which has no model itself.
    """
    firsts: dict[tuple[int, str], EvidenceVariant] = {}
    found: list[EvidenceVariant | None] = []
    for variant in document.variants:
        key = (variant.surface, variant.calls[0].words if variant.calls else variant.absent)
        found.append(firsts.get(key))
        firsts.setdefault(key, variant)
    return tuple(found)


def command_pattern(document: EvidenceDocument) -> str:
    """Return the line that plays a call again, with VERSION and CALL in place of the release and the call."""
    return document.command.replace(_VERSION, "VERSION").replace(_LANES, "").replace(_SURFACE, "CALL")


def _sent(actions: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Leave out the bytes of a frame that is decoded in the next action; the scenario's page has them."""
    after = (*(how for how, _ in actions[1:]), "end")
    return tuple(action for action, then in zip(actions, after, strict=False) if (action[0], then) != ("send", "frame"))


class _Writer:
    """Writes the document of a scenario; each surface, fact and variant once."""

    def __init__(self, target: Target, scenario: Scenario) -> None:
        self._target, self._scenario = target, scenario
        self._surfaces: dict[str, int] = {}
        self._facts: dict[EvidenceFact, int] = {}
        self._variants: dict[EvidenceVariant, int] = {}
        self._releases: dict[str, dict[str, int]] = {}
        self._handlers = tuple(target.handlers)
        self._written: dict[int, EvidenceCall] = {}
        self._known: dict[tuple[object, ...], int] = {}

    def document(self) -> EvidenceDocument:
        """Return the document of all releases that were added."""
        target, scenario = self._target, self._scenario
        played = [dialect for dialect in Dialect if dialect in scenario.dialects & target.dialects]
        return EvidenceDocument(
            scenario=scenario.id,
            title=scenario.title,
            expected=describe_ideal(target, scenario),
            command=f"{target.command} run --versions {_VERSION}{_LANES} --scenario {scenario.id} --surface {_SURFACE}",
            marks=MARK_NAMES,
            sent={dialect: _sent(describe_wire(scenario, dialect)) for dialect in played},
            handlers=self._handlers,
            surfaces=tuple(self._surfaces),
            facts=tuple(self._facts),
            variants=tuple(self._variants),
            releases=self._releases,
        )

    def add(self, client: str, since: str, main: str, calls: _CallsInLanes) -> None:
        """Add the evidence of a run of releases that behave alike."""
        shown = ((surface, id(call)) for of_lane in calls.values() for surface, call in of_lane.items())
        key = (main, *calls, *shown)  # calls that are the same are one object
        if key not in self._known:
            self._known[key] = self._variants.setdefault(self._variant(main, calls), len(self._variants))
        self._releases.setdefault(client, {})[since] = self._known[key]

    def _variant(self, main: str, calls: _CallsInLanes) -> EvidenceVariant:
        shown_in: dict[int, list[Lane]] = {}
        for lane, of_lane in calls.items():
            if main in of_lane:
                shown_in.setdefault(id(of_lane[main]), []).append(lane)

        def lanes_of(lanes: Collection[Lane]) -> tuple[Lane, ...]:
            return () if len(lanes) == len(calls) else tuple(lanes)

        others = _group_others(main, calls)
        return EvidenceVariant(
            surface=self._number_of(main),
            dialect=self._target.surfaces[main].dialect,
            lanes=tuple(calls),
            absent="" if shown_in else why_absent(self._target.suite, self._scenario.id, main),
            calls=tuple(self._call(calls[lanes[0]][main], [main], lanes_of(lanes)) for lanes in shown_in.values()),
            alike=tuple(
                AlikeCalls(surfaces=tuple(map(self._number_of, surfaces)), lanes=lanes_of(lanes))
                for is_alike, surfaces, lanes, _ in others
                if is_alike
            ),
            others=tuple(
                self._call(shown, surfaces, lanes_of(lanes))
                for is_alike, surfaces, lanes, shown in others
                if not is_alike
            ),
        )

    def _call(self, shown: CallView, surfaces: Iterable[str], lanes: tuple[Lane, ...]) -> EvidenceCall:
        if id(shown) not in self._written:
            self._written[id(shown)] = EvidenceCall(
                surfaces=(),
                mark=shown.mark,
                words=cut(shown.words),
                events=tuple(shown.events),
                received=tuple(map(self._number, received_facts(shown.observation))),
                facts=tuple(map(self._number, end_facts(self._target, shown))),
                handlers=self._outcomes(shown.observation),
            )
        numbers = tuple(map(self._number_of, surfaces))
        return msgspec.structs.replace(self._written[id(shown)], surfaces=numbers, lanes=lanes)

    def _number(self, fact: EvidenceFact) -> int:
        return self._facts.setdefault(fact, len(self._facts))

    def _number_of(self, surface: str) -> int:
        return self._surfaces.setdefault(surface, len(self._surfaces))

    def _outcomes(self, observation: Observation) -> str:
        return outcome_letters(self._scenario, observation, self._handlers) if observation.handlers else ""


def _group_others(main: str, calls: _CallsInLanes) -> list[tuple[bool, tuple[str, ...], list[Lane], CallView]]:
    """Group calls that end alike, and lanes in which the same calls do; say which end as the main call does."""
    merged: dict[tuple[Mark, str, tuple[str, ...], bool], list[tuple[Lane, CallView]]] = {}
    for lane, of_lane in calls.items():
        of_main = of_lane.get(main)
        groups: dict[tuple[Mark, str, bool], list[tuple[str, CallView]]] = {}
        for surface, shown in of_lane.items():
            if surface != main and shown.word != NO_CALL:
                is_alike = of_main is not None and (shown.mark, shown.words) == (of_main.mark, of_main.words)
                groups.setdefault((shown.mark, shown.words, is_alike), []).append((surface, shown))
        for (mark, words, is_alike), members in groups.items():
            surfaces = tuple(surface for surface, _ in members)
            merged.setdefault((mark, words, surfaces, is_alike), []).append((lane, members[0][1]))
    return [
        (is_alike, surfaces, [lane for lane, _ in members], members[0][1])
        for (_, _, surfaces, is_alike), members in merged.items()
    ]
