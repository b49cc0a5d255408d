"""Which releases and cells are meant, and which of them want measuring."""

import datetime as dt
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.errors import UsageError
from matrix.model import Cell, Distribution, Lane, Release
from matrix.releases.selection import DEFAULT_PYTHON, cells, latest, missing, select, with_extras
from matrix.targets import ANTHROPIC

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
"""No example is held to a time: the machine may be busy with a sweep."""


def release(version: str, *, requires_python: str | None = None, yanked: str | None = None) -> Release:
    """A release of this version."""
    return Release(
        version=version,
        uploaded=dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        requires_python=requires_python,
        yanked=yanked,
        wheels=(Distribution(filename=f"anthropic-{version}-py3-none-any.whl"),),
    )


def catalogue(*releases: Release | str) -> dict[str, Release]:
    """Releases by version, in the order in which they are given."""
    found = [release(each) if isinstance(each, str) else each for each in releases]
    return {each.version: each for each in found}


def names(releases: Iterable[Release]) -> list[str]:
    """The versions, in order."""
    return [each.version for each in releases]


CATALOGUE = catalogue(
    "0.10.0",  # not in order, and not in the order of text
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
    ("wanted", "expected"),
    [
        pytest.param(None, ["0.2.2", "0.9.0", "0.10.0", "1.0.0", "1.1.0", "1.2.0", "2.0.0"], id="all but pre-releases"),
        pytest.param("1.0.0", ["1.0.0"], id="one"),
        pytest.param("1.0.0,0.9.0", ["0.9.0", "1.0.0"], id="a list, oldest first"),
        pytest.param(" 1.0.0 , 0.9.0 ,", ["0.9.0", "1.0.0"], id="a list with spaces and a comma too many"),
        pytest.param("1.0.0,1.0.0,1.0", ["1.0.0"], id="one named three times"),
        pytest.param("1.0", ["1.0.0"], id="one spelt otherwise"),
        pytest.param("v1.0.0", ["1.0.0"], id="one spelt as a tag"),
        pytest.param("1.0.0-alpha.1", ["1.0.0a1"], id="a pre-release by name"),
        pytest.param("1.1.0", ["1.1.0"], id="a yanked one by name"),
        pytest.param("latest", ["1.0.0"], id="latest"),
        pytest.param("latest,0.9.0", ["0.9.0", "1.0.0"], id="latest in a list"),
        pytest.param("latest,1.0.0", ["1.0.0"], id="latest, and the same by name"),
        pytest.param(">=0.9,<1", ["0.9.0", "0.10.0"], id="a specifier"),
        pytest.param(" >= 0.9 , < 1 ", ["0.9.0", "0.10.0"], id="a specifier with spaces"),
        pytest.param("~=0.9", ["0.9.0", "0.10.0"], id="a compatible-release specifier"),
        pytest.param("==1.0.0", ["1.0.0"], id="an exact specifier"),
        pytest.param("==0.*", ["0.2.2", "0.9.0", "0.10.0"], id="a prefix specifier"),
        pytest.param("!=0.9.0,<1", ["0.2.2", "0.10.0"], id="an excluding specifier"),
        pytest.param(">1.0.0,<2", ["1.1.0", "1.2.0"], id="yanked ones are in a specifier"),
        pytest.param("<=1.0.0a1,>=0.10.0", ["0.10.0", "1.0.0a1"], id="a specifier that names a pre-release"),
        pytest.param("==2.1.0rc1", ["2.1.0rc1"], id="a specifier that names nothing else"),
    ],
)
def test_a_selection_is(wanted: str | None, expected: list[str]) -> None:
    """Oldest version first, whatever the order of the catalogue."""
    assert expected == names(select(CATALOGUE, wanted))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(">=0.10,<1.1", ["0.10.0", "1.0.0"]), (">=2", ["2.0.0"])],
)
def test_a_specifier_that_names_no_pre_release_selects_none(wanted: str, expected: list[str]) -> None:
    """They are kept and marked, and measured only by those who ask for them."""
    assert expected == names(select(CATALOGUE, wanted))


