"""The selection of releases and cells, and the cells that still need a measurement."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.errors import UsageError
from matrix.model import DEFAULT_PYTHON, Cell, DatedBy, Lane, Release, runtime_title
from matrix.releases.selection import admits, cells, latest, missing, newest_version, select, with_extras
from matrix.targets import ANTHROPIC
from tests.support.behaviours import release

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
"""Examples have no deadline: the machine may be busy with a sweep."""


def catalogue(*releases: Release | str) -> dict[str, Release]:
    """Make releases by version, in the given order."""
    releases_listed = [release(each) if isinstance(each, str) else each for each in releases]
    return {each.version: each for each in releases_listed}


def names(releases: Iterable[Release]) -> list[str]:
    """List the versions in order."""
    return [each.version for each in releases]


CATALOGUE = catalogue(
    "0.10.0",  # neither in the order of versions nor in the order of text
    "0.9.0",
    release("0.2.2", requires_python=">=3.8"),
    "1.0.0a1",
    "1.0.0",
    release("1.1.0", yanked="broken"),
    release("1.2.0", yanked=""),
    release("2.0.0", requires_python=">=3.12"),
    "2.1.0.dev3",
    "2.1.0rc1",
)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param(None, ["0.2.2", "0.9.0", "0.10.0", "1.0.0", "1.1.0", "1.2.0", "2.0.0"], id="all but pre-releases"),
        pytest.param("1.0.0", ["1.0.0"], id="one version"),
        pytest.param("1.0.0,0.9.0", ["0.9.0", "1.0.0"], id="a list, oldest first"),
        pytest.param(" 1.0.0 , 0.9.0 ,", ["0.9.0", "1.0.0"], id="a list with spaces and an extra comma"),
        pytest.param("1.0.0,1.0.0,1.0", ["1.0.0"], id="one version named three times"),
        pytest.param("1.0", ["1.0.0"], id="another spelling of a version"),
        pytest.param("v1.0.0", ["1.0.0"], id="a version spelt as a tag"),
        pytest.param("1.0.0-alpha.1", ["1.0.0a1"], id="a pre-release by name"),
        pytest.param("1.1.0", ["1.1.0"], id="a yanked release by name"),
        pytest.param("latest", ["1.0.0"], id="latest"),
        pytest.param("latest,0.9.0", ["0.9.0", "1.0.0"], id="latest in a list"),
        pytest.param("latest,1.0.0", ["1.0.0"], id="latest, and the same by name"),
        pytest.param(">=0.9,<1", ["0.9.0", "0.10.0"], id="a specifier"),
        pytest.param(" >= 0.9 , < 1 ", ["0.9.0", "0.10.0"], id="a specifier with spaces"),
        pytest.param("~=0.9", ["0.9.0", "0.10.0"], id="a compatible-release specifier"),
        pytest.param("==1.0.0", ["1.0.0"], id="an exact specifier"),
        pytest.param("==0.*", ["0.2.2", "0.9.0", "0.10.0"], id="a prefix specifier"),
        pytest.param("!=0.9.0,<1", ["0.2.2", "0.10.0"], id="an excluding specifier"),
        pytest.param(">1.0.0,<2", ["1.1.0", "1.2.0"], id="a specifier includes yanked releases"),
        pytest.param("<=1.0.0a1,>=0.10.0", ["0.10.0", "1.0.0a1"], id="a specifier that names a pre-release"),
        pytest.param("==2.1.0rc1", ["2.1.0rc1"], id="a specifier that names only a pre-release"),
        pytest.param(">=0.10,<1.1", ["0.10.0", "1.0.0"], id="a specifier that names no pre-release"),
        pytest.param(">=2", ["2.0.0"], id="a specifier without an upper bound that names no pre-release"),
    ],
)
def test_a_selection_has_the_releases_that_it_names(selection: str | None, expected: list[str]) -> None:
    """The oldest version is first, whatever the order of the catalogue; pre-releases are selected only by name."""
    assert expected == names(select(CATALOGUE, selection))


@pytest.mark.parametrize(
    ("selection", "message", "hint"),
    [
        pytest.param("0.9.5", "Release 0.9.5 is not recorded.", "Did you mean 0.9.0", id="a version that is close"),
        pytest.param(
            "77", "Release 77 is not recorded.", "Run `matrix refresh` to fetch new releases.", id="a version far off"
        ),
        pytest.param(
            "1.0.0,0.9.1", "Release 0.9.1 is not recorded.", "Did you mean 0.9.0", id="an unknown version in a list"
        ),
        pytest.param("newest", "'newest' is not a version.", "several as 0.28.1,1.0.0", id="a word"),
        pytest.param(
            "1.0.0;0.9.0", "'1.0.0;0.9.0' is not a version.", "several as 0.28.1,1.0.0", id="another separator"
        ),
        pytest.param("1.0.0 0.9.0", "'1.0.0 0.9.0' is not a version.", "several as 0.28.1,1.0.0", id="no separator"),
        pytest.param(">=banana", "'>=banana' is not a version specifier.", "PEP 440", id="a specifier of a word"),
        pytest.param("=>1.0", "'=>1.0' is not a version specifier.", "PEP 440", id="a specifier the wrong way round"),
        pytest.param("1.0.0,>=2", "'1.0.0,>=2' is not a version specifier.", "PEP 440", id="a list and a specifier"),
        pytest.param("latest,<2", "'latest,<2' is not a version specifier.", "PEP 440", id="latest and a specifier"),
        pytest.param(">=3", "No release matches '>=3'.", "matrix list releases", id="a specifier of nothing"),
        pytest.param(
            "<1,>1", "No release matches '<1,>1'.", "matrix list releases", id="a specifier of nothing at all"
        ),
    ],
)
def test_an_invalid_selection_is_a_usage_error_with_a_hint(selection: str, message: str, hint: str) -> None:
    """The message says what is wrong, and the hint what to do."""
    with pytest.raises(UsageError) as failure:
        select(CATALOGUE, selection)
    assert message == str(failure.value)
    assert hint in failure.value.hint


@pytest.mark.parametrize("selection", ["", " ", ",", " , ,"])
def test_an_empty_selection_is_a_usage_error(selection: str) -> None:
    """An unset variable in a script does not ask for an empty run."""
    with pytest.raises(UsageError):
        select(CATALOGUE, selection)


@pytest.mark.parametrize("selection", [None, "latest", "1.0.0", ">=1"])
def test_the_hint_for_an_empty_catalogue_is_to_refresh(selection: str | None) -> None:
    """A new user without data sees this failure first."""
    with pytest.raises(UsageError, match=r"^No release is recorded\.$") as failure:
        select({}, selection)
    assert failure.value.hint == "Run `matrix refresh` to fetch the releases."


versions = st.builds(
    "{}.{}.{}{}".format,
    st.integers(0, 3),
    st.integers(0, 12),
    st.integers(0, 3),
    st.sampled_from(["", "", "", "a1", "rc2", ".dev1", ".post1"]),
)
clauses = st.builds("{}{}".format, st.sampled_from([">=", "<=", ">", "<", "==", "!=", "~="]), versions)
specifiers = st.lists(clauses, min_size=1, max_size=3).map(",".join)


@RELAXED
@given(listed=st.sets(versions, min_size=1, max_size=12), selection=specifiers)
def test_a_specifier_selects_the_versions_that_packaging_selects(listed: set[str], selection: str) -> None:
    """Pre-releases are selected only if the specifier names one, as packaging interprets PEP 440."""
    specifier = SpecifierSet(selection)
    among = sorted(map(Version, listed))
    expected = [str(each) for each in specifier.filter(among, prereleases=bool(specifier.prereleases))]
    try:
        selected = names(select(catalogue(*listed), selection))
    except UsageError:
        selected = []
    assert expected == selected


@RELAXED
@given(listed=st.sets(versions, min_size=1, max_size=12), selection=specifiers)
def test_a_specifier_selects_final_releases_as_packaging_does(listed: set[str], selection: str) -> None:
    """The catalogue has no pre-releases here."""
    finals = [version for version in listed if not Version(version).is_prerelease]
    expected = [str(each) for each in SpecifierSet(selection).filter(sorted(map(Version, finals)))]
    try:
        selected = names(select(catalogue(*finals), selection))
    except UsageError:
        selected = []
    assert expected == selected


@RELAXED
@given(listed=st.sets(versions, min_size=1, max_size=12), data=st.data())
def test_a_list_selects_exactly_its_versions_in_order(listed: set[str], data: st.DataObject) -> None:
    """The order of the list makes no difference, and a list may name pre-releases."""
    selection = data.draw(st.lists(st.sampled_from(sorted(listed)), min_size=1))
    assert sorted(set(selection), key=Version) == names(select(catalogue(*listed), ",".join(selection)))


@RELAXED
@given(listed=st.sets(versions, min_size=1, max_size=12))
def test_the_default_selection_is_every_final_release_in_order(listed: set[str]) -> None:
    """A run without a selection measures these."""
    expected = sorted((each for each in listed if not Version(each).is_prerelease), key=Version)
    assert expected == names(select(catalogue(*listed), None))


def test_a_release_without_an_exact_upload_time_has_no_lane_as_released() -> None:
    """Check releases that a change log or an archive dates."""
    releases = [msgspec.structs.replace(release(f"1.{number}"), dated_by=by) for number, by in enumerate(DatedBy)]
    found = [(cell.version, cell.lane) for cell in cells(releases, list(Lane), ["node-24"])]
    today = [(each.version, Lane.TODAY) for each in reversed(releases)]
    assert sorted([*today, ("1.0", Lane.AS_RELEASED)]) == sorted(found)


@pytest.mark.parametrize(
    ("wanted", "runtime", "expected"),
    [
        (">=18", "node-24", True),
        (">=25", "node-24", False),
        (None, "node-24", True),
        (">=3.9", "3.11", True),
        (">=3.12", "3.11", False),
    ],
)
def test_a_release_admits_a_runtime_by_its_own_range(wanted: str | None, runtime: str, expected: bool) -> None:
    """Check ranges of Node and of Python."""
    assert expected == admits(msgspec.structs.replace(release("1.0"), requires_python=wanted), runtime)


@pytest.mark.parametrize(("runtime", "expected"), [("3.11", "Python 3.11"), ("node-24", "Node 24")])
def test_a_runtime_has_a_title(runtime: str, expected: str) -> None:
    """Check a Python and a Node, as in the text of a cell."""
    assert expected == runtime_title(runtime)
    assert f"1.0 today {expected}" == str(Cell("1.0", Lane.TODAY, runtime))


@pytest.mark.parametrize(
    ("releases", "python", "expected"),
    [
        pytest.param(CATALOGUE, "3.11", "1.0.0", id="the newest needs a newer Python, the next are yanked"),
        pytest.param(CATALOGUE, "3.12", "2.0.0", id="the newest"),
        pytest.param(catalogue("0.9.0", "0.10.0"), "3.11", "0.10.0", id="by version, not by text"),
        pytest.param(catalogue("1.0.0", "1.1.0rc1", "1.1.0.dev1"), "3.11", "1.0.0", id="no pre-release"),
        pytest.param(catalogue("1.0.0", "1.0.0.post1"), "3.11", "1.0.0.post1", id="a post-release"),
        pytest.param(catalogue("1.0.0", release("1.1.0", yanked="")), "3.11", "1.0.0", id="yanked without a reason"),
        pytest.param(
            catalogue(release("1.0.0", requires_python=">=3.7,<4.0"), release("1.1.0", requires_python="<3.11")),
            "3.11",
            "1.0.0",
            id="an upper bound",
        ),
        pytest.param(
            catalogue("1.0.0", release("1.1.0", requires_python=">=3.9")), "3.10", "1.1.0", id="3.10 is after 3.9"
        ),
    ],
)
def test_the_latest_release_runs_on_the_given_python(releases: dict[str, Release], python: str, expected: str) -> None:
    """It is the newest release that is neither a pre-release nor yanked and that states support of this Python."""
    assert expected == latest(releases, python).version


def test_the_latest_release_is_for_the_default_python() -> None:
    """A caller may name another Python."""
    assert latest(CATALOGUE, DEFAULT_PYTHON) == latest(CATALOGUE)


def test_the_name_latest_means_the_newest_release_for_the_runtime() -> None:
    """Check a package of npm: no range of Node admits a version of Python."""
    listed = catalogue(release("1.0.0"), release("2.0.0", requires_python=">=18"))
    for runtime, expected in {"node-24": "2.0.0", DEFAULT_PYTHON: "1.0.0"}.items():
        assert [expected] == names(select(listed, "latest", runtime))
        assert expected == newest_version(listed, runtime)


@pytest.mark.parametrize(
    "releases",
    [
        pytest.param({}, id="no release"),
        pytest.param(catalogue("1.0.0a1"), id="a pre-release"),
        pytest.param(catalogue(release("1.0.0", yanked="broken")), id="a yanked release"),
        pytest.param(catalogue(release("1.0.0", requires_python=">=3.12")), id="a release for another Python"),
    ],
)
def test_a_python_without_a_release_is_a_usage_error(releases: dict[str, Release]) -> None:
    """The message names the Python."""
    with pytest.raises(UsageError, match=r"^No recorded release runs on Python 3\.11\.$"):
        latest(releases, "3.11")


def test_a_release_with_an_invalid_requires_python_is_not_the_latest() -> None:
    """Some releases state `>=3.8.*`, which PEP 440 no longer allows."""
    listed = catalogue("1.0.0", release("1.1.0", requires_python=">=3.8.*"))
    assert latest(listed, "3.11").version == "1.0.0"


OLD, NEW = release("1.0.0"), release("2.0.0")


@pytest.mark.parametrize(
    ("lanes", "pythons", "expected"),
    [
        pytest.param(
            [Lane.TODAY, Lane.AS_RELEASED],
            ["3.11"],
            [
                Cell("2.0.0", Lane.AS_RELEASED, "3.11"),
                Cell("2.0.0", Lane.TODAY, "3.11"),
                Cell("1.0.0", Lane.AS_RELEASED, "3.11"),
                Cell("1.0.0", Lane.TODAY, "3.11"),
            ],
            id="the newest release first, its lanes together",
        ),
        pytest.param(
            [Lane.TODAY],
            ["3.12", "3.11"],
            [
                Cell("2.0.0", Lane.TODAY, "3.12"),
                Cell("1.0.0", Lane.TODAY, "3.12"),
                Cell("2.0.0", Lane.TODAY, "3.11"),
                Cell("1.0.0", Lane.TODAY, "3.11"),
            ],
            id="one Python after the other, as they were given",
        ),
        pytest.param([], ["3.11"], [], id="no lane"),
        pytest.param([Lane.TODAY], [], [], id="no Python"),
    ],
)
def test_cells_are_ordered_by_python_release_and_lane(
    lanes: list[Lane], pythons: list[str], expected: list[Cell]
) -> None:
    """The newest releases, which users ask for most, are measured first."""
    assert expected == cells([OLD, NEW], lanes, pythons)


@RELAXED
@given(
    listed=st.sets(versions, max_size=8),
    lanes=st.sets(st.sampled_from(Lane)),
    pythons=st.lists(st.sampled_from(["3.9", "3.10", "3.11", "3.12"]), unique=True),
)
def test_every_release_has_one_cell_for_each_lane_and_python(
    listed: set[str], lanes: set[Lane], pythons: list[str]
) -> None:
    """There is no other cell."""
    expected = {Cell(version, lane, python) for version in listed for lane in lanes for python in pythons}
    selected = cells([release(version) for version in listed], lanes, pythons)
    assert (len(expected), expected) == (len(selected), set(selected))


ONE, TWO, THREE = (Cell(version, Lane.TODAY, "3.11") for version in ("1", "2", "3"))


@pytest.mark.parametrize(
    ("measured_with", "expected"),
    [
        pytest.param({}, [THREE, ONE, TWO], id="no cell is known"),
        pytest.param({ONE: "new"}, [THREE, TWO], id="one cell is known"),
        pytest.param({ONE: "old", TWO: "new"}, [THREE, ONE], id="one cell is known with another suite"),
        pytest.param({ONE: "new", TWO: "new", THREE: "new"}, [], id="all cells are known"),
        pytest.param(
            {Cell("1", Lane.AS_RELEASED, "3.11"): "new"}, [THREE, ONE, TWO], id="one cell is known in another lane"
        ),
        pytest.param(
            {Cell("1", Lane.TODAY, "3.12"): "new"}, [THREE, ONE, TWO], id="one cell is known on another Python"
        ),
        pytest.param(
            {Cell("1", Lane.TODAY, "3.11", "x"): "new"}, [THREE, ONE, TWO], id="one cell is known with an extra"
        ),
    ],
)
def test_the_missing_cells_are_those_without_a_result_of_this_suite(
    measured_with: dict[Cell, str], expected: list[Cell]
) -> None:
    """Results of different suites never mix; the order of cells is unchanged."""
    assert expected == missing([THREE, ONE, TWO], measured_with, "new")


# Cells with an extra


@pytest.mark.parametrize(
    ("cell", "text", "requirement"),
    [
        (ONE, "1 today Python 3.11", "anthropic==1"),
        (
            Cell("1.0rc1", Lane.AS_RELEASED, "3.12", "aiohttp"),
            "1.0rc1 as-released Python 3.12 with aiohttp",
            "anthropic[aiohttp]==1.0rc1",
        ),
    ],
)
def test_a_cell_has_a_text_and_a_requirement(cell: Cell, text: str, requirement: str) -> None:
    """The text is for people, the requirement for the resolver."""
    assert (text, requirement) == (str(cell), ANTHROPIC.requirement(cell))


def test_a_cell_with_an_extra_differs_from_the_plain_cell() -> None:
    """It follows the plain cell in order."""
    with_extra = Cell("1", Lane.TODAY, "3.11", "aiohttp")
    assert ONE != with_extra
    assert [ONE, with_extra] == sorted([with_extra, ONE])


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        pytest.param({}, [], id="no extra is known"),
        pytest.param({TWO: ("a",)}, [Cell("2", Lane.TODAY, "3.11", "a")], id="one release offers one extra"),
        pytest.param(
            {ONE: ("a",), THREE: ("a", "b")},
            [Cell(version, Lane.TODAY, "3.11", extra) for version, extra in (("3", "a"), ("3", "b"), ("1", "a"))],
            id="in the order of the cells, and of the extras",
        ),
        pytest.param({TWO: ()}, [], id="one release offers no extra"),
        pytest.param({Cell("2", Lane.AS_RELEASED, "3.11"): ("a",)}, [], id="a release offers an extra in another lane"),
    ],
)
def test_cells_with_an_extra_follow_the_plain_cells(offered: dict[Cell, tuple[str, ...]], expected: list[Cell]) -> None:
    """A release has such cells as far as its extras are known."""
    assert [THREE, ONE, TWO, *expected] == with_extras([THREE, ONE, TWO], offered)


def test_no_plain_cells_give_no_cells_with_an_extra() -> None:
    """The extras of other cells make no difference."""
    assert [] == with_extras([], {ONE: ("a",)})
