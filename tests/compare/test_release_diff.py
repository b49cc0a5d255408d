"""Two cells side by side: what they are made of, whether anybody is worse off, and what was found in real releases."""

from typing import Any, Final

import pytest

from matrix.compare.diff import Change, Comparison
from matrix.compare.facets import WORSE, Severity
from matrix.compare.release_diff import Difference, compare_releases
from matrix.errors import UsageError
from matrix.model import Cell, Lane
from matrix.observation import Behaviour, Call, Outcome, Result
from matrix.releases.selection import DEFAULT_PYTHON
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.behaviours import (
    CUT,
    HANGS,
    LACKS,
    MAIN,
    MID,
    catalogue,
    cell,
    completed,
    error,
    lock,
    not_played,
    on,
    raised,
    result,
)
from tests.support.paths import DATA

RELEASES: Final = catalogue("1.0", "1.1rc1", "1.1", "1.2", "2.0")
SEEN: Final = on(raised(handlers={"one": "retry", "other": "retry"}))


def between(one: Result, other: Result, *handlers: str) -> Difference:
    """What is different between two results, of 1.0 and of 2.0."""
    return compare_releases(
        ANTHROPIC, RELEASES, {cell("1.0"): one, cell("2.0"): other}, cell("1.0"), cell("2.0"), handlers
    )


def played(before: Behaviour, after: Behaviour, *handlers: str) -> Difference:
    """What is different between two behaviours."""
    return between(result(before), result(after), *handlers)


# What they are made of.


def test_both_sides_are_told() -> None:
    """Which release in which lane, when it was uploaded, how it went, and what was installed."""
    cells = cell("1.0", Lane.AS_RELEASED), cell("1.1")
    results = {
        cells[0]: result(SEEN, lock=lock(httpx="0.27.0", h11="0.14.0")),
        cells[1]: not_played(reason="builtins.ImportError: why"),
    }
    found = compare_releases(ANTHROPIC, RELEASES, results, *cells)
    sides = [
        (side.version, side.lane, side.uploaded, side.outcome, side.reason) for side in (found.before, found.after)
    ]
    assert [
        ("1.0", Lane.AS_RELEASED, RELEASES["1.0"].uploaded, Outcome.COMPLETED, ""),
        ("1.1", Lane.TODAY, RELEASES["1.1"].uploaded, Outcome.CANNOT_IMPORT, "builtins.ImportError: why"),
    ] == sides
    assert {"httpx": "0.27.0", "h11": "0.14.0"} == found.before.lock
    assert DEFAULT_PYTHON == found.python


def test_dependencies_that_differ_are_told() -> None:
    """Those that come and go too; the SDK itself is not one."""
    before = result(SEEN, lock=lock(anyio="4.0", httpx="0.27.0", idna="3"))
    after = result(SEEN, lock=lock(anyio="4.0", httpx="0.28.1", truststore="1"))
    expected = {"httpx": ("0.27.0", "0.28.1"), "idna": ("3", ""), "truststore": ("", "1")}
    found = between(before, after).dependencies
    assert (expected, sorted(expected)) == (found, list(found))


def test_of_what_could_not_be_locked_no_dependency_is_told() -> None:
    """Nobody knows what it would have been installed with, which is not nothing."""
    unlocked = result({}, outcome=Outcome.CANNOT_INSTALL, reason="Because there is no wheel", lock=None)
    assert [{}, {}] == [between(*sides).dependencies for sides in ((result(SEEN), unlocked), (unlocked, result(SEEN)))]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("1.0", "1.1rc1", 0), ("1.0", "1.1", 1), ("1.0", "2.0", 3), ("2.0", "1.0", 3), ("1.1", "1.1", 0)],
)
def test_releases_between(one: str, other: str, expected: int) -> None:
    """By version, pre-releases among them, whichever way one goes."""
    results = {cell(version): result(SEEN) for version in RELEASES}
    assert expected == compare_releases(ANTHROPIC, RELEASES, results, cell(one), cell(other)).between


def test_one_release_in_two_lanes() -> None:
    """What its dependencies have done to it."""
    cells = cell("1.0", Lane.AS_RELEASED), cell("1.0")
    found = compare_releases(ANTHROPIC, RELEASES, {cells[0]: result(SEEN), cells[1]: result(on(LACKS))}, *cells)
    assert ["the call is no longer possible"] == [change.what for change in found.comparison.changes]
    assert (0, True) == (found.between, found.is_worse)