@pytest.mark.parametrize(
    ("wanted", "message", "hint"),
    [
        pytest.param("0.9.5", "Release 0.9.5 is not recorded.", "Did you mean 0.9.0", id="a version that is close"),
        pytest.param(
            "77", "Release 77 is not recorded.", "Run `matrix refresh` to fetch new releases.", id="a version far off"
        ),
        pytest.param("1.0.0,0.9.1", "Release 0.9.1 is not recorded.", "Did you mean 0.9.0", id="one of a list"),
        pytest.param("newest", "'newest' is no version.", "separated by commas", id="a word"),
        pytest.param("1.0.0;0.9.0", "'1.0.0;0.9.0' is no version.", "separated by commas", id="another separator"),
        pytest.param("1.0.0 0.9.0", "'1.0.0 0.9.0' is no version.", "separated by commas", id="no separator"),
        pytest.param(">=banana", "'>=banana' is no version specifier.", "PEP 440", id="a specifier of a word"),
        pytest.param("=>1.0", "'=>1.0' is no version specifier.", "PEP 440", id="a specifier the wrong way round"),
        pytest.param("1.0.0,>=2", "'1.0.0,>=2' is no version specifier.", "PEP 440", id="a list and a specifier"),
        pytest.param("latest,<2", "'latest,<2' is no version specifier.", "PEP 440", id="latest and a specifier"),
        pytest.param(">=3", "No release matches '>=3'.", "matrix list releases", id="a specifier of nothing"),
        pytest.param(
            "<1,>1", "No release matches '<1,>1'.", "matrix list releases", id="a specifier of nothing at all"
        ),
    ],
)
def test_a_selection_that_means_nothing_says_so_with_a_hint(wanted: str, message: str, hint: str) -> None:
    """What happened, and what to try."""
    with pytest.raises(UsageError) as failure:
        select(CATALOGUE, wanted)
    assert message == str(failure.value)
    assert hint in failure.value.hint


@pytest.mark.parametrize("wanted", ["", " ", ",", " , ,"])
def test_a_selection_of_nothing_means_nothing(wanted: str) -> None:
    """An unset variable in somebody's script is not a wish to measure nothing."""
    with pytest.raises(UsageError):
        select(CATALOGUE, wanted)


@pytest.mark.parametrize("wanted", [None, "latest", "1.0.0", ">=1"])
def test_an_empty_catalogue_wants_filling(wanted: str | None) -> None:
    """The first thing that a newcomer without data meets."""
    with pytest.raises(UsageError, match=r"^No release is recorded\.$") as failure:
        select({}, wanted)
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
@given(listed=st.sets(versions, min_size=1, max_size=12), wanted=specifiers)
def test_a_specifier_selects_what_packaging_filters(listed: set[str], wanted: str) -> None:
    """With pre-releases exactly if the specifier names one; PEP 440 is not ours to interpret."""
    specifier = SpecifierSet(wanted)
    among = sorted(map(Version, listed))
    expected = [str(each) for each in specifier.filter(among, prereleases=bool(specifier.prereleases))]
    try:
        found = names(select(catalogue(*listed), wanted))
    except UsageError:
        found = []
    assert expected == found


@RELAXED
@given(listed=st.sets(versions, min_size=1, max_size=12), wanted=specifiers)
def test_a_specifier_selects_what_packaging_filters_among_final_releases(listed: set[str], wanted: str) -> None:
    """The same where there are no pre-releases."""
    finals = [version for version in listed if not Version(version).is_prerelease]
    expected = [str(each) for each in SpecifierSet(wanted).filter(sorted(map(Version, finals)))]
    try:
        found = names(select(catalogue(*finals), wanted))
    except UsageError:
        found = []
    assert expected == found


@RELAXED
@given(listed=st.sets(versions, min_size=1, max_size=12), data=st.data())
def test_a_list_selects_exactly_what_it_names_in_order(listed: set[str], data: st.DataObject) -> None:
    """Whatever order it is written in, and pre-releases too."""
    wanted = data.draw(st.lists(st.sampled_from(sorted(listed)), min_size=1))
    assert sorted(set(wanted), key=Version) == names(select(catalogue(*listed), ",".join(wanted)))


@RELAXED
@given(listed=st.sets(versions, min_size=1, max_size=12))
def test_without_a_wish_everything_final_is_selected_in_order(listed: set[str]) -> None:
    """The default of a run."""
    expected = sorted((each for each in listed if not Version(each).is_prerelease), key=Version)
    assert expected == names(select(catalogue(*listed), None))


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
def test_the_latest_release_for_a_python_is(releases: dict[str, Release], python: str, expected: str) -> None:
    """The newest that is neither a pre-release nor yanked and says that it runs there."""
    assert expected == latest(releases, python).version


def test_the_latest_release_is_for_the_default_python() -> None:
    """Unless another one is named."""
    assert latest(CATALOGUE, DEFAULT_PYTHON) == latest(CATALOGUE)


