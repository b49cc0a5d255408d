"""The document of the page that compares two releases: the direction of every change between two epochs. Pure.

Any release can be compared with any other, so the word of each pair is prepared: scripts judge nothing. What is alike
on several epochs is one kind, and each pair of kinds has a letter.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final, TypeVar

from matrix.compare.directions import Direction, direct_call, direct_handler
from matrix.model import Frozen, Lane
from matrix.observation import Call
from matrix.site.epoch_views import CallView, EpochView, EpochViews
from matrix.verdicts.decisions import HandlerOutcome, judge_decision
from matrix.verdicts.summary import main_surfaces
from matrix.verdicts.verdict import VerdictKind, Yardstick

Thing = TypeVar("Thing")
_Outcomes = Mapping[str, Mapping[Call, HandlerOutcome]]
"""Handler to its outcome on each call."""

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
        lanes: Lane to the directions in it.
    """

    letters: dict[str, Direction]
    lanes: dict[Lane, LaneDirections]


def directions_document(known: EpochViews) -> AllDirections:
    """List the direction of each change between two epochs of the first-party client."""
    return AllDirections(
        letters={letter: direction for direction, letter in LETTERS.items()},
        lanes={lane: _of_lane(views) for lane, views in known.views.items()},
    )


def _of_lane(views: Sequence[EpochView]) -> LaneDirections:
    outcomes = list(_judge_handlers(views))
    handlers = sorted({id_ for each in outcomes for id_ in each})
    return LaneDirections(
        epochs=tuple(view.epoch.versions[0] for view in views),
        scenarios={id_: _of_scenario(views, id_) for id_ in (views[0].target.catalogue if views else ())},
        handlers={id_: _of_handler(outcomes, id_) for id_ in handlers},
    )


def _of_scenario(views: Sequence[EpochView], scenario: str) -> Directions:
    target = views[0].target
    calls = [(call := Call(view.surface, scenario), view.calls.get(call)) for view in views]
    played = [(call, view) if view else None for call, view in calls]
    return _directions(
        played,
        lambda each: id(each[1].observation),
        lambda old, new: direct_call(
            target, new[0], (old[1].observation, new[1].observation), (_kinds(old[1]), _kinds(new[1]))
        ),
    )


def _kinds(call: CallView) -> dict[Yardstick, VerdictKind]:
    return {yardstick: verdict.kind for yardstick, verdict in call.verdicts.items()}


def _of_handler(outcomes: Sequence[_Outcomes], handler: str) -> Directions:
    return _directions([each.get(handler) for each in outcomes], lambda each: tuple(each.items()), direct_handler)


def _judge_handlers(views: Sequence[EpochView]) -> Iterator[_Outcomes]:
    """Yield the outcomes of each handler on the main calls of each epoch; the first of them has no name."""
    judged: dict[tuple[str, int], dict[str, HandlerOutcome]] = {}
    for view in views:
        outcomes: defaultdict[str, dict[Call, HandlerOutcome]] = defaultdict(dict)
        main = main_surfaces(view.target, view.behaviour) if view.judgement else []
        for surface, (id_, scenario) in product(main, view.target.catalogue.items()):
            observation = view.behaviour.get(Call(surface, id_))
            if observation is None or not observation.handlers:
                continue
            key = (id_, id(observation))  # calls on which the same was observed share one object
            if key not in judged:
                judged[key] = {
                    handler: judge_decision(scenario, observation, decision)
                    for handler, decision in observation.handlers.items()
                }
            for handler, outcome in judged[key].items():
                outcomes[handler][Call(surface if surface != main[0] else "", id_)] = outcome
        yield outcomes


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
