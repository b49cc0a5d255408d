"""The difference between two cells: their dependencies, whether callers are worse off, and known differences."""

from typing import Any, Final

import pytest

from matrix.compare.diff import Change, Comparison
from matrix.compare.facets import WORSE, Severity
from matrix.compare.release_diff import Difference, compare_releases
from matrix.errors import UsageError
from matrix.model import DEFAULT_PYTHON, Cell, Lane
from matrix.observation import Behaviour, Call, Outcome, Result
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


def between(result: Result, other: Result, *handlers: str) -> Difference:
    """Compare two results, of 1.0 and of 2.0."""
    return compare_releases(
        ANTHROPIC, RELEASES, {cell("1.0"): result, cell("2.0"): other}, cell("1.0"), cell("2.0"), handlers
    )


def played(before: Behaviour, after: Behaviour, *handlers: str) -> Difference:
    """Compare two behaviours."""
    return between(result(before), result(after), *handlers)


# Releases and dependencies.


def test_both_sides_are_described() -> None:
    """Check release, lane, upload, outcome and lock."""
    cells = cell("1.0", Lane.AS_RELEASED), cell("1.1")
    results = {
        cells[0]: result(SEEN, lock=lock(httpx="0.27.0", h11="0.14.0")),
        cells[1]: not_played(reason="builtins.ImportError: why"),
    }
    difference = compare_releases(ANTHROPIC, RELEASES, results, *cells)
    sides = [
        (side.version, side.lane, side.uploaded, side.outcome, side.reason)
        for side in (difference.before, difference.after)
    ]
    assert [
        ("1.0", Lane.AS_RELEASED, RELEASES["1.0"].uploaded, Outcome.COMPLETED, ""),
        ("1.1", Lane.TODAY, RELEASES["1.1"].uploaded, Outcome.CANNOT_IMPORT, "builtins.ImportError: why"),
    ] == sides
    assert {"httpx": "0.27.0", "h11": "0.14.0"} == difference.before.lock
    assert DEFAULT_PYTHON == difference.python


def test_dependencies_that_differ_are_listed() -> None:
    """Check those that appear and go; the SDK itself is left out."""
    before = result(SEEN, lock=lock(anyio="4.0", httpx="0.27.0", idna="3"))
    after = result(SEEN, lock=lock(anyio="4.0", httpx="0.28.1", truststore="1"))
    expected = {"httpx": ("0.27.0", "0.28.1"), "idna": ("3", ""), "truststore": ("", "1")}
    difference = between(before, after).dependencies
    assert (expected, sorted(expected)) == (difference, list(difference))


def test_a_cell_without_a_lock_has_no_dependencies() -> None:
    """Check that no dependency counts as gone."""
    unlocked = result({}, outcome=Outcome.CANNOT_INSTALL, reason="Because there is no wheel", lock=None)
    assert [{}, {}] == [between(*sides).dependencies for sides in ((result(SEEN), unlocked), (unlocked, result(SEEN)))]


@pytest.mark.parametrize(
    ("release", "other", "expected"),
    [("1.0", "1.1rc1", 0), ("1.0", "1.1", 1), ("1.0", "2.0", 3), ("2.0", "1.0", 3), ("1.1", "1.1", 0)],
)
def test_the_distance_counts_releases_by_version(release: str, other: str, expected: int) -> None:
    """Check pre-releases, and both directions."""
    results = {cell(version): result(SEEN) for version in RELEASES}
    assert expected == compare_releases(ANTHROPIC, RELEASES, results, cell(release), cell(other)).between


def test_one_release_is_compared_in_two_lanes() -> None:
    """Check that its dependencies differ."""
    cells = cell("1.0", Lane.AS_RELEASED), cell("1.0")
    difference = compare_releases(ANTHROPIC, RELEASES, {cells[0]: result(SEEN), cells[1]: result(on(LACKS))}, *cells)
    assert ["the call is no longer possible"] == [change.what for change in difference.comparison.changes]
    assert (0, True) == (difference.between, difference.is_worse)


