"""Epochs and the transitions between them: every release is in its place, and none is lost."""

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
from matrix.compare.history import Epoch, History, build_history, find_changing_releases
from matrix.model import DEFAULT_PYTHON, Cell, Lane, Release
from matrix.observation import NO_CALL, Behaviour, Outcome, Result
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
"""Results of releases; the last two can't be played."""

UNTESTED = "-"


def history_of_lines(*lines: str) -> History:
    """Make the history of releases given as `1.0 a`: a version and its result, or `-` if it was not tested."""
    named = [line.split() for line in lines]
    return of(catalogue(*(version for version, _ in named)).values(), dict(named))


def of(releases: Iterable[Release], kinds: Mapping[str, str]) -> History:
    """Make the history of releases with a result, or None if it was not tested."""
    results = {cell(version): KINDS[kind] for version, kind in kinds.items() if kind != UNTESTED}
    return build_history(ANTHROPIC, releases, results, Lane.TODAY, DEFAULT_PYTHON)


def epochs(history: History) -> list[tuple[str, ...]]:
    """List the versions of each epoch."""
    return [epoch.versions for epoch in history.epochs]


def list_transitions(history: History) -> list[tuple[str, str, tuple[str, ...]]]:
    """List each transition by its ends, and the untested releases in it."""
    return [(transition.before, transition.after, transition.untested) for transition in history.transitions]


# Epochs.


def test_untested_releases_of_a_sampled_target_end_no_epoch() -> None:
    """Check that they belong to none, and that a change says which of them lie inside it."""
    kinds = {"1.0": "a", "1.1": "-", "1.2": "a", "1.3": "-", "1.4": "b", "1.5": "c"}
    sampled = msgspec.structs.replace(ANTHROPIC, is_sampled=True)
    results = {cell(version): KINDS[kind] for version, kind in kinds.items() if kind != UNTESTED}
    history = build_history(sampled, catalogue(*kinds).values(), results, Lane.TODAY, DEFAULT_PYTHON)
    assert [("1.0", "1.2"), ("1.4",), ("1.5",)] == epochs(history)
    assert [("1.2", "1.4", ("1.3",)), ("1.4", "1.5", ())] == list_transitions(history)
    assert ("1.1", "1.3") == history.untested