@pytest.mark.parametrize("missing", ["1.0", "2.0"])
def test_a_cell_that_was_not_measured_is_named(missing: str) -> None:
    """With the command that measures it."""
    results = {cell(version): result(SEEN) for version in RELEASES if version != missing}
    with pytest.raises(UsageError, match=f"^{missing} today Python 3.11 has not been measured") as caught:
        compare_releases(ANTHROPIC, RELEASES, results, cell("1.0"), cell("2.0"))
    assert f"`matrix run --versions {missing} " in caught.value.hint.replace("`.", " ")


# Whether anybody is worse off.

CRASHING: Final = on(raised(handlers={"one": "crashed: AttributeError", "other": "retry"}))


@pytest.mark.parametrize(
    ("before", "after", "handlers", "worse"),
    [
        pytest.param(SEEN, SEEN, (), False, id="nothing changes"),
        pytest.param(SEEN, on(completed("Hello")), (), True, id="an error is silenced"),
        pytest.param(on(completed("Hello")), SEEN, (), False, id="a failure is heard"),
        pytest.param(SEEN, on(raised(error(text="other"))), (), False, id="a message differs"),
        pytest.param(SEEN, CRASHING, ("one",), True, id="for a handler that crashes"),
        pytest.param(SEEN, CRASHING, ("other",), False, id="for one that decides as before"),
        pytest.param(SEEN, CRASHING, ("other", "one"), True, id="for one of two"),
        pytest.param(CRASHING, SEEN, ("one",), False, id="for one that crashed"),
        pytest.param(
            SEEN,
            on(LACKS),
            ("one",),
            True,
            id="for whoever made a call that goes",
        ),
        pytest.param(
            SEEN,
            on(HANGS),
            ("one",),
            True,
            id="for whoever made a call that hangs",
        ),
        pytest.param(on(LACKS), SEEN, ("one",), False, id="for whoever had no call to make"),
    ],
)
def test_whether_it_is_worse(before: Behaviour, after: Behaviour, handlers: tuple[str, ...], worse: bool) -> None:
    """For anybody, or for the handlers that were asked about."""
    assert worse is played(before, after, *handlers).is_worse


@pytest.mark.parametrize(
    ("one", "other", "is_played", "worse"),
    [
        pytest.param(result(SEEN), result(SEEN), True, False, id="both"),
        pytest.param(result(SEEN), not_played(), False, True, id="not any more"),
        pytest.param(not_played(), result(SEEN), False, False, id="now"),
        pytest.param(not_played(), not_played(Outcome.CANNOT_INSTALL), False, False, id="neither"),
    ],
)
@pytest.mark.parametrize("handlers", [(), ("one",)])
def test_what_could_not_be_played(
    one: Result, other: Result, is_played: bool, worse: bool, handlers: tuple[str, ...]
) -> None:
    """There is nothing to compare, and yet it is worse for everybody if it can't be played any more."""
    found = between(one, other, *handlers)
    assert (is_played, worse) == (found.is_played, found.is_worse)
    assert is_played or Comparison() == found.comparison


def test_narrowed_to_handlers() -> None:
    """What they do not feel is left out; they are named."""
    before = on(raised(handlers={"one": "fail"}), MID) | on(raised(handlers={"one": "retry"}), CUT)
    after = on(raised(requests=2, handlers={"one": "retry"}), MID)
    after |= on(raised(requests=2, handlers={"one": "retry"}), CUT)
    found = played(before, after, "one")
    assert [[Call(MAIN, MID)]] == [[moved.call for moved in change.moved] for change in found.comparison.changes]
    assert ("one",) == found.handlers


# What was found in real releases.


@pytest.fixture(scope="module")
def store() -> Store:
    """The data of record."""
    return Store(DATA, ANTHROPIC)


def real(store: Store, before: str, after: str, *handlers: str) -> Difference:
    """What is different between two real releases, named `VERSION` or `VERSION:LANE`."""
    cells = [Cell(version, Lane(lane or Lane.TODAY), DEFAULT_PYTHON) for version, _, lane in _parts(before, after)]
    results = queries.results(store, ANTHROPIC.digest, DEFAULT_PYTHON, {one.version for one in cells})
    return compare_releases(ANTHROPIC, queries.releases(store), results, cells[0], cells[1], handlers)


def _parts(*named: str) -> list[tuple[str, str, str]]:
    return [one.partition(":") for one in named]


