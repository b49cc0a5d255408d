"""Views of epochs: every call of an epoch with its verdicts, judged once for all pages. Pure."""

from collections.abc import Mapping
from functools import cached_property
from itertools import groupby

import msgspec

from matrix.compare.history import Epoch, History, build_history
from matrix.model import TODAY_FIRST, Cell, Frozen, Lane
from matrix.observation import Behaviour, Call, Judgement, Observation, Outcome, Result
from matrix.site.facts_document import Facts, facts_document
from matrix.site.marks import Mark, has_code, mark, word
from matrix.site.source import SiteSource
from matrix.targets.target import Target
from matrix.verdicts.decisions import OUTCOME_LETTERS, HandlerOutcome
from matrix.verdicts.summary import summarise, unusable_reason
from matrix.verdicts.verdict import Verdict, Yardstick, find_control, judge_call
from matrix.verdicts.wording import describe_end


class CallView(Frozen, frozen=True, kw_only=True):
    """One call of an epoch, with its verdicts.

    Attributes:
        observation: What the probe observed.
        words: How the call ended.
        verdicts: Rule to verdict.
        mark: Both verdicts in one mark.
        word: How the call ended, in one word.
    """

    observation: Observation
    words: str
    verdicts: dict[Yardstick, Verdict]
    mark: Mark
    word: str

    @property
    def events(self) -> list[tuple[str, int]]:
        """The types of the events that were delivered, in order; adjacent ones that are the same, once, counted."""
        delivered = self.observation.delivered
        return [(event, len(list(same))) for event, same in groupby(delivered.events if delivered else ())]


