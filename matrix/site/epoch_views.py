"""Views of epochs: every call of an epoch with its verdicts, judged once for all pages. Pure."""

from collections.abc import Mapping
from functools import cached_property
from itertools import groupby

import msgspec

from matrix.compare.history import Epoch, History, build_history
from matrix.model import TODAY_FIRST, Cell, Frozen, Lane
from matrix.observation import Behaviour, Call, Judgement, Observation
from matrix.site.marks import Mark, mark, word
from matrix.site.source import SiteSource
from matrix.targets.target import Target
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


class EpochView(msgspec.Struct, frozen=True, kw_only=True):
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


class EpochViews(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything that pages are made from.

    Attributes:
        source: The measured data.
        histories: Lane to its history.
        views: Lane to its epochs, oldest first.
    """

    source: SiteSource
    histories: Mapping[Lane, History]
    views: Mapping[Lane, tuple[EpochView, ...]]

    @cached_property
    def by_release(self) -> dict[tuple[str, Lane], EpochView]:
        """Release and lane to the view of their epoch."""
        return {
            (version, lane): view
            for lane, views in self.views.items()
            for view in views
            for version in view.epoch.versions
        }

    def surface(self, version: str) -> str:
        """Return the main call of a release, which its page shows; today's dependencies come first."""
        views = (self.by_release.get((version, lane)) for lane in TODAY_FIRST)
        return self.source.target.suite.main_surface([view.behaviour for view in views if view])


def view_epochs(source: SiteSource) -> EpochViews:
    """Judge every epoch of the measured data."""
    histories = {
        lane: build_history(source.target, source.releases.values(), source.results, lane, source.python)
        for lane in Lane
    }
    judge = _Judge(source.target)
    views = {
        lane: tuple(_view(source, lane, epoch, judge) for epoch in history_.epochs)
        for lane, history_ in histories.items()
    }  # fmt: skip
    return EpochViews(source=source, histories=histories, views=views)


def _view(source: SiteSource, lane: Lane, epoch: Epoch, judge: "_Judge") -> EpochView:
    cell = Cell(epoch.versions[-1], lane, source.python)
    result = source.results[cell]
    behaviour = result.behaviour
    target = source.target
    return EpochView(
        target=target,
        lane=lane,
        epoch=epoch,
        behaviour=behaviour,
        surface=target.suite.main_surface([behaviour]),
        unusable=unusable_reason(result),
        judgement=_stored_judgement(source, cell) or (summarise(target, behaviour) if behaviour else None),
        calls={call: judge(behaviour, call) for call in behaviour if call.scenario in target.catalogue},
    )


def _stored_judgement(source: SiteSource, cell: Cell) -> Judgement | None:
    """Return the summary of a cell that is stored with the data: computing it again takes a while."""
    judged = source.knowledge.measurements.get((cell.version, cell.lane))
    return judged.judgement if judged else None


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
            of = mark(verdicts)
            self._known[key] = CallView(
                observation=observation,
                words=describe_end(observation),
                verdicts=verdicts,
                mark=of,
                word=word(observation, of),
            )
        return self._known[key]
