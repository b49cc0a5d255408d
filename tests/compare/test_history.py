"""Epochs and what is between them: which releases stand together, what parts them, and that none is lost."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from matrix.compare.diff import Comparison, compare
from matrix.compare.facets import Severity
from matrix.compare.history import Epoch, History, build_history
from matrix.model import Cell, Lane, Release
from matrix.observation import Behaviour, Outcome, Result
from matrix.releases.selection import DEFAULT_PYTHON
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.behaviours import (
    RELAXED,
    catalogue,
    cell,
    completed,
    digest_of,
    error,
    not_played,
    on,
    raised,
    release,
    result,
)
from tests.support.paths import DATA

KINDS: Final[dict[str, Result]] = {
    "a": result(on(raised())),
    "b": result(on(raised(error(text="other")))),
    "c": result(on(completed("Hello"))),
    "x": not_played(),
    "y": not_played(Outcome.CANNOT_INSTALL, "Because there is none"),
}
"""What releases may do; the last two can't be played."""

UNTESTED = "-"


def told(*lines: str) -> History:
    """The history of releases that are given as `1.0 a`: a version, and what it does, or `-` if it was not tested."""
    named = [line.split() for line in lines]
    return of(catalogue(*(version for version, _ in named)).values(), dict(named))


def of(releases: Iterable[Release], kinds: Mapping[str, str]) -> History:
    """The history of releases of which each does something, or was not tested."""
    results = {cell(version): KINDS[kind] for version, kind in kinds.items() if kind != UNTESTED}
    return build_history(ANTHROPIC, releases, results, Lane.TODAY, DEFAULT_PYTHON)


def epochs(found: History) -> list[tuple[str, ...]]:
    """The versions of each epoch."""
    return [epoch.versions for epoch in found.epochs]


def between(found: History) -> list[tuple[str, str, tuple[str, ...]]]:
    """What is between the epochs."""
    return [(transition.before, transition.after, transition.untested) for transition in found.transitions]


# Which releases stand together.