@pytest.mark.parametrize(
    "releases",
    [
        pytest.param({}, id="nothing"),
        pytest.param(catalogue("1.0.0a1"), id="a pre-release"),
        pytest.param(catalogue(release("1.0.0", yanked="broken")), id="a yanked one"),
        pytest.param(catalogue(release("1.0.0", requires_python=">=3.12")), id="one for another Python"),
    ],
)
def test_without_a_release_for_a_python_there_is_no_latest(releases: dict[str, Release]) -> None:
    """And the failure names that Python."""
    with pytest.raises(UsageError, match=r"^No recorded release runs on Python 3\.11\.$"):
        latest(releases, "3.11")


def test_a_release_whose_requires_python_means_nothing_is_not_the_latest() -> None:
    """Indexes hold such things as `>=3.8.*`, which PEP 440 no longer allows."""
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
def test_cells_are_in_this_order(lanes: list[Lane], pythons: list[str], expected: list[Cell]) -> None:
    """What people ask for is measured first."""
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
    """No more and no less."""
    expected = {Cell(version, lane, python) for version in listed for lane in lanes for python in pythons}
    found = cells([release(version) for version in listed], lanes, pythons)
    assert (len(expected), expected) == (len(found), set(found))


ONE, TWO, THREE = (Cell(version, Lane.TODAY, "3.11") for version in ("1", "2", "3"))


@pytest.mark.parametrize(
    ("measured_with", "expected"),
    [
        pytest.param({}, [THREE, ONE, TWO], id="nothing is known"),
        pytest.param({ONE: "new"}, [THREE, TWO], id="one is known"),
        pytest.param({ONE: "old", TWO: "new"}, [THREE, ONE], id="one is known of another suite"),
        pytest.param({ONE: "new", TWO: "new", THREE: "new"}, [], id="all are known"),
        pytest.param({Cell("1", Lane.AS_RELEASED, "3.11"): "new"}, [THREE, ONE, TWO], id="known in another lane"),
        pytest.param({Cell("1", Lane.TODAY, "3.12"): "new"}, [THREE, ONE, TWO], id="known on another Python"),
        pytest.param({Cell("1", Lane.TODAY, "3.11", "x"): "new"}, [THREE, ONE, TWO], id="known with an extra"),
    ],
)
def test_what_is_missing_is_what_is_not_known_with_this_suite(
    measured_with: dict[Cell, str], expected: list[Cell]
) -> None:
    """Results of different suites never mix; the order stays."""
    assert expected == missing([THREE, ONE, TWO], measured_with, "new")


# Cells with an extra.


@pytest.mark.parametrize(
    ("cell", "said", "requirement"),
    [
        (ONE, "1 today Python 3.11", "anthropic==1"),
        (
            Cell("1.0rc1", Lane.AS_RELEASED, "3.12", "aiohttp"),
            "1.0rc1 as-released Python 3.12 with aiohttp",
            "anthropic[aiohttp]==1.0rc1",
        ),
    ],
)
def test_a_cell_says_what_it_is_and_what_it_installs(cell: Cell, said: str, requirement: str) -> None:
    """For people, and for the resolver."""
    assert (said, requirement) == (str(cell), ANTHROPIC.requirement(cell))


def test_a_cell_with_an_extra_is_another_cell() -> None:
    """And stands behind the one without."""
    with_it = Cell("1", Lane.TODAY, "3.11", "aiohttp")
    assert ONE != with_it
    assert [ONE, with_it] == sorted([with_it, ONE])


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        pytest.param({}, [], id="nothing is known"),
        pytest.param({TWO: ("a",)}, [Cell("2", Lane.TODAY, "3.11", "a")], id="one offers one"),
        pytest.param(
            {ONE: ("a",), THREE: ("a", "b")},
            [Cell(version, Lane.TODAY, "3.11", extra) for version, extra in (("3", "a"), ("3", "b"), ("1", "a"))],
            id="in the order of the cells, and of the extras",
        ),
        pytest.param({TWO: ()}, [], id="one offers none"),
        pytest.param(
            {Cell("2", Lane.AS_RELEASED, "3.11"): ("a",)}, [], id="one that is not asked for, of another lane"
        ),
    ],
)
def test_cells_with_an_extra_stand_behind_those_without(
    offered: dict[Cell, tuple[str, ...]], expected: list[Cell]
) -> None:
    """As far as it is known which releases offer which."""
    assert [THREE, ONE, TWO, *expected] == with_extras([THREE, ONE, TWO], offered)


def test_of_no_cells_none_has_an_extra() -> None:
    """Whatever is known of others."""
    assert [] == with_extras([], {ONE: ("a",)})
