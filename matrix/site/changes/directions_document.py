"""The document of the page that compares two releases: the direction of every change between two epochs. Pure.

Any release can be compared with any other, so the word of each pair is prepared: scripts judge nothing. What is alike
on several epochs is one kind, and each pair of kinds has a letter.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import product
from typing import Final, TypeVar

from matrix.catalogue.steps import Scenario
from matrix.compare.directions import Direction, direct_call, direct_handler
from matrix.model import Frozen, Lane
from matrix.observation import Call, Observation
from matrix.site.epoch_views import CallView, EpochView, EpochViews
from matrix.targets.target import Target
from matrix.verdicts.decisions import OUTCOME_LETTERS, HandlerOutcome, judge_decision
from matrix.verdicts.summary import main_surfaces
from matrix.verdicts.verdict import VerdictKind, Yardstick

Thing = TypeVar("Thing")

PATH: Final = "compare/directions.json"
"""Where the document lies in the site."""

_NOT_RUN: Final = "-"

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


class _Decided(Frozen, frozen=True, kw_only=True):
    """The outcomes of all handlers on the main calls of an epoch.

    Attributes:
        calls: The calls; one object for all epochs with the same.
        letters: For each handler, the letter of its outcome on each of them; nothing if none were run.
    """

    calls: tuple[Call, ...]
    letters: tuple[str, ...]


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
    decided = list(_decide(views))
    handlers = list(views[0].target.handlers if any(each.letters for each in decided) else ())
    return LaneDirections(
        epochs=tuple(view.epoch.versions[0] for view in views),
        scenarios={id_: _of_scenario(views, id_) for id_ in (views[0].target.catalogue if views else ())},
        handlers={id_: _of_handler(decided, number) for number, id_ in enumerate(handlers)},
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


def _of_handler(decided: Sequence[_Decided], handler: int) -> Directions:
    return _directions(
        [(each.calls, each.letters[handler]) if each.letters else None for each in decided],
        lambda each: (id(each[0]), each[1]),
        lambda old, new: direct_handler(_outcomes(*old), _outcomes(*new)),
    )


def _outcomes(calls: tuple[Call, ...], letters: str) -> dict[Call, HandlerOutcome]:
    """Return the outcome of a handler on each call on which it was run."""
    return {
        call: OUTCOME_LETTERS[letter] for call, letter in zip(calls, letters, strict=True) if letter in OUTCOME_LETTERS
    }


def _decide(views: Sequence[EpochView]) -> Iterator[_Decided]:
    """Judge all handlers on the main calls of each epoch; the first of these calls has no name."""
    judged: dict[tuple[str, int], str] = {}
    shared: dict[tuple[Call, ...], tuple[Call, ...]] = {}
    for view in views:
        calls: list[Call] = []
        rows: list[str] = []
        main = main_surfaces(view.target, view.behaviour) if view.judgement else []
        for surface, (id_, scenario) in product(main, view.target.catalogue.items()):
            observation = view.behaviour.get(Call(surface, id_))
            if observation is None or not observation.handlers:
                continue
            key = (id_, id(observation))  # calls on which the same was observed share one object
            if key not in judged:
                judged[key] = "".join(_letters(view.target, scenario, observation))
            calls.append(Call(surface if surface != main[0] else "", id_))
            rows.append(judged[key])
        letters = tuple(map("".join, zip(*rows, strict=True)))
        yield _Decided(calls=shared.setdefault(tuple(calls), tuple(calls)), letters=letters)


def _letters(target: Target, scenario: Scenario, observation: Observation) -> Iterator[str]:
    """Yield the letter of each handler's outcome, in the order of handlers; a dash where it was not run."""
    for handler in target.handlers:
        decision = observation.handlers.get(handler)
        yield judge_decision(scenario, observation, decision)[0] if decision else _NOT_RUN


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