class EpochView(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One epoch of one lane.

    Attributes:
        target: The package.
        lane: The lane.
        epoch: The epoch.
        behaviour: The behaviour of all its releases.
        surface: Their main call.
        unusable: Why no call can be made; empty if one can.
        judgement: The summary of the behaviour; None if nothing could be played.
        calls: Every call of the catalogue that was played.
    """

    target: Target
    lane: Lane
    epoch: Epoch
    behaviour: Behaviour
    surface: str
    unusable: str
    judgement: Judgement | None
    calls: Mapping[Call, CallView]

    @cached_property
    def has_client(self) -> bool:
        """Whether its releases have the client: any call of it, even if no client can be made."""
        return any(observation.outcome is not Outcome.UNSUPPORTED for observation in self.behaviour.values())

    def outcomes_of(self, handler: str) -> dict[str, HandlerOutcome]:
        """Return the outcome of a handler in each scenario, on the main calls."""
        if self.judgement is None or self.unusable:
            return {}
        letters = self.judgement.handlers.get(handler, "")
        return {id_: OUTCOME_LETTERS[letter] for id_, letter in zip(self.judgement.scenarios, letters, strict=False)}


class EpochViews(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything that pages about one client are made from.

    Attributes:
        source: The measured data.
        histories: Lane to its history.
        views: Lane to its epochs, oldest first.
        client: The id of the client; empty for the first-party client.
    """

    source: SiteSource
    histories: Mapping[Lane, History]
    views: Mapping[Lane, tuple[EpochView, ...]]
    client: str = ""

    @cached_property
    def by_release(self) -> dict[tuple[str, Lane], EpochView]:
        """Release and lane to the view of their epoch."""
        return {
            (version, lane): view
            for lane, views in self.views.items()
            for view in views
            for version in view.epoch.versions
        }

    @cached_property
    def played(self) -> dict[Lane, dict[str, set[str]]]:
        """Lane to call to the scenarios that were played on it in any epoch."""
        played: dict[Lane, dict[str, set[str]]] = {lane: {} for lane in self.views}
        for lane, views in self.views.items():
            for call in {call for view in views for call in view.calls}:
                played[lane].setdefault(call.surface, set()).add(call.scenario)
        return played

    def surface(self, version: str) -> str:
        """Return the main call of a release, which its page shows; today's dependencies come first."""
        return self.source.target.suite.main_surface([view.behaviour for view in self.measured(version)], self.client)

    def measured(self, version: str) -> tuple[EpochView, ...]:
        """Return the epochs of a release in the lanes in which it was measured; today's dependencies come first."""
        return tuple(view for lane in TODAY_FIRST if (view := self.by_release.get((version, lane))))

    @cached_property
    def others(self) -> dict[str, "EpochViews"]:
        """The views of each other client that was measured, by id, in the order of the target."""
        return {
            client.id: view_epochs(self.source, client.id)
            for client in self.source.target.clients
            if client.id in self.source.clients
        }

    @cached_property
    def facts(self) -> Facts:
        """The facts about every release, which the API has and the question bar ranks releases by."""
        return facts_document(self.source.knowledge)

    def of(self, client: str) -> "EpochViews":
        """Return the views of a client that was measured."""
        return self if client == self.client else self.others[client]

    def find(self, client: str) -> "EpochViews | None":
        """Find the views of a client; None if it was not measured."""
        return self if client == self.client else self.others.get(client)

    def has_evidence(self, version: str) -> bool:
        """Return whether a release has a page with evidence: for another client, only if it has that client."""
        return not self.client or any(view.has_client for view in self.measured(version))

    @cached_property
    def runs(self) -> dict[str, tuple[str, ...]]:
        """The releases with evidence in runs that behave alike: the first of each to all of them, oldest first."""
        runs: dict[tuple[str, ...], list[str]] = {}
        for release in sorted(self.source.releases.values(), key=lambda release: release.parsed):
            version = release.version
            if self.measured(version) and self.has_evidence(version):
                views = (self.by_release.get((version, lane)) for lane in TODAY_FIRST)
                key = (self.surface(version), *(view.epoch.versions[0] if view else "" for view in views))
                runs.setdefault(key, []).append(version)
        return {versions[0]: tuple(versions) for versions in runs.values()}

    @cached_property
    def newest_alike(self) -> dict[str, str]:
        """Release with evidence to the newest of its run."""
        return {version: versions[-1] for versions in self.runs.values() for version in versions}

    def evidence_path(self, version: str) -> str:
        """Return the path of the page with the evidence for a release on this client.

        A run of releases that behave alike on another client shares a page, at the newest of them.
        """
        return f"releases/{self.newest_alike[version]}/{self.client}/" if self.client else f"releases/{version}/"


def view_epochs(source: SiteSource, client: str = "") -> EpochViews:
    """Judge every epoch of one client: each client has epochs of its own."""
    results = source.results_of(client)
    histories = {
        lane: build_history(source.target, source.releases.values(), results, lane, source.python, client=client)
        for lane in Lane
    }
    judge = _Judge(source.target)
    views = {
        lane: tuple(_view(source, results, history_, epoch, judge) for epoch in history_.epochs)
        for lane, history_ in histories.items()
    }  # fmt: skip
    return EpochViews(source=source, histories=histories, views=views, client=client)


def _view(
    source: SiteSource, results: Mapping[Cell, Result], history: History, epoch: Epoch, judge: "_Judge"
) -> EpochView:
    cell = Cell(epoch.versions[-1], history.lane, source.python)
    result, client = results[cell], history.client
    behaviour = result.behaviour
    target, catalogue = source.target, source.target.catalogue
    judgement = _stored_judgement(source, cell, client) or (summarise(target, behaviour) if behaviour else None)
    return EpochView(
        target=target,
        lane=history.lane,
        epoch=epoch,
        behaviour=behaviour,
        surface=target.suite.main_surface([behaviour], client),
        unusable=judgement.unusable if client and judgement else unusable_reason(result),
        judgement=judgement,
        calls={call: judge(behaviour, call) for call in behaviour if call.scenario in catalogue},
    )


def _stored_judgement(source: SiteSource, cell: Cell, client: str) -> Judgement | None:
    """Return the summary of a cell that is stored with the data: computing it again takes a while."""
    judged = source.knowledge.measurements.get((cell.version, cell.lane))
    return judged.judgement_of(client) if judged else None


class _Judge:
    """Judges what is the same once.

    Cells that saw the same share one object, and a verdict depends on nothing but that object, its scenario, its
    control and what its surface shows. So what is alike is one object here too, which pages rely on.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._known: dict[tuple[object, ...], CallView] = {}

    def __call__(self, behaviour: Behaviour, call: Call) -> CallView:
        observation = behaviour[call]
        key = (
            call.scenario,
            id(observation),
            id(find_control(self._target, behaviour, call)),
            self._target.surfaces[call.surface].shows,
        )
        if key not in self._known:
            verdicts = {yardstick: judge_call(self._target, behaviour, call, yardstick) for yardstick in Yardstick}
            kinds = {yardstick: verdict.kind for yardstick, verdict in verdicts.items()}
            of = mark(kinds, has_code=has_code(self._target, self._target.catalogue[call.scenario]))
            self._known[key] = CallView(
                observation=observation,
                words=describe_end(observation),
                verdicts=verdicts,
                mark=of,
                word=word(observation, of),
            )
        return self._known[key]