@pytest.mark.parametrize("missing", ["1.0", "2.0"])
def test_a_cell_that_was_not_measured_is_named(missing: str) -> None:
    """Check the command that measures it."""
    results = {cell(version): result(SEEN) for version in RELEASES if version != missing}
    with pytest.raises(UsageError, match=f"^{missing} today Python 3.11 has not been measured") as caught:
        compare_releases(ANTHROPIC, RELEASES, results, cell("1.0"), cell("2.0"))
    assert f"`matrix run --versions {missing} " in caught.value.hint.replace("`.", " ")


# Whether callers are worse off.

CRASHING: Final = on(raised(handlers={"one": "crashed: AttributeError", "other": "retry"}))


@pytest.mark.parametrize(
    ("before", "after", "handlers", "worse"),
    [
        pytest.param(SEEN, SEEN, (), False, id="nothing changes"),
        pytest.param(SEEN, on(completed("Hello")), (), True, id="an error is silenced"),
        pytest.param(on(completed("Hello")), SEEN, (), False, id="a failure is heard"),
        pytest.param(SEEN, on(raised(error(text="other"))), (), False, id="a message differs"),
        pytest.param(SEEN, CRASHING, ("one",), True, id="a handler that crashes"),
        pytest.param(SEEN, CRASHING, ("other",), False, id="a handler that decides as before"),
        pytest.param(SEEN, CRASHING, ("other", "one"), True, id="one of two handlers crashes"),
        pytest.param(CRASHING, SEEN, ("one",), False, id="a handler that crashed before"),
        pytest.param(
            SEEN,
            on(LACKS),
            ("one",),
            True,
            id="the call is gone for a handler",
        ),
        pytest.param(
            SEEN,
            on(HANGS),
            ("one",),
            True,
            id="the call hangs for a handler",
        ),
        pytest.param(on(LACKS), SEEN, ("one",), False, id="a handler had no call before"),
    ],
)
def test_a_difference_is_worse_for_any_caller_or_for_given_handlers(
    before: Behaviour, after: Behaviour, handlers: tuple[str, ...], worse: bool
) -> None:
    """Check each kind of change."""
    assert worse is played(before, after, *handlers).is_worse


@pytest.mark.parametrize(
    ("before_result", "other", "is_played", "worse"),
    [
        pytest.param(result(SEEN), result(SEEN), True, False, id="both can be played"),
        pytest.param(result(SEEN), not_played(), False, True, id="the later one can't be played"),
        pytest.param(not_played(), result(SEEN), False, False, id="the earlier one can't be played"),
        pytest.param(not_played(), not_played(Outcome.CANNOT_INSTALL), False, False, id="neither can be played"),
    ],
)
@pytest.mark.parametrize("handlers", [(), ("one",)])
def test_a_release_that_can_not_be_played_is_not_compared(
    before_result: Result, other: Result, is_played: bool, worse: bool, handlers: tuple[str, ...]
) -> None:
    """Check that it is worse for everybody if it can't be played any more."""
    difference = between(before_result, other, *handlers)
    assert (is_played, worse) == (difference.is_played, difference.is_worse)
    assert is_played or Comparison() == difference.comparison


def test_a_difference_is_narrowed_to_handlers() -> None:
    """Check that their names are kept."""
    before = on(raised(handlers={"one": "fail"}), MID) | on(raised(handlers={"one": "retry"}), CUT)
    after = on(raised(requests=2, handlers={"one": "retry"}), MID)
    after |= on(raised(requests=2, handlers={"one": "retry"}), CUT)
    difference = played(before, after, "one")
    assert [[Call(MAIN, MID)]] == [[moved.call for moved in change.moved] for change in difference.comparison.changes]
    assert ("one",) == difference.handlers


# Differences between real releases.


@pytest.fixture(scope="module")
def store() -> Store:
    """Open the committed data."""
    return Store(DATA, ANTHROPIC)