@pytest.mark.parametrize(
    ("lines", "expected", "transitions"),
    [
        pytest.param([], [], [], id="no release"),
        pytest.param(["1.0 -"], [], [], id="no tested release"),
        pytest.param(["1.0 a"], [("1.0",)], [], id="one release"),
        pytest.param(["1.0 a", "1.1 a", "1.2 a"], [("1.0", "1.1", "1.2")], [], id="equal releases"),
        pytest.param(["1.0 a", "1.1 b"], [("1.0",), ("1.1",)], [("1.0", "1.1", ())], id="two releases that differ"),
        pytest.param(
            ["1.0 a", "1.1 b", "1.2 a"],
            [("1.0",), ("1.1",), ("1.2",)],
            [("1.0", "1.1", ()), ("1.1", "1.2", ())],
            id="a behaviour that comes back",
        ),
        pytest.param(
            ["1.9 a", "1.10 a", "1.2 b"], [("1.2",), ("1.9", "1.10")], [("1.2", "1.9", ())], id="releases by version"
        ),
        pytest.param(
            ["1.0 a", "1.1 -", "1.2 a"],
            [("1.0",), ("1.2",)],
            [("1.0", "1.2", ("1.1",))],
            id="an untested release parts equal ones",
        ),
        pytest.param(
            ["1.0 a", "1.1 -", "1.2 -", "1.3 b"],
            [("1.0",), ("1.3",)],
            [("1.0", "1.3", ("1.1", "1.2"))],
            id="two untested releases",
        ),
        pytest.param(["1.0 -", "1.1 a", "1.2 -"], [("1.1",)], [], id="untested releases at both ends"),
        pytest.param(
            ["1.0 a", "1.1rc1 -", "1.1.dev3 -", "1.1 a"], [("1.0", "1.1")], [], id="untested pre-releases part nothing"
        ),
        pytest.param(
            ["1.0 a", "1.1rc1 b", "1.1 a"],
            [("1.0",), ("1.1rc1",), ("1.1",)],
            [("1.0", "1.1rc1", ()), ("1.1rc1", "1.1", ())],
            id="a tested pre-release counts",
        ),
        pytest.param(
            ["1.0 a", "1.1rc1 a", "1.1 a"], [("1.0", "1.1rc1", "1.1")], [], id="a tested pre-release joins an epoch"
        ),
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
        pytest.param(["1.0 x", "1.1 x"], [("1.0", "1.1")], [], id="releases that can't be played"),
        pytest.param(
            ["1.0 x", "1.1 y"],
            [("1.0",), ("1.1",)],
            [("1.0", "1.1", ())],
            id="releases that can't be played in two ways",
        ),
        pytest.param(
            ["1.0 x", "1.1 a"], [("1.0",), ("1.1",)], [("1.0", "1.1", ())], id="a release that can be played again"
        ),
    ],
)
def test_adjacent_equal_releases_are_an_epoch(
    lines: list[str], expected: list[tuple[str, ...]], transitions: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    """Check the order of versions, and the transitions between tested releases."""
    history = history_of_lines(*lines)
    assert (expected, transitions) == (epochs(history), list_transitions(history))


def test_a_backport_is_ordered_by_its_version() -> None:
    """Check that its later upload does not matter to the ends of an epoch."""
    releases = [release("1.0", 1), release("2.0", 2), release("1.0.1", 3)]
    history = of(releases, {"1.0": "a", "1.0.1": "a", "2.0": "b"})
    assert [("1.0", "1.0.1"), ("2.0",)] == epochs(history)
    assert (dt.date(2024, 1, 1), dt.date(2024, 1, 3)) == (history.epochs[0].since, history.epochs[0].until)


def test_an_epoch_has_the_outcome_of_its_cells() -> None:
    """Check the reason why none can be played."""
    history = history_of_lines("1.0 a", "1.1 x", "1.2 y")
    expected = [Outcome.COMPLETED, Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL]
    assert expected == [epoch.outcome for epoch in history.epochs]


@pytest.mark.parametrize(("versions", "expected"), [(("1.0",), "1.0"), (("1.0", "1.1", "1.2"), "1.0-1.2")])
def test_an_epoch_is_named_by_its_ends(versions: tuple[str, ...], expected: str) -> None:
    """Check an epoch of one release, too."""
    day = dt.date(2024, 1, 1)
    assert expected == str(Epoch(versions=versions, outcome=Outcome.COMPLETED, since=day, until=day))


def test_untested_releases_are_named() -> None:
    """Check that pre-releases are named, too."""
    assert ("0.9", "1.1rc1", "1.1", "1.3") == history_of_lines(
        "0.9 -", "1.0 a", "1.1rc1 -", "1.1 -", "1.2 b", "1.3 -"
    ).untested


def test_other_cells_do_not_matter() -> None:
    """Check another lane, another Python, and an extra."""
    results = {
        cell("1.0"): KINDS["a"],
        cell("1.1"): KINDS["a"],
        cell("1.1", Lane.AS_RELEASED): KINDS["b"],
        Cell("1.1", Lane.TODAY, "3.13"): KINDS["b"],
        cell("1.1", extra="aiohttp"): KINDS["b"],
    }
    history = build_history(ANTHROPIC, catalogue("1.0", "1.1").values(), results, Lane.TODAY, DEFAULT_PYTHON)
    assert [("1.0", "1.1")] == epochs(history)
    assert (Lane.TODAY, DEFAULT_PYTHON) == (history.lane, history.python)


def test_releases_at_which_only_another_client_changes_are_found() -> None:
    """Check that those at which the history changes too are left out, and clients that have no others."""
    versions = ("1.0", "1.1", "1.2")
    kinds = {"": "aab", "bedrock": "abc", "vertex": "aab", "foundry": "aaa"}
    by_client = {
        client: {cell(version): KINDS[kind] for version, kind in zip(versions, of_client, strict=True)}
        for client, of_client in kinds.items()
    }
    releases = catalogue(*versions).values()
    history = build_history(ANTHROPIC, releases, by_client.pop(""), Lane.TODAY, DEFAULT_PYTHON)
    assert {"bedrock": ("1.1",)} == find_changing_releases(releases, by_client, history)


# Transitions.


def test_a_transition_has_the_changes_at_it() -> None:
    """Check the last release of an epoch and the first of the next."""
    (history,) = history_of_lines("1.0 a", "1.1 a", "1.2 c").transitions
    assert ("1.1", "1.2", (Outcome.COMPLETED, Outcome.COMPLETED)) == (history.before, history.after, history.outcomes)
    assert [Severity.SILENCED] == [change.severity for change in history.comparison.changes]


@pytest.mark.parametrize(
    "lines", [("1.0 a", "1.1 x"), ("1.0 x", "1.1 a"), ("1.0 x", "1.1 y"), ("1.0 a", "2.0 -", "3.0 a")]
)
def test_a_transition_without_two_played_releases_has_no_changes(lines: Sequence[str]) -> None:
    """Check an untested release between equal epochs, too."""
    (history,) = history_of_lines(*lines).transitions
    assert ((), ()) == (history.comparison.changes, history.comparison.handled)


def test_a_transition_has_requested_handlers_only() -> None:
    """Check that the others are left out."""
    behaviours = [on(raised(handlers={"one": decision, "other": decision})) for decision in ("retry", "fail")]
    results = {cell(version): result(each) for version, each in zip(("1.0", "1.1"), behaviours, strict=True)}
    history = build_history(ANTHROPIC, catalogue("1.0", "1.1").values(), results, Lane.TODAY, DEFAULT_PYTHON, ["one"])
    assert ["one"] == [change.handler for change in history.transitions[0].comparison.handled]


# Properties of every history.

VERSIONS: Final = st.builds(
    "{}.{}{}".format, st.integers(0, 3), st.integers(0, 11), st.sampled_from(["", "", "", "rc1", ".dev1", ".post1"])
)
LIVES: Final = st.dictionaries(VERSIONS, st.sampled_from(["a", "a", "b", "c", "x", UNTESTED]), max_size=12)
"""Version to result."""


def by_version(versions: Iterable[str]) -> list[str]:
    """Sort versions in the order of PEP 440."""
    return sorted(versions, key=Version)


@given(LIVES)
@RELAXED
def test_every_tested_release_is_in_one_epoch(lives: dict[str, str]) -> None:
    """Check the order of versions, and that the other releases are named."""
    history = of(catalogue(*lives).values(), lives)
    tested = by_version(version for version, kind in lives.items() if kind != UNTESTED)
    assert tested == [version for epoch in history.epochs for version in epoch.versions]
    assert by_version(lives.keys() - set(tested)) == list(history.untested)


@given(LIVES)
@RELAXED
def test_there_is_one_transition_between_two_epochs(lives: dict[str, str]) -> None:
    """Check its ends."""
    history = of(catalogue(*lives).values(), lives)
    expected = [(transition.versions[-1], other.versions[0]) for transition, other in pairwise(history.epochs)]
    assert expected == [(transition.before, transition.after) for transition in history.transitions]


@given(LIVES)
@RELAXED
def test_neighbouring_epochs_differ_or_an_untested_release_parts_them(lives: dict[str, str]) -> None:
    """Check that neither happens within an epoch."""
    history = of(catalogue(*lives).values(), lives)
    for epoch in history.epochs:
        assert 1 == len({lives[version] for version in epoch.versions})
        first, last = Version(epoch.versions[0]), Version(epoch.versions[-1])
        inside = [version for version in lives if first < Version(version) < last]
        assert [] == [epoch for epoch in inside if lives[epoch] == UNTESTED and not Version(epoch).is_prerelease]
    for transition in history.transitions:
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
    """Check the history without them, but for their names."""
    others = {
        version: kind for version, kind in lives.items() if kind != UNTESTED or not Version(version).is_prerelease
    }
    history, other = of(catalogue(*lives).values(), lives), of(catalogue(*others).values(), others)
    assert (epochs(other), list_transitions(other)) == (epochs(history), list_transitions(history))


@given(LIVES, st.randoms())
@RELAXED
def test_the_day_of_upload_does_not_matter(lives: dict[str, str], shuffled: Random) -> None:
    """Check the order of the catalogue, too."""
    releases = list(catalogue(*lives).values())
    days = list(range(1, len(releases) + 1))
    shuffled.shuffle(days)
    other = [release(listed.version, day) for listed, day in zip(releases, days, strict=True)]
    shuffled.shuffle(other)
    assert (epochs(of(releases, lives)), list_transitions(of(releases, lives))) == (
        epochs(of(other, lives)),
        list_transitions(of(other, lives)),
    )


# The committed data.


@pytest.fixture(scope="module", params=list(Lane))
def real(request: pytest.FixtureRequest) -> tuple[History, dict[str, Release], dict[str, Result]]:
    """Make the history of a lane, with all releases, and the results in it."""
    store = Store(DATA, ANTHROPIC)
    releases, by_cell = queries.releases(store), queries.results(store, ANTHROPIC.digest, DEFAULT_PYTHON)
    lane: Lane = request.param
    results = {measured.version: result for measured, result in by_cell.items() if measured.lane is lane}
    return build_history(ANTHROPIC, releases.values(), by_cell, lane, DEFAULT_PYTHON), releases, results


def test_the_committed_history_is_whole(real: tuple[History, dict[str, Release], dict[str, Result]]) -> None:
    """Check that each measured release is in one epoch, and each other one named."""
    history, releases, results = real
    named = [version for epoch in history.epochs for version in epoch.versions]
    assert by_version(results) == named
    assert set(releases) == {*named, *history.untested}
    assert len(history.epochs) - 1 == len(history.transitions)


def test_the_committed_epochs_are_runs_of_one_behaviour(
    real: tuple[History, dict[str, Release], dict[str, Result]],
) -> None:
    """Check by digests that neighbours differ."""
    history, _, results = real
    digests = {version: (each.outcome, digest_of(each.behaviour)) for version, each in results.items()}
    for epoch in history.epochs:
        assert 1 == len({digests[version] for version in epoch.versions})
    for transition in history.transitions:
        assert transition.untested or digests[transition.before] != digests[transition.after]


def test_the_committed_transitions_say_something(real: tuple[History, dict[str, Release], dict[str, Result]]) -> None:
    """Check that each has changes, handlers, outcomes, or unknown calls."""
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


def test_a_committed_behaviour_does_not_differ_from_a_copy(
    real: tuple[History, dict[str, Release], dict[str, Result]],
) -> None:
    """Check the newest release against one that is read from bytes."""
    newest = real[2][real[0].epochs[-1].versions[-1]].behaviour
    again: Behaviour = {call: msgspec.structs.replace(observation) for call, observation in newest.items()}
    impossible = sum(observation.outcome in NO_CALL for observation in newest.values())
    assert Comparison(compared=len(newest), impossible=impossible) == compare(ANTHROPIC, newest, again)