@pytest.mark.parametrize(
    ("lines", "expected", "transitions"),
    [
        pytest.param([], [], [], id="nothing"),
        pytest.param(["1.0 -"], [], [], id="nothing tested"),
        pytest.param(["1.0 a"], [("1.0",)], [], id="one"),
        pytest.param(["1.0 a", "1.1 a", "1.2 a"], [("1.0", "1.1", "1.2")], [], id="all alike"),
        pytest.param(["1.0 a", "1.1 b"], [("1.0",), ("1.1",)], [("1.0", "1.1", ())], id="two that differ"),
        pytest.param(
            ["1.0 a", "1.1 b", "1.2 a"],
            [("1.0",), ("1.1",), ("1.2",)],
            [("1.0", "1.1", ()), ("1.1", "1.2", ())],
            id="a behaviour that comes back",
        ),
        pytest.param(["1.9 a", "1.10 a", "1.2 b"], [("1.2",), ("1.9", "1.10")], [("1.2", "1.9", ())], id="by version"),
        pytest.param(
            ["1.0 a", "1.1 -", "1.2 a"],
            [("1.0",), ("1.2",)],
            [("1.0", "1.2", ("1.1",))],
            id="nobody knows what an untested one does",
        ),
        pytest.param(
            ["1.0 a", "1.1 -", "1.2 -", "1.3 b"],
            [("1.0",), ("1.3",)],
            [("1.0", "1.3", ("1.1", "1.2"))],
            id="two untested ones",
        ),
        pytest.param(["1.0 -", "1.1 a", "1.2 -"], [("1.1",)], [], id="untested at both ends"),
        pytest.param(
            ["1.0 a", "1.1rc1 -", "1.1.dev3 -", "1.1 a"], [("1.0", "1.1")], [], id="untested pre-releases are passed"
        ),
        pytest.param(
            ["1.0 a", "1.1rc1 b", "1.1 a"],
            [("1.0",), ("1.1rc1",), ("1.1",)],
            [("1.0", "1.1rc1", ()), ("1.1rc1", "1.1", ())],
            id="a pre-release that was tested counts",
        ),
        pytest.param(["1.0 a", "1.1rc1 a", "1.1 a"], [("1.0", "1.1rc1", "1.1")], [], id="and may stand with others"),
        pytest.param(
            ["1.0 a", "1.1rc1 -", "1.1 -", "1.2 a"],
            [("1.0",), ("1.2",)],
            [("1.0", "1.2", ("1.1",))],
            id="an untested pre-release beside an untested release",
        ),
        pytest.param(
            ["1.0 a", "1.0.post1 -", "1.1 a"],
            [("1.0",), ("1.1",)],
            [("1.0", "1.1", ("1.0.post1",))],
            id="a post-release is a release",
        ),
        pytest.param(["1.0 x", "1.1 x"], [("1.0", "1.1")], [], id="that can't be played"),
        pytest.param(
            ["1.0 x", "1.1 y"], [("1.0",), ("1.1",)], [("1.0", "1.1", ())], id="that can't be played in two ways"
        ),
        pytest.param(["1.0 x", "1.1 a"], [("1.0",), ("1.1",)], [("1.0", "1.1", ())], id="that can be played then"),
    ],
)
def test_epochs(
    lines: list[str], expected: list[tuple[str, ...]], transitions: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    """Adjacent releases that do the same, in the order of their versions; what parts them is between two tested."""
    found = told(*lines)
    assert (expected, transitions) == (epochs(found), between(found))


def test_a_backport_stands_where_its_version_does() -> None:
    """Though it was uploaded after all others; an epoch begins and ends by version too."""
    releases = [release("1.0", 1), release("2.0", 2), release("1.0.1", 3)]
    found = of(releases, {"1.0": "a", "1.0.1": "a", "2.0": "b"})
    assert [("1.0", "1.0.1"), ("2.0",)] == epochs(found)
    assert (dt.date(2024, 1, 1), dt.date(2024, 1, 3)) == (found.epochs[0].since, found.epochs[0].until)


def test_an_epoch_says_how_its_cells_ended() -> None:
    """Why none of them can be played, if none can."""
    found = told("1.0 a", "1.1 x", "1.2 y")
    expected = [Outcome.COMPLETED, Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL]
    assert expected == [epoch.outcome for epoch in found.epochs]


@pytest.mark.parametrize(("versions", "expected"), [(("1.0",), "1.0"), (("1.0", "1.1", "1.2"), "1.0-1.2")])
def test_an_epoch_is_named_by_its_ends(versions: tuple[str, ...], expected: str) -> None:
    """Or by the one that is both."""
    day = dt.date(2024, 1, 1)
    assert expected == str(Epoch(versions=versions, outcome=Outcome.COMPLETED, since=day, until=day))


def test_all_that_was_not_tested_is_named() -> None:
    """Pre-releases too, of which nobody asked."""
    assert ("0.9", "1.1rc1", "1.1", "1.3") == told("0.9 -", "1.0 a", "1.1rc1 -", "1.1 -", "1.2 b", "1.3 -").untested


def test_other_cells_are_of_no_matter() -> None:
    """Another lane, another Python and an extra have another history."""
    results = {
        cell("1.0"): KINDS["a"],
        cell("1.1"): KINDS["a"],
        cell("1.1", Lane.AS_RELEASED): KINDS["b"],
        Cell("1.1", Lane.TODAY, "3.13"): KINDS["b"],
        cell("1.1", extra="aiohttp"): KINDS["b"],
    }
    found = build_history(ANTHROPIC, catalogue("1.0", "1.1").values(), results, Lane.TODAY, DEFAULT_PYTHON)
    assert [("1.0", "1.1")] == epochs(found)
    assert (Lane.TODAY, DEFAULT_PYTHON) == (found.lane, found.python)


# What changed.


def test_a_transition_says_what_changed() -> None:
    """From the last release of the one epoch to the first of the next."""
    (found,) = told("1.0 a", "1.1 a", "1.2 c").transitions
    assert ("1.1", "1.2", (Outcome.COMPLETED, Outcome.COMPLETED)) == (found.before, found.after, found.outcomes)
    assert [Severity.SILENCED] == [change.severity for change in found.comparison.changes]


@pytest.mark.parametrize(
    "lines", [("1.0 a", "1.1 x"), ("1.0 x", "1.1 a"), ("1.0 x", "1.1 y"), ("1.0 a", "2.0 -", "3.0 a")]
)
def test_where_there_is_nothing_to_compare_nothing_changed(lines: Sequence[str]) -> None:
    """Only one was played, or an untested release is all that is between them."""
    (found,) = told(*lines).transitions
    assert ((), ()) == (found.comparison.changes, found.comparison.handled)


def test_handlers_that_were_asked_for() -> None:
    """Of the others nothing is said."""
    behaviours = [on(raised(handlers={"one": decision, "other": decision})) for decision in ("retry", "fail")]
    results = {cell(version): result(each) for version, each in zip(("1.0", "1.1"), behaviours, strict=True)}
    found = build_history(ANTHROPIC, catalogue("1.0", "1.1").values(), results, Lane.TODAY, DEFAULT_PYTHON, ["one"])
    assert ["one"] == [one.handler for one in found.transitions[0].comparison.handled]


# What holds for all of them.

VERSIONS: Final = st.builds(
    "{}.{}{}".format, st.integers(0, 3), st.integers(0, 11), st.sampled_from(["", "", "", "rc1", ".dev1", ".post1"])
)
LIVES: Final = st.dictionaries(VERSIONS, st.sampled_from(["a", "a", "b", "c", "x", UNTESTED]), max_size=12)
"""Version to what it does."""


def by_version(versions: Iterable[str]) -> list[str]:
    """In the order of PEP 440."""
    return sorted(versions, key=Version)


@given(LIVES)
@RELAXED
def test_every_release_that_was_tested_is_in_one_epoch(lives: dict[str, str]) -> None:
    """Once, in the order of versions; the others are named."""
    found = of(catalogue(*lives).values(), lives)
    tested = by_version(version for version, kind in lives.items() if kind != UNTESTED)
    assert tested == [version for epoch in found.epochs for version in epoch.versions]
    assert by_version(lives.keys() - set(tested)) == list(found.untested)


@given(LIVES)
@RELAXED
def test_there_is_one_transition_between_two_epochs(lives: dict[str, str]) -> None:
    """From the last of the one to the first of the next."""
    found = of(catalogue(*lives).values(), lives)
    expected = [(one.versions[-1], other.versions[0]) for one, other in pairwise(found.epochs)]
    assert expected == [(transition.before, transition.after) for transition in found.transitions]


@given(LIVES)
@RELAXED
def test_neighbours_differ_or_something_untested_is_between_them(lives: dict[str, str]) -> None:
    """And the releases of an epoch do not, and nothing final and untested is among them."""
    found = of(catalogue(*lives).values(), lives)
    for epoch in found.epochs:
        assert 1 == len({lives[version] for version in epoch.versions})
        first, last = Version(epoch.versions[0]), Version(epoch.versions[-1])
        inside = [version for version in lives if first < Version(version) < last]
        assert [] == [one for one in inside if lives[one] == UNTESTED and not Version(one).is_prerelease]
    for transition in found.transitions:
        assert transition.untested or lives[transition.before] != lives[transition.after]
        low, high = Version(transition.before), Version(transition.after)
        expected = [
            version
            for version in by_version(lives)
            if low < Version(version) < high and lives[version] == UNTESTED and not Version(version).is_prerelease
        ]
        assert expected == list(transition.untested)


@given(LIVES)
@RELAXED
def test_untested_pre_releases_part_nothing(lives: dict[str, str]) -> None:
    """All is as if they had never been uploaded, but that they are named."""
    kept = {version: kind for version, kind in lives.items() if kind != UNTESTED or not Version(version).is_prerelease}
    found, other = of(catalogue(*lives).values(), lives), of(catalogue(*kept).values(), kept)
    assert (epochs(other), between(other)) == (epochs(found), between(found))


@given(LIVES, st.randoms())
@RELAXED
def test_when_a_release_was_uploaded_is_of_no_matter(lives: dict[str, str], shuffled: Random) -> None:
    """Nor in which order the catalogue has them."""
    releases = list(catalogue(*lives).values())
    days = list(range(1, len(releases) + 1))
    shuffled.shuffle(days)
    other = [release(one.version, day) for one, day in zip(releases, days, strict=True)]
    shuffled.shuffle(other)
    assert (epochs(of(releases, lives)), between(of(releases, lives))) == (
        epochs(of(other, lives)),
        between(of(other, lives)),
    )


# The data of record.


@pytest.fixture(scope="module", params=list(Lane))
def real(request: pytest.FixtureRequest) -> tuple[History, dict[str, Release], dict[str, Result]]:
    """The history of a lane, all releases, and what is known of them in it."""
    store = Store(DATA, ANTHROPIC)
    releases, results = queries.releases(store), queries.results(store, ANTHROPIC.digest, DEFAULT_PYTHON)
    lane: Lane = request.param
    known = {one.version: found for one, found in results.items() if one.lane is lane}
    return build_history(ANTHROPIC, releases.values(), results, lane, DEFAULT_PYTHON), releases, known


def test_the_real_history_is_whole(real: tuple[History, dict[str, Release], dict[str, Result]]) -> None:
    """Every release that was measured is in one epoch, in order, and every release is in one or named."""
    found, releases, known = real
    told = [version for epoch in found.epochs for version in epoch.versions]
    assert by_version(known) == told
    assert set(releases) == {*told, *found.untested}
    assert len(found.epochs) - 1 == len(found.transitions)


def test_the_real_epochs_are_runs_of_one_behaviour(
    real: tuple[History, dict[str, Release], dict[str, Result]],
) -> None:
    """By the digests of what was seen; and neighbours have another one."""
    found, _, known = real
    digests = {version: (each.outcome, digest_of(each.behaviour)) for version, each in known.items()}
    for epoch in found.epochs:
        assert 1 == len({digests[version] for version in epoch.versions})
    for transition in found.transitions:
        assert transition.untested or digests[transition.before] != digests[transition.after]


def test_the_real_transitions_say_something(real: tuple[History, dict[str, Release], dict[str, Result]]) -> None:
    """Each: what is seen, what handlers do, what could be played, or what nobody knows."""
    silent = [
        str(transition.after)
        for transition in real[0].transitions
        if not transition.comparison.changes
        and not transition.comparison.handled
        and not transition.comparison.unknown
        and not transition.untested
        and transition.outcomes[0] is transition.outcomes[1]
    ]
    assert [] == silent


def test_a_real_behaviour_is_as_itself(real: tuple[History, dict[str, Release], dict[str, Result]]) -> None:
    """Read from bytes again, the newest release differs in nothing from what it was read from."""
    newest = real[2][real[0].epochs[-1].versions[-1]].behaviour
    again: Behaviour = {call: msgspec.structs.replace(seen) for call, seen in newest.items()}
    assert Comparison(compared=len(newest)) == compare(ANTHROPIC, newest, again)