def real(store: Store, before: str, after: str, *handlers: str) -> Difference:
    """Compare two real releases, named `VERSION` or `VERSION:LANE`."""
    cells = [Cell(version, Lane(lane or Lane.TODAY), DEFAULT_PYTHON) for version, _, lane in _parts(before, after)]
    results = queries.results(store, ANTHROPIC.digest, DEFAULT_PYTHON, {name.version for name in cells})
    return compare_releases(ANTHROPIC, queries.releases(store), results, cells[0], cells[1], handlers)


def _parts(*named: str) -> list[tuple[str, str, str]]:
    return [name.partition(":") for name in named]


def find_change(difference: Difference, sentence: str) -> Change:
    """Find the change with this sentence."""
    (change,) = [change for change in difference.comparison.changes if change.what == sentence]
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
        id="one release with newer dependencies",
    ),
    pytest.param(
        ("0.46.0", "0.47.0"), Severity.UNCAUGHT, "the error is no longer caught as anthropic.InternalServerError",
        (MAIN, "http-overloaded_error"), ("anthropic.InternalServerError", "anthropic._exceptions.OverloadedError"),
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
"""Differences that anybody can look up, and their severity."""


@pytest.mark.parametrize(("releases", "severity", "sentence", "call", "values"), REAL)
def test_a_known_difference_is_found(
    store: Store,
    releases: tuple[str, str],
    severity: Severity,
    sentence: str,
    call: tuple[str, str],
    values: tuple[str, str] | None,
) -> None:
    """Check its evidence."""
    change = find_change(real(store, *releases), sentence)
    moved = {facet_change.call: (facet_change.before, facet_change.after) for facet_change in change.moved}[Call(*call)]
    assert (severity, values or moved) == (change.severity, moved)


WHOLE: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("0.86.0", "0.87.0"): {"worse": False, "facets": {"type"}, "between": 0},
    ("0.39.0", "0.40.0"): {"worse": False, "facets": {"outcome"}, "between": 0},
    ("0.46.0", "0.47.0"): {"worse": True, "facets": {"class", "events"}, "between": 0},
    ("0.125.0", "1.0.0"): {"worse": True, "facets": {"outcome", "class", "causes"}, "between": 0},
    ("0.87.0", "0.87.0"): {"worse": False, "facets": set(), "between": 0},
}


@pytest.mark.parametrize(("releases", "expected"), WHOLE.items(), ids=[" to ".join(pair) for pair in WHOLE])
def test_known_differences_are_complete(store: Store, releases: tuple[str, str], expected: dict[str, Any]) -> None:
    """Check whether they can break working code, and which facets change."""
    difference = real(store, *releases)
    facets = {change.facet for change in difference.comparison.changes}
    assert expected == {"worse": difference.is_worse, "facets": facets, "between": difference.between}


def test_the_type_of_errors_breaks_no_handler(store: Store) -> None:
    """Check that 0.87.0 mends the handler that reads the type."""
    difference = real(store, "0.86.0", "0.87.0")
    assert ({"type-attr"}, False) == (
        {change.handler for change in difference.comparison.handled},
        any(change.is_worse for change in difference.comparison.handled),
    )


def test_a_handler_that_retries_by_class_misses_an_overload(store: Store) -> None:
    """Check 0.47.0, whose new class is no InternalServerError."""
    difference = real(store, "0.46.0", "0.47.0", "class-5xx-429")
    changes = [(change.before, change.after) for change in difference.comparison.handled]
    assert [("right", "missed"), ("needless", "right")] == changes  # the latter where the server forbids a retry
    assert {"class"} == {change.facet for change in difference.comparison.changes if change.severity in WORSE}


@pytest.mark.parametrize("handler", ["any-exception", "status-429-529"])
def test_no_handler_helps_where_no_call_can_be_made(store: Store, handler: str) -> None:
    """Check 0.39.0 with the dependencies of today."""
    assert real(store, "0.39.0:as-released", "0.39.0:today", handler).is_worse
