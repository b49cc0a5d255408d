"""The word for what a change does to a caller: the same in commands and on pages."""

from collections.abc import Mapping
from itertools import combinations

import pytest

from matrix.compare.diff import compare
from matrix.compare.directions import Direction, direct_handler
from matrix.compare.facets import BETTER, WORSE
from matrix.model import Lane
from matrix.observation import Call
from matrix.site import render
from matrix.site.changes.directions_document import Directions, LaneDirections, directions_document
from matrix.site.epoch_views import EpochView, EpochViews, view_epochs
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.summary import main_surfaces
from tests.support.paths import DATA

RIGHT, MISSED, SILENT = HandlerOutcome.RIGHT, HandlerOutcome.MISSED, HandlerOutcome.SILENT


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        ({"a": MISSED, "b": MISSED}, {"a": RIGHT, "b": MISSED}, Direction.BETTER),
        ({"a": MISSED, "b": RIGHT}, {"a": SILENT, "b": RIGHT}, Direction.WORSE),
        ({"a": MISSED, "b": MISSED, "c": RIGHT}, {"a": RIGHT, "b": RIGHT, "c": MISSED}, Direction.MIXED),
        ({"a": RIGHT}, {"a": RIGHT}, Direction.SAME),
        ({"a": RIGHT}, {"a": RIGHT, "b": RIGHT}, Direction.DIFFERENT),
    ],
)
def test_a_handler_that_is_better_and_worse_is_mixed(
    before: Mapping[str, HandlerOutcome], after: Mapping[str, HandlerOutcome], direction: Direction
) -> None:
    """Two scenarios that are better do not hide one that is worse."""
    was, now = ({Call("", id_): outcome for id_, outcome in each.items()} for each in (before, after))
    assert direction is direct_handler(was, now)


# The committed data.


@pytest.fixture(scope="module")
def known() -> EpochViews:
    """Read the epochs of the first-party client."""
    return view_epochs(render.read_source(Store(DATA, ANTHROPIC)))


@pytest.fixture(scope="module")
def today(known: EpochViews) -> LaneDirections:
    """Lay out the directions of today's lane."""
    return directions_document(known).lanes[Lane.TODAY]


def word(of: Directions, before: int, after: int) -> str:
    """Return the letter of a change between two epochs; empty if it was not played on both."""
    old, new = of.kinds[before], of.kinds[after]
    return "" if old is None or new is None else of.words[old][new]


def pairs(known: EpochViews) -> list[tuple[tuple[int, EpochView], tuple[int, EpochView]]]:
    """Return some pairs of epochs with one main call, near and far from each other."""
    views = [each for each in enumerate(known.views[Lane.TODAY]) if each[1].judgement]
    both = [(old, new) for old, new in combinations(views, 2) if old[1].surface == new[1].surface]
    return both[:: max(1, len(both) // 25)]


def test_no_change_of_diff_has_the_opposite_word(known: EpochViews, today: LaneDirections) -> None:
    """A change that can break code is worse or mixed, and one that helps is better or mixed; so it is with handlers."""
    checked = 0
    for (before, old), (after, new) in pairs(known):
        comparison = compare(ANTHROPIC, old.behaviour, new.behaviour)
        for change in comparison.changes:
            allowed = "wm" if change.severity in WORSE else "bm" if change.severity in BETTER else "dwbm"
            for moved in change.moved:
                if moved.call == Call(new.surface, moved.scenario):
                    assert word(today.scenarios[moved.scenario], before, after) in allowed, (moved, change.what)
                    checked += 1
        for handled in comparison.handled:
            if any(moved.surface in main_surfaces(ANTHROPIC, new.behaviour) for moved in handled.moved):
                allowed = "wm" if handled.is_worse else "bm"
                assert word(today.handlers[handled.handler], before, after) in allowed, handled.handler
                checked += 1
    assert checked > 1000


def test_the_way_back_has_the_opposite_word(known: EpochViews, today: LaneDirections) -> None:
    """What a handler loses on the way there, it gains on the way back."""
    opposite = {"w": "b", "b": "w", "m": "m", "s": "s", "d": "d", "": ""}
    for (before, _), (after, _) in pairs(known):
        for handler, of in today.handlers.items():
            assert opposite[word(of, before, after)] == word(of, after, before), handler