def saying(found: Difference, what: str) -> Change:
    """The change that says this."""
    (change,) = [change for change in found.comparison.changes if change.what == what]
    return change


REAL: Final = [
    pytest.param(
        ("0.86.0", "0.87.0"), Severity.GAINED, "error.type appears", (MAIN, MID), ("absent", "overloaded_error"),
        id="error.type",
    ),
    pytest.param(
        ("0.87.0", "0.86.0"), Severity.LOST, "error.type is gone", (MAIN, MID), ("overloaded_error", "absent"),
        id="error.type, on the way back",
    ),
    pytest.param(
        ("0.39.0:today", "0.40.0:today"), Severity.GAINED, "the call is possible now", (MAIN, MID), None,
        id="calls with the dependencies of today",
    ),
    pytest.param(
        ("0.39.0:as-released", "0.39.0:today"), Severity.GONE, "the call is no longer possible", (MAIN, MID), None,
        id="what its dependencies did to a release",
    ),
    pytest.param(
        ("0.46.0", "0.47.0"), Severity.UNCAUGHT, "the error is no longer caught as anthropic.InternalServerError",
        (MAIN, "http-overloaded_error"), ("anthropic.InternalServerError", "anthropic.OverloadedError"),
        id="InternalServerError",
    ),
    pytest.param(
        ("0.125.0", "1.0.0"), Severity.UNCAUGHT, "the error is no longer caught as httpx.HTTPError or a subclass of it",
        (MAIN, "reset"), ("httpx.ReadError", "httpx2.ReadError"),
        id="httpx.HTTPError",
    ),
    pytest.param(
        ("0.125.0", "1.0.0"), Severity.GONE, "the call is no longer possible",
        ("completions.create", MID), None,
        id="completions",
    ),
]  # fmt: skip
"""What anybody can look up, and what it is for a caller."""


@pytest.mark.parametrize(("releases", "severity", "what", "call", "values"), REAL)
def test_what_was_found(
    store: Store,
    releases: tuple[str, str],
    severity: Severity,
    what: str,
    call: tuple[str, str],
    values: tuple[str, str] | None,
) -> None:
    """Between real releases, with its evidence."""
    change = saying(real(store, *releases), what)
    moved = {one.call: (one.before, one.after) for one in change.moved}[Call(*call)]
    assert (severity, values or moved) == (change.severity, moved)


WHOLE: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("0.86.0", "0.87.0"): {"worse": False, "facets": {"type"}, "between": 0},
    ("0.39.0", "0.40.0"): {"worse": False, "facets": {"outcome"}, "between": 0},
    ("0.46.0", "0.47.0"): {"worse": True, "facets": {"class", "events"}, "between": 0},
    ("0.125.0", "1.0.0"): {"worse": True, "facets": {"outcome", "class", "causes"}, "between": 0},
    ("0.87.0", "0.87.0"): {"worse": False, "facets": set(), "between": 0},
}


@pytest.mark.parametrize(("releases", "expected"), WHOLE.items(), ids=[" to ".join(pair) for pair in WHOLE])
def test_what_was_found_is_all(store: Store, releases: tuple[str, str], expected: dict[str, Any]) -> None:
    """Whether it can break code that worked, and which facets are others."""
    found = real(store, *releases)
    facets = {change.facet for change in found.comparison.changes}
    assert expected == {"worse": found.is_worse, "facets": facets, "between": found.between}


def test_nobody_has_to_fear_error_type(store: Store) -> None:
    """0.87.0 breaks no way of catching, and mends the one that reads the type."""
    found = real(store, "0.86.0", "0.87.0")
    assert ({"type-attr"}, False) == (
        {one.handler for one in found.comparison.handled},
        any(one.is_worse for one in found.comparison.handled),
    )


def test_who_retries_by_class_misses_an_overload(store: Store) -> None:
    """0.47.0 has a class for it that is no InternalServerError."""
    found = real(store, "0.46.0", "0.47.0", "class-5xx-429")
    assert [("right", "missed")] == [(one.before, one.after) for one in found.comparison.handled]
    assert {"class"} == {change.facet for change in found.comparison.changes if change.severity in WORSE}


@pytest.mark.parametrize("handler", ["any-exception", "status-429-529"])
def test_no_way_of_catching_helps_where_no_call_can_be_made(store: Store, handler: str) -> None:
    """0.39.0 with the dependencies of today."""
    assert real(store, "0.39.0:as-released", "0.39.0:today", handler).is_worse
