"""What each epoch comes to, judged once for all pages: the releases of an epoch behave alike. Pure."""

from collections.abc import Mapping
from functools import cached_property
from itertools import groupby

import msgspec

from matrix.compare.history import Epoch, History, build_history
from matrix.model import TODAY_FIRST, Cell, Frozen, Lane
from matrix.observation import Behaviour, Call, Judgement, Observation
from matrix.site.marks import Mark, mark, word
from matrix.site.source import Source
from matrix.targets.target import Target
from matrix.verdicts.summary import summarise, unusable_reason
from matrix.verdicts.verdict import Verdict, Yardstick, find_control, judge_call
from matrix.verdicts.wording import describe_end


class Seen(Frozen, frozen=True, kw_only=True):
    """What was seen of one call, and what it is worth.

    Attributes:
        observation: All of it.
        words: How the call ended.
        verdicts: By each yardstick.
        mark: What they come to.
        word: The same in one word.
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


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One epoch of one lane.

    Attributes:
        target: What the releases are of.
        lane: Which.
        epoch: Which.
        behaviour: Of all its releases.
        surface: Their main call.
        unusable: Why no call can be made; empty if one can.
        judgement: What the behaviour comes to; None if nothing could be played.
        seen: Every call of the catalogue that was played.
    """

    target: Target
    lane: Lane
    epoch: Epoch
    behaviour: Behaviour
    surface: str
    unusable: str
    judgement: Judgement | None
    seen: Mapping[Call, Seen]


class Known(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All that the pages are made from.

    Attributes:
        source: What was measured.
        histories: By lane.
        told: What their epochs come to, oldest first, by lane.
    """

    source: Source
    histories: Mapping[Lane, History]
    told: Mapping[Lane, tuple[Told, ...]]

    @cached_property
    def of_release(self) -> dict[tuple[str, Lane], Told]:
        """Every epoch, by the releases in it and the lane."""
        return {
            (version, lane): one for lane, all_ in self.told.items() for one in all_ for version in one.epoch.versions
        }

    def surface(self, version: str) -> str:
        """The main call of a release, by which its page shows it: today's dependencies are asked first."""
        found = (self.of_release.get((version, lane)) for lane in TODAY_FIRST)
        return self.source.target.suite.main_surface([one.behaviour for one in found if one])


def know(source: Source) -> Known:
    """What there is to know from what was measured."""
    histories = {
        lane: build_history(source.target, source.releases.values(), source.results, lane, source.python)
        for lane in Lane
    }
    judge = _Judge(source.target)
    told = {
        lane: tuple(_tell(source, lane, epoch, judge) for epoch in one.epochs) for lane, one in histories.items()
    }  # fmt: skip
    return Known(source=source, histories=histories, told=told)


def _tell(source: Source, lane: Lane, epoch: Epoch, judge: "_Judge") -> Told:
    cell = Cell(epoch.versions[-1], lane, source.python)
    result = source.results[cell]
    behaviour = result.behaviour
    target = source.target
    return Told(
        target=target,
        lane=lane,
        epoch=epoch,
        behaviour=behaviour,
        surface=target.suite.main_surface([behaviour]),
        unusable=unusable_reason(result),
        judgement=_kept(source, cell) or (summarise(target, behaviour) if behaviour else None),
        seen={call: judge(behaviour, call) for call in behaviour if call.scenario in target.catalogue},
    )


def _kept(source: Source, cell: Cell) -> Judgement | None:
    """What a cell comes to, if that is kept with the data: judging it again takes a while."""
    kept = source.knowledge.known.get((cell.version, cell.lane))
    return kept.judgement if kept else None


class _Judge:
    """Judges what is the same once.

    Cells that saw the same share one object, and a verdict depends on nothing but that object, its scenario, its
    control and what its surface shows. So what is alike is one object here too, which pages rely on.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._known: dict[tuple[object, ...], Seen] = {}

    def __call__(self, behaviour: Behaviour, call: Call) -> Seen:
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
            self._known[key] = Seen(
                observation=observation,
                words=describe_end(observation),
                verdicts=verdicts,
                mark=of,
                word=word(observation, of),
            )
        return self._known[key]
