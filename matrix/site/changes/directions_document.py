"""The document of the page that compares two releases: the direction of every change between two epochs. Pure.

Any release can be compared with any other, so the word of each pair is prepared: scripts judge nothing. What is alike
on several epochs is one kind, and each pair of kinds has a letter.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import product
from typing import Final, TypeVar

import msgspec

from matrix.compare.directions import Direction, direct_call, direct_handler
from matrix.model import Frozen, Lane
from matrix.observation import Call
from matrix.site.epoch_views import CallView, EpochView, EpochViews
from matrix.targets.target import Target
from matrix.verdicts.decisions import OUTCOME_LETTERS, HandlerOutcome, outcome_letters
from matrix.verdicts.summary import main_surfaces
from matrix.verdicts.verdict import VerdictKind, Yardstick

Thing = TypeVar("Thing")

PATH: Final = "compare/directions.json"
"""Where the document lies in the site."""

LETTERS: Final = {direction: direction[0] for direction in Direction}
"""Direction to the letter that stands for it."""


class Directions(Frozen, frozen=True, kw_only=True):
    """The directions of the changes of one thing, such as a scenario.

    Attributes:
        kinds: The number of its kind on each epoch; null if it was not played there.
        words: For each kind before, the letter of the change to each kind after.
    """

    kinds: tuple[int | None, ...]
    words: tuple[str, ...]


class LaneDirections(Frozen, frozen=True, kw_only=True):
    """The directions of all changes in one lane.

    Attributes:
        epochs: The first release of each epoch.
        scenarios: Scenario to the directions of its changes on the main calls.
        handlers: Handler to those of its outcomes.
    """

    epochs: tuple[str, ...]
    scenarios: dict[str, Directions]
    handlers: dict[str, Directions]


class AllDirections(Frozen, frozen=True, kw_only=True):
    """The directions of all changes.

    Attributes:
        letters: Letter to the direction for which it stands.
        titles: Path of the page of each scenario and handler to what happens in it, or what it does.
        lanes: Lane to the directions in it.
    """

    letters: dict[str, Direction]
    titles: dict[str, str]
    lanes: dict[Lane, LaneDirections]


def directions_document(known: EpochViews) -> AllDirections:
    """List the direction of each change between two epochs of the first-party client."""
    target = known.source.target
    director = _Director(target)
    titles = {f"scenarios/{each.id}": each.title for each in target.catalogue.values()}
    titles |= {f"handlers/{each.id}": each.title for each in target.handlers.values()}
    return AllDirections(
        letters={letter: direction for direction, letter in LETTERS.items()},
        titles={path: title.removesuffix(".") for path, title in titles.items()},
        lanes={lane: director.of_lane(views) for lane, views in known.views.items()},
    )


_Outcomes = dict[Call, HandlerOutcome]
"""The outcome of a handler on each call on which it was run."""


class _Director:
    """Directs changes. What is the same in both lanes is one object, and each pair of objects is directed once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._letters: dict[tuple[str, int], str] = {}
        self._calls: dict[tuple[Call, ...], tuple[Call, ...]] = {}
        self._outcomes: dict[tuple[int, str], _Outcomes] = {}
        self._ends: dict[Hashable, int] = {}
        self._numbers: dict[int, int] = {}
        self._directed: dict[tuple[str, int, int], Direction] = {}

    def of_lane(self, views: Sequence[EpochView]) -> LaneDirections:
        """List the directions of all changes in one lane."""
        decided = list(self._decide(views))
        handlers = list(self._target.handlers if any(decided) else ())
        return LaneDirections(
            epochs=tuple(view.epoch.versions[0] for view in views),
            scenarios={id_: self._of_scenario(views, id_) for id_ in (self._target.catalogue if views else ())},
            handlers={
                id_: _directions([each[number] if each else None for each in decided], id, self._direct_handler)
                for number, id_ in enumerate(handlers)
            },
        )

    def _of_scenario(self, views: Sequence[EpochView], scenario: str) -> Directions:
        played = [view.calls.get(Call(view.surface, scenario)) for view in views]
        return _directions(
            played, lambda call: id(call.observation), lambda old, new: self._direct_call(scenario, old, new)
        )

    def _direct_call(self, scenario: str, old: CallView, new: CallView) -> Direction:
        key = (scenario, self._number(old), self._number(new))
        if key not in self._directed:
            ends, kinds = (old.observation, new.observation), (_kinds(old), _kinds(new))
            self._directed[key] = direct_call(self._target, scenario, ends, kinds)
        return self._directed[key]

    def _number(self, call: CallView) -> int:
        """Number what decides the direction of a call's change: its end and its verdicts, but no handler."""
        if id(call) not in self._numbers:
            end = msgspec.structs.replace(call.observation, handlers={})
            key = (msgspec.json.encode(end, order="deterministic"), *_kinds(call).items())
            self._numbers[id(call)] = self._ends.setdefault(key, len(self._ends))
        return self._numbers[id(call)]

    def _direct_handler(self, old: _Outcomes, new: _Outcomes) -> Direction:
        key = ("", id(old), id(new))
        if key not in self._directed:
            self._directed[key] = direct_handler(old, new)
        return self._directed[key]

    def _decide(self, views: Sequence[EpochView]) -> Iterator[list[_Outcomes]]:
        """Yield for each epoch the outcomes of each handler on its main calls; the first of these has no name."""
        for view in views:
            calls: list[Call] = []
            rows: list[str] = []
            main = main_surfaces(view.target, view.behaviour) if view.judgement else []
            for surface, (id_, scenario) in product(main, view.target.catalogue.items()):
                observation = view.behaviour.get(Call(surface, id_))
                if observation is None or not observation.handlers:
                    continue
                key = (id_, id(observation))  # calls on which the same was observed share one object
                if key not in self._letters:
                    self._letters[key] = outcome_letters(scenario, observation, view.target.handlers)
                calls.append(Call(surface if surface != main[0] else "", id_))
                rows.append(self._letters[key])
            alike = self._calls.setdefault(tuple(calls), tuple(calls))
            yield [self._of_letters(alike, "".join(letters)) for letters in zip(*rows, strict=True)]

    def _of_letters(self, calls: tuple[Call, ...], letters: str) -> _Outcomes:
        key = (id(calls), letters)
        if key not in self._outcomes:
            pairs = zip(calls, letters, strict=True)
            self._outcomes[key] = {call: OUTCOME_LETTERS[each] for call, each in pairs if each in OUTCOME_LETTERS}
        return self._outcomes[key]


def _kinds(call: CallView) -> dict[Yardstick, VerdictKind]:
    return {yardstick: verdict.kind for yardstick, verdict in call.verdicts.items()}


def _directions(
    things: Sequence[Thing | None], key: Callable[[Thing], Hashable], direct: Callable[[Thing, Thing], Direction]
) -> Directions:
    """Number the kinds of things, and direct each pair of kinds."""
    kinds: dict[Hashable, Thing] = {}
    keys = [None if thing is None else key(thing) for thing in things]
    for name, thing in zip(keys, things, strict=True):
        if thing is not None:
            kinds.setdefault(name, thing)
    numbers = {name: number for number, name in enumerate(kinds)}
    return Directions(
        kinds=tuple(None if name is None else numbers[name] for name in keys),
        words=tuple("".join(LETTERS[direct(old, new)] for new in kinds.values()) for old in kinds.values()),
    )
