"""What a requirement comes to: a pin by its release, a range by what would be installed today and by all it allows."""

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.advice.ranges import allowed_releases, exact_version, installed_today, oldest_python
from matrix.advice.requirements import check, judge_entry, requirement_line
from matrix.findings.model import Exit, Finding, Level, Place, Problem, State, Subject
from matrix.findings.rules import (
    CANNOT_BE_USED,
    CRASHES,
    CUT,
    HANGS,
    LOCK,
    MISSES,
    OPEN_ENDED,
    RULES,
    SILENT,
    STATUS,
    UNKNOWN,
    UNNAMED,
    YANKED,
)
from matrix.manifests import Manifest, ManifestEntry
from matrix.model import Lane
from matrix.observation import Outcome
from matrix.releases.selection import DEFAULT_PYTHON, admits
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.knowing import (
    DOCUMENTED,
    HANGING,
    NAMELESS,
    NO_CLIENT,
    NOW,
    RELAXED,
    THEN,
    TYPED,
    MeasuredRelease,
    entry,
    histories,
    knowledge,
    released,
    specifiers,
    versions,
)
from tests.support.paths import DATA

ERROR, WARNING, NOTE = Level.ERROR, Level.WARNING, Level.NOTE
FINE, FINDING, IS_UNKNOWN = State.FINE, State.FINDING, State.UNKNOWN

HISTORY: Final = (
    released("0.3.0", NO_CLIENT, own=NAMELESS, requires_python=">=3.7"),
    released("0.4.0", NAMELESS),
    released("1.0.0", NAMELESS, yanked="leaks"),
    released("1.1.0", HANGING),
    released("1.2.0"),
    released("1.3.0rc1"),
    released("2.0.0", DOCUMENTED, requires_python=">=3.12"),
    released("2.1.0", None),
)
"""From one that can't be used to one of which nothing is known."""

KNOWN: Final = knowledge(*HISTORY)


def judge(specifier: str, python: str = "", catching: Collection[str] = (), **facets: Any) -> Subject:
    """What a requirement comes to."""
    return judge_entry(KNOWN, entry(specifier, **facets), python, catching)


def brief(subject: Subject) -> list[tuple[str, Level]]:
    """Rule and level of each finding."""
    return [(finding.rule, finding.level) for finding in subject.findings]


def only(subject: Subject, rule: str) -> Finding:
    """The one finding under a rule."""
    (finding,) = [finding for finding in subject.findings if finding.rule == rule]
    return finding


# A pin.


@pytest.mark.parametrize(
    ("specifier", "state", "release", "expected"),
    [
        pytest.param("==1.2.0", FINE, "1.2.0", [(STATUS, NOTE), (CUT, NOTE)], id="of one that names its errors"),
        pytest.param("==1.2", FINE, "1.2.0", [(STATUS, NOTE), (CUT, NOTE)], id="spelt otherwise"),
        pytest.param("===1.2.0", FINE, "1.2.0", [(STATUS, NOTE), (CUT, NOTE)], id="by its letters"),
        pytest.param(">=1,==1.2.0", FINE, "1.2.0", [(STATUS, NOTE), (CUT, NOTE)], id="beside a bound"),
        pytest.param("==2.0.0", FINE, "2.0.0", [], id="of one that does what is documented"),
        pytest.param("==0.4.0", FINDING, "0.4.0", [(UNNAMED, WARNING), (CUT, NOTE)], id="of one that does not"),
        pytest.param("==0.3.0", FINDING, "0.3.0", [(CANNOT_BE_USED, ERROR)], id="of one that can't be used"),
        pytest.param(
            "==1.1.0", FINDING, "1.1.0", [(HANGS, ERROR), (STATUS, NOTE), (CUT, NOTE)], id="of one that hangs"
        ),
        pytest.param(
            "==1.0.0", FINDING, "1.0.0", [(UNNAMED, WARNING), (YANKED, WARNING), (CUT, NOTE)], id="of a yanked one"
        ),
        pytest.param("==1.3.0rc1", FINE, "1.3.0rc1", [(STATUS, NOTE), (CUT, NOTE)], id="of a pre-release"),
        pytest.param("==2.1.0", IS_UNKNOWN, "2.1.0", [(UNKNOWN, WARNING)], id="of one that was not measured"),
        pytest.param("==2.2.0", IS_UNKNOWN, "", [(UNKNOWN, WARNING)], id="of one that is not known at all"),
        pytest.param("==1.2.0+ours", IS_UNKNOWN, "", [(UNKNOWN, WARNING)], id="of a build of somebody's own"),
        pytest.param("===one", IS_UNKNOWN, "", [(UNKNOWN, WARNING)], id="of something that is no version"),
        pytest.param("==1.2.0,<1", FINDING, "", [(CANNOT_BE_USED, ERROR)], id="that contradicts itself"),
    ],
)
def test_a_pin(specifier: str, state: State, release: str, expected: list[tuple[str, Level]]) -> None:
    """Is judged by the release that it names, and by nothing else."""
    found = judge(specifier)
    assert (state, release, expected) == (found.state, found.release, brief(found))


def test_a_pin_is_told_in_whole_sentences() -> None:
    """Each begins with the release."""
    found = judge("==0.4.0")
    assert ("anthropic==0.4.0", "0.4.0, uploaded 2026-01-01") == (found.text, found.about)
    assert only(found, UNNAMED).message.startswith("On 0.4.0, an overloaded error inside a stream appears as 200 APIS")
    assert "Pin 1.1.0 or later (Python >=3.8), where `error.type` names the error." == only(found, UNNAMED).instead


def test_a_pin_of_what_can_be_used_with_older_dependencies_says_with_which() -> None:
    """That mends it without another release."""
    found = only(judge("==0.3.0"), CANNOT_BE_USED)
    assert (
        "On 0.3.0, the SDK can't be used with today's dependencies: no client can be made: TypeError, got 'proxies'.",
        1,
    ) == (
        found.message,
        len(re.findall(r"==", found.instead)),
    )


@pytest.mark.parametrize(
    ("specifier", "message"),
    [
        ("==2.2.0", "This release is not one of the 8 known releases (newest: 2.1.0, data of 2026-06-01)."),
        ("==2.1.0", "Not measured: 2.1.0."),
        (">2.1", "The requirement allows none of the 8 known releases (newest: 2.1.0, data of 2026-06-01)."),
    ],
)
def test_what_is_unknown_says_how_much_is_known_and_what_to_run(specifier: str, message: str) -> None:
    """Unknown is not safe, and can be measured."""
    found = only(judge(specifier), UNKNOWN)
    assert message == found.message
    assert "`matrix run --versions " in found.instead


@pytest.mark.parametrize(
    ("catching", "expected"),
    [
        (["by-type"], [(CRASHES, ERROR), (UNNAMED, NOTE)]),
        (["by-class"], [(CRASHES, ERROR), (SILENT, ERROR), (UNNAMED, NOTE)]),
        (["remedy"], [(UNNAMED, NOTE)]),
    ],
)
def test_a_pin_is_judged_by_how_errors_are_caught(catching: list[str], expected: list[tuple[str, Level]]) -> None:
    """Worst first."""
    assert expected == brief(judge("==0.4.0", catching=catching))


def test_several_ways_of_catching_are_judged_each() -> None:
    """Whichever of them is in use, a program may have several."""
    together = judge("==1.2.0", catching=["by-type", "always"])
    apart = {finding for handler in ("by-type", "always") for finding in judge("==1.2.0", catching=[handler]).findings}
    assert apart == set(together.findings)


def test_with_the_remedy_nothing_is_worse_than_a_note() -> None:
    """It is the best that there is to write."""
    found = judge("==1.2.0", catching=["remedy"])
    assert (FINE, {NOTE}) == (found.state, {finding.level for finding in found.findings})


# A file that locks the dependencies too.


@pytest.mark.parametrize(
    ("locked", "expected"),
    [
        pytest.param({}, CANNOT_BE_USED, id="locks nothing"),
        pytest.param(NOW, CANNOT_BE_USED, id="locks today's"),
        pytest.param(THEN, UNNAMED, id="locks those of the day"),
        pytest.param({**THEN, "idna": "3.10"}, UNNAMED, id="all but one that carries no stream"),
        pytest.param({**THEN, "anyio": "4.9.0"}, UNNAMED, id="all but one that does"),
        pytest.param({**NOW, "anyio": "4.4.0"}, CANNOT_BE_USED, id="today's but for one"),
        pytest.param({"httpx": "0.27.0"}, UNNAMED, id="only one of them, of the day"),
        pytest.param({"httpx": "0.28.1"}, CANNOT_BE_USED, id="only one of them, of today"),
        pytest.param({"idna": "3.7"}, UNNAMED, id="none that carries a stream, but another one of the day"),
        pytest.param({"django": "5"}, CANNOT_BE_USED, id="nothing that was measured"),
    ],
)
def test_a_lock_is_judged_by_the_nearest_dependencies(locked: dict[str, str], expected: str) -> None:
    """Of those with which it was measured: today's and its own day's."""
    assert expected == judge("==0.3.0", locked=locked).findings[0].rule


@RELAXED
@given(
    now=st.dictionaries(st.sampled_from(["httpx", "h11", "anyio"]), st.sampled_from("123"), min_size=1),
    then=st.dictionaries(st.sampled_from(["httpx", "h11", "anyio"]), st.sampled_from("123"), min_size=1),
)
def test_a_lock_that_was_measured_is_judged_by_that_measurement(now: dict[str, str], then: dict[str, str]) -> None:
    """Whichever lane it is; if both, by today's."""
    known = knowledge(released("1.0.0", NO_CLIENT, own=TYPED, now=now, then=then))
    expected = [CANNOT_BE_USED, CANNOT_BE_USED if now == then else STATUS]
    assert expected == [judge_entry(known, entry("==1.0.0", locked=one)).findings[0].rule for one in (now, then)]


def test_a_lock_is_not_near_to_what_could_not_be_resolved() -> None:
    """Nothing was installed then, which is no dependency in common."""
    one = released("1.0.0", Outcome.CANNOT_INSTALL, own=TYPED, now={})
    found = judge_entry(knowledge(one), entry("==1.0.0", locked={**THEN, "anyio": "4.5.0"}))
    assert [STATUS, CUT, LOCK] == [finding.rule for finding in found.findings]


@pytest.mark.parametrize(
    ("locked", "message"),
    [
        pytest.param(NOW, "", id="none"),
        pytest.param({"httpx": "0.28.1"}, "", id="none of those that are locked"),
        pytest.param({**NOW, "idna": "2"}, "", id="one that carries no stream"),
        pytest.param(
            {**NOW, "h11": "0.15.0"}, "The measurement used h11 0.16.0 (locked here: 0.15.0).", id="one that does"
        ),
        pytest.param(
            {**NOW, "h11": "0.15.0", "httpx": "0.28.0"},
            "The measurement used httpx 0.28.1 (locked here: 0.28.0), h11 0.16.0 (locked here: 0.15.0).",
            id="two that do",
        ),
    ],
)
def test_dependencies_that_differ_from_what_was_measured_are_said(locked: dict[str, str], message: str) -> None:
    """As far as they carry a stream."""
    found = judge("==1.2.0", locked=locked)
    assert ([(LOCK, NOTE, message)] if message else []) == [
        (each.rule, each.level, each.message) for each in found.findings if each.rule == LOCK
    ]


def test_it_is_a_warning_where_it_may_decide_whether_the_release_can_be_used() -> None:
    """Measured with one set it works, with the other it does not, and what is locked is neither."""
    found = judge("==0.3.0", locked={**THEN, "httpx": "0.28.0"}, catching=["remedy"])
    assert (FINDING, WARNING) == (found.state, only(found, LOCK).level)


# A range.


@pytest.mark.parametrize(
    ("specifier", "python", "state", "release", "about", "expected"),
    [
        pytest.param(
            ">=1.1,<1.3",
            "",
            FINDING,
            "1.2.0",
            "allows 2 releases, 1.1.0-1.2.0; 1.2.0 would be installed today; the worst is 1.1.0",
            [(HANGS, WARNING), (STATUS, NOTE), (CUT, NOTE)],
            id="that would have a good one installed, and allows a bad one",
        ),
        pytest.param(
            ">=1.2,<2",
            "",
            FINE,
            "1.2.0",
            "allows 1 release, 1.2.0; 1.2.0 would be installed today",
            [(STATUS, NOTE), (CUT, NOTE)],
            id="of one",
        ),
        pytest.param(
            "<=1.1,!=1.0.0,!=0.4.0",
            "",
            FINDING,
            "1.1.0",
            "allows 2 releases, 0.3.0-1.1.0; 1.1.0 would be installed today",
            [(HANGS, ERROR), (CANNOT_BE_USED, WARNING), (STATUS, NOTE), (CUT, NOTE)],
            id="that would have a bad one installed",
        ),
        pytest.param(
            ">=1.2",
            "",
            IS_UNKNOWN,
            "2.1.0",
            "allows 3 releases, 1.2.0-2.1.0; 2.1.0 would be installed today",
            [(UNKNOWN, WARNING), (STATUS, NOTE), (CUT, NOTE), (OPEN_ENDED, NOTE)],
            id="without an end, of which the newest is unknown",
        ),
        pytest.param(
            ">=1.2,<2.1",
            ">=3.12",
            FINE,
            "2.0.0",
            "allows 2 releases, 1.2.0-2.0.0; 2.0.0 would be installed today",
            [(STATUS, NOTE), (CUT, NOTE)],
            id="for a new Python",
        ),
        pytest.param(
            ">=1.2,<2.1",
            ">=3.8",
            FINE,
            "1.2.0",
            "allows 2 releases, 1.2.0-2.0.0; 1.2.0 would be installed today",
            [(STATUS, NOTE), (CUT, NOTE)],
            id="for an old Python",
        ),
        pytest.param(
            "~=1.3rc1",
            "",
            FINE,
            "1.3.0rc1",
            "allows 1 release, 1.3.0rc1; 1.3.0rc1 would be installed today",
            [(STATUS, NOTE), (CUT, NOTE)],
            id="that names a pre-release",
        ),
        pytest.param("==1.2.*", "", FINE, "1.2.0", "", [(STATUS, NOTE), (CUT, NOTE)], id="of a series"),
        pytest.param("<0.2", "", IS_UNKNOWN, "", "unknown, not safe", [(UNKNOWN, WARNING)], id="of nothing known"),
    ],
)
def test_a_range(
    specifier: str, python: str, state: State, release: str, about: str, expected: list[tuple[str, Level]]
) -> None:
    """Is judged by what would be installed today; what is so of others that it allows is a warning at most."""
    found = judge(specifier, python)
    # On which Python may be said too.
    said = re.sub(r" \(?(?:on|for) Python \S+\)?", "", found.about)
    assert (state, release, about or said, expected) == (found.state, found.release, said, brief(found))


def test_a_range_that_no_release_fits_says_so() -> None:
    """There is nothing to install for this Python, which is an error."""
    found = judge(">=2,<2.1", ">=3.8")
    assert ("", State.FINDING) == (found.release, found.state)
    assert found.about.endswith("; none of them supports Python 3.8")
    assert (CANNOT_BE_USED, ERROR) == brief(found)[0]


def test_an_installer_passes_over_what_was_yanked() -> None:
    """So a range that includes such a release is not worse for it."""
    found = judge(">=0.4,<1.1", catching=["remedy"])
    assert (FINE, "0.4.0", []) == (found.state, found.release, [one for one in found.findings if one.rule == YANKED])


@pytest.mark.parametrize(
    ("specifier", "rule", "end"),
    [
        (">=1.1,<1.3", STATUS, "This, or nearly this, applies to all 2 allowed releases."),
        (
            ">=1.1,<1.3",
            HANGS,
            "This applies to 1 of the 2 allowed releases (1.1.0), but not to 1.2.0, which would be installed today.",
        ),
        ("<=1.1,!=1.0.0,!=0.4.0", HANGS, "This applies to 1 of the 2 allowed releases: 1.1.0."),
        (">=1.2,<2", STATUS, "type overloaded_error."),
    ],
    ids=["all", "another one", "the one that would be installed", "the only one"],
)
def test_a_finding_of_a_range_says_of_how_many_it_is_true(specifier: str, rule: str, end: str) -> None:
    """And whether of the one that would be installed."""
    assert only(judge(specifier), rule).message.endswith(end)


def test_a_range_is_told_on_which_python_it_was_resolved() -> None:
    """A library is for many, and on a newer one a newer release would be installed."""
    assert judge(">=1.2,<2.1", ">=3.8").about.endswith("1.2.0 would be installed today on Python 3.8")


@pytest.mark.parametrize(
    ("specifier", "rule", "instead"),
    [
        (">=1.1,<1.3", HANGS, "Require `>=1.2.0` to exclude these releases."),
        ("!=0.4.0,<1.3", CANNOT_BE_USED, "Require `>=1.2.0` to exclude these releases."),
        (">=0.4,<1.3", UNNAMED, "Pin 1.1.0 or later (Python >=3.8), where `error.type` names the error."),
        ("<=1.1,!=1.0.0,!=0.4.0", HANGS, ""),
    ],
    ids=["old ones", "old ones that can't be used", "old ones, with something to do", "the one that is installed"],
)
def test_what_is_so_of_older_releases_only_is_mended_by_a_higher_floor(specifier: str, rule: str, instead: str) -> None:
    """That is what whoever wrote the range can do."""
    assert instead == only(judge(specifier), rule).instead


def test_a_higher_floor_mends_nothing_that_is_newer() -> None:
    """On an old Python the newest are not installed, though they are allowed."""
    new: dict[str, Any] = {"requires_python": ">=3.12"}
    known = knowledge(released("1.0.0"), released("1.1.0", HANGING, **new), released("1.2.0", **new))
    assert "" == only(judge_entry(known, entry("<2"), ">=3.8"), HANGS).instead


def test_several_that_are_the_worst_are_told_together() -> None:
    """One of them would say too little."""
    known = knowledge(released("1.0.0", HANGING), released("1.1.0", HANGING), released("1.2.0"))
    assert judge_entry(known, entry("<2")).about.endswith("; the worst are 1.0.0-1.1.0")


def test_nothing_is_denied_of_a_release_of_which_nothing_is_known() -> None:
    """That a fact is not known of what would be installed does not mean that it is not so."""
    assert "not to 2.1.0" not in only(judge(">=1.2"), STATUS).message


@pytest.mark.parametrize(
    ("specifier", "is_open"),
    [
        (">=1.2", True),
        ("", True),
        ("!=1.0.0", True),
        ("<3", True),
        (">=2,<3", True),
        ("~=2.1", True),
        ("==2.*", True),
        ("~=2.1.0", True),
        ("<=2.1", False),
        ("<2", False),
        ("==1.*", False),
        ("==2.1.0", False),
        (">=2,<2.1.1", False),
    ],
)
def test_a_range_that_allows_what_is_not_out_yet_says_so(specifier: str, *, is_open: bool) -> None:
    """The next release is installed as soon as it is there, also the next one of a series."""
    assert is_open == any(finding.rule == OPEN_ENDED for finding in judge(specifier).findings)


def test_a_marker_says_for_which_python_a_requirement_is() -> None:
    """Not the oldest of the file then."""
    found = judge(">=1.2,<2.1", ">=3.8", marker='python_version >= "3.12"')
    assert "2.0.0" == found.release


def test_runs_of_releases_are_told_as_such_and_only_a_few() -> None:
    """A line that names a hundred releases is read by nobody."""
    every_other = [released(f"1.{number}.0", HANGING if number % 2 else TYPED) for number in range(11)]
    found = judge_entry(knowledge(*every_other), entry("<2"))
    assert (
        "This applies to 5 of the 11 allowed releases (1.1.0, 1.3.0, 1.5.0 and 2 more runs)"
        in only(found, HANGS).message
    )


# A requirement that is no release on the index.


@pytest.mark.parametrize(
    ("specifier", "state", "release"), [("", IS_UNKNOWN, ""), (">=1", IS_UNKNOWN, ""), ("==1.2.0", FINE, "1.2.0")]
)
def test_what_is_taken_from_elsewhere_is_unknown_unless_its_release_is_told(
    specifier: str, state: State, release: str
) -> None:
    """A fork may do anything, whatever range it claims."""
    found = judge(specifier, direct="git+https://git.example/anthropic@main")
    assert (state, release) == (found.state, found.release)


def test_what_is_taken_from_elsewhere_is_to_be_measured_as_it_stands() -> None:
    """The index does not have it, so there is no version to be measured."""
    found = only(judge("", direct="git+https://git.example/anthropic@main"), UNKNOWN)
    assert (
        "The requirement is taken from git+https://git.example/anthropic@main, which is not a release on the index.",
        False,
    ) == (
        found.message,
        "--versions" in found.instead,
    )
    assert "matrix probe --python" in found.instead


# Words.


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (entry(), "anthropic"),
        (entry(">=1,<2"), "anthropic>=1,<2"),
        (entry("==1.0", extras=("aiohttp", "vertex")), "anthropic[aiohttp,vertex]==1.0"),
        (entry(">=1", marker="python_version < '3.9'"), "anthropic>=1 ; python_version < '3.9'"),
        (entry("", direct="https://example.org/a.whl"), "anthropic @ https://example.org/a.whl"),
    ],
    ids=["any", "a range", "extras", "a marker", "an address"],
)
def test_a_requirement_is_written_as(one: ManifestEntry, expected: str) -> None:
    """One line of PEP 508."""
    assert expected == requirement_line("anthropic", one)


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [("==1.0", True), ("===1.0", True), (">=0.9,==1.0", True), ("==1.*", False), (">=1,<=1", False), ("", False)],
)
def test_a_specifier_is_a_pin_if_it_names_one_version(specifier: str, *, expected: bool) -> None:
    """And a range if it does not, however few releases it allows."""
    assert expected is bool(exact_version(SpecifierSet(specifier)))


@pytest.mark.parametrize(
    ("requires", "python", "expected"),
    [
        (None, "3.8", True),
        ("", "3.8", True),
        (">=3.8", "3.8", True),
        (">=3.9", "3.8", False),
        (">=3.7,<4.0", "3.11", True),
        (">=3.10", "3.9", False),
        (">=3.8.*", "3.11", False),
        ("nonsense", "3.11", False),
    ],
)
def test_a_release_says_on_which_python_it_runs(requires: str | None, python: str, *, expected: bool) -> None:
    """One that says nonsense does not."""
    assert expected is admits(released("1.0.0", requires_python=requires).release, python)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_a_marker_says_the_same_wherever_it_is_asked(platform: str) -> None:
    """Whoever asks on Linux may install on Windows."""
    assert "3.12" == oldest_python("", f'python_version >= "3.12" and sys_platform == "{platform}"')


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        ("", "2.1.0"),
        (">=3.8", "2.1.0"),
        (">=3.7", "0.3.0"),
        (">=3.12", "2.1.0"),
        ("==3.11.7", "2.1.0"),
        ("==3.7.17", "0.3.0"),
        ("==3.11.*", "2.1.0"),
        ("~=3.11", "2.1.0"),
        ("nonsense", "2.1.0"),
        (">=2.7,!=3.0.*,!=3.1.*", "0.3.0"),
    ],
)
def test_what_would_be_installed_fits_the_oldest_python(python: str, expected: str) -> None:
    """For that is the one that the file promises to run on."""
    found = installed_today(KNOWN.releases, python)
    assert expected == (found.version if found else "")


# Several files.


def manifest(*entries: ManifestEntry, path: str = "requirements.txt", **facets: Any) -> Manifest:
    """What was read of a file."""
    return Manifest(path=path, kind="requirements", entries=entries, **facets)


def at(path: str, line: int, specifier: str) -> ManifestEntry:
    """A requirement there."""
    return entry(specifier, place=Place(path, line))


PROBLEM: Final = Problem(Place("b.txt", 3), "It is broken.")


@pytest.mark.parametrize(
    ("manifests", "expected"),
    [
        pytest.param([], Exit.NOTHING, id="nothing"),
        pytest.param([manifest()], Exit.NOTHING, id="no requirement"),
        pytest.param([manifest(entry("==1.2.0"))], Exit.FINE, id="a good one"),
        pytest.param(
            [manifest(entry("==1.2.0")), manifest(entry("==2.1.0"))], Exit.UNKNOWN, id="a good and an unknown"
        ),
        pytest.param([manifest(entry("==2.1.0")), manifest(entry("==0.4.0"))], Exit.FINDING, id="an unknown and a bad"),
        pytest.param([manifest(entry("==1.2.0"), problems=(PROBLEM,))], Exit.BROKEN, id="a good and an unreadable"),
        pytest.param([manifest(problems=(PROBLEM,))], Exit.BROKEN, id="something unreadable"),
    ],
)
def test_files_come_to(manifests: Sequence[Manifest], expected: Exit) -> None:
    """The worst of all their requirements."""
    assert expected == check(KNOWN, manifests, "1.0").exit


def test_subjects_and_problems_are_told_once_in_the_order_of_their_places() -> None:
    """Files may include each other, and be given twice."""
    entries = [at("b.txt", 2, "==1.2.0"), at("b.txt", 10, "==1.1.0"), at("a.txt", 7, "==1.2.0")]
    others = Problem(Place("a.txt", 9), "It is broken too.")
    found = check(
        KNOWN,
        [manifest(*entries, problems=(PROBLEM,)), manifest(entries[0], entries[0], problems=(PROBLEM, others))],
        "1.0",
    )
    assert (["a.txt:7", "b.txt:2", "b.txt:10"], [others, PROBLEM]) == (
        [str(subject.place) for subject in found.subjects],
        list(found.problems),
    )


def test_each_file_is_for_its_own_pythons() -> None:
    """A project may ask for a range that its lock of another Python does not."""
    found = check(
        KNOWN, [manifest(at("a", 1, "<2.1"), python=">=3.8"), manifest(at("b", 1, "<2.1"), python=">=3.12")], "1"
    )
    assert ["1.2.0", "2.0.0"] == [subject.release for subject in found.subjects]


def test_a_report_says_what_it_is_based_on() -> None:
    """Which data, which suite, what was asked; and what each of its rules means."""
    found = check(KNOWN, [manifest(entry("==0.4.0"))], "1.0", ["by-type"])
    assert ("check", "1.0", KNOWN.measured, KNOWN.suite, ("by-type",), (RULES[CRASHES], RULES[UNNAMED])) == (
        found.command,
        found.version,
        found.measured,
        found.suite,
        found.catching,
        found.rules,
    )


# Of anything.

entries = st.builds(
    entry,
    st.one_of(specifiers, versions.map("=={}".format)),
    extras=st.sampled_from([(), ("aiohttp",), ("aiohttp", "vertex")]),
    direct=st.sampled_from(["", "", "", "git+https://git.example/a@main"]),
    locked=st.one_of(st.just({}), st.sampled_from([dict(NOW), dict(THEN), {"httpx": "1"}])),
    marker=st.sampled_from(["", 'python_version >= "3.9"', 'sys_platform == "win32"']),
)
pythons = st.sampled_from(["", ">=3.8", ">=3.12", "==3.11.7", "<3.8", ">=99", "nonsense", "==3.*", "~=3.9"])
ways = st.lists(st.sampled_from(["by-type", "by-class", "always", "remedy", "unheard-of"]), unique=True, max_size=3)


@RELAXED
@given(releases=histories(), one=entries, python=pythons, catching=ways)
def test_whatever_is_asked_for_there_is_an_answer(
    releases: list[MeasuredRelease], one: ManifestEntry, python: str, catching: list[str]
) -> None:
    """It never raises, and says at least what state it is in, why, and with which of the releases."""
    known = knowledge(*releases)
    found = judge_entry(known, one, python, catching)
    levels = {finding.level for finding in found.findings if finding.rule != UNKNOWN}
    is_unknown = any(finding.rule == UNKNOWN for finding in found.findings)
    expected = FINDING if levels & {ERROR, WARNING} else IS_UNKNOWN if is_unknown else FINE
    assert (expected, one.place, True) == (found.state, found.place, bool(found.about))
    assert found.release in {"", *(release.version for release in known.releases)}
    order = [finding.level for finding in found.findings]
    assert sorted(order, key=[ERROR, WARNING, NOTE].index) == order
    assert all(finding.rule in RULES and finding.message.endswith(".") for finding in found.findings)


@RELAXED
@given(releases=histories(), version=versions)
def test_a_pin_of_what_is_not_known_is_unknown(releases: list[MeasuredRelease], version: str) -> None:
    """Never fine, never a finding: whatever its neighbours do."""
    others = [one for one in releases if Version(one.version) != Version(version)]
    if others:
        found = judge_entry(knowledge(*others), entry(f"=={version}"), catching=["by-type"])
        assert (IS_UNKNOWN, [UNKNOWN]) == (found.state, [finding.rule for finding in found.findings])


@RELAXED
@given(releases=histories(), specifier=specifiers)
def test_a_range_allows_what_packaging_allows(releases: list[MeasuredRelease], specifier: str) -> None:
    """With pre-releases exactly if it names one."""
    wanted = SpecifierSet(specifier)
    every = sorted((one.version for one in releases), key=Version)
    finals = [version for version in every if not Version(version).is_prerelease]
    expected = list(wanted.filter(every if wanted.prereleases else finals, prereleases=bool(wanted.prereleases)))
    assert expected == [release.version for release in allowed_releases(knowledge(*releases), wanted)]


@RELAXED
@given(releases=histories(), specifier=specifiers, python=st.sampled_from(["", ">=3.8", ">=3.12"]))
def test_a_range_is_judged_by_what_an_installer_would_take(
    releases: list[MeasuredRelease], specifier: str, python: str
) -> None:
    """The newest that it allows, that is not yanked, that has a file, and that fits; there may be none."""
    wanted = SpecifierSet(specifier)
    if exact_version(wanted):
        return
    oldest = python.removeprefix(">=")
    fit = [
        one.version
        for one in releases
        if wanted.contains(one.version, prereleases=bool(wanted.prereleases))
        and one.yanked is None
        and one.has_wheel
        and one.requires_python != ">=3.8.*" * bool(oldest)
        and (not oldest or SpecifierSet(one.requires_python or "").contains(oldest))
    ]
    found = judge_entry(knowledge(*releases), entry(specifier), python)
    assert max(fit, key=Version, default="") == found.release


@RELAXED
@given(
    releases=histories(min_size=2),
    one=entries,
    catching=ways,
    ignored=st.lists(st.sampled_from(sorted(RULES)), unique=True),
)
def test_a_rule_that_is_ignored_is_left_out_and_nothing_else(
    releases: list[MeasuredRelease], one: ManifestEntry, catching: list[str], ignored: list[str]
) -> None:
    """What is left is as it was, and decides on the state."""
    known = knowledge(*releases)
    full, less = (judge_entry(known, one, "", catching, ignore) for ignore in ((), ignored))
    kept = tuple(finding for finding in full.findings if finding.rule not in ignored)
    expected = (
        FINDING if any(finding.level is not NOTE and finding.rule != UNKNOWN for finding in kept)
        else IS_UNKNOWN if any(finding.rule == UNKNOWN for finding in kept)
        else FINE
    )  # fmt: skip
    assert msgspec.structs.replace(full, findings=kept, state=expected) == less


@RELAXED
@given(releases=histories(), listed=st.lists(entries, max_size=4), data=st.data())
def test_the_order_of_files_does_not_matter(
    releases: list[MeasuredRelease], listed: list[ManifestEntry], data: st.DataObject
) -> None:
    """A report is in the order of places."""
    placed = [msgspec.structs.replace(one, place=Place("a.txt", number)) for number, one in enumerate(listed, start=1)]
    known = knowledge(*releases)
    shuffled = data.draw(st.permutations([manifest(one) for one in placed]))
    assert check(known, [manifest(*placed)], "1.0") == check(known, shuffled, "1.0")


# What was measured.


@pytest.mark.parametrize(
    ("specifier", "catching", "facets", "state", "rule"),
    [
        ("==0.45.0", ["class-overloaded"], {}, FINDING, CRASHES),
        ("==0.45.0", [], {}, FINDING, UNNAMED),
        ("==2.12.0", [], {}, FINE, STATUS),
        (">=0.87,<=2.12.0", [], {}, FINE, STATUS),
        (">=0.87,<=2.12.0", ["status-429-529"], {}, FINDING, MISSES),
        (">=0.87,<=2.12.0", ["remedy"], {}, FINE, STATUS),
        ("==0.28.1", [], {}, FINDING, CANNOT_BE_USED),
        ("==0.28.1", [], {"locked": {"httpx": "0.27.0", "anyio": "4.4.0"}}, FINDING, UNNAMED),
        ("==0.2.9", [], {}, FINDING, "no-messages"),
        ("==999.0", [], {}, IS_UNKNOWN, UNKNOWN),
    ],
)
def test_of_the_releases_that_were_measured(
    specifier: str, catching: list[str], facets: Mapping[str, Any], state: State, rule: str
) -> None:
    """Facts that no later measurement changes, but for a release that is yanked."""
    found = judge_entry(
        queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON), entry(specifier, **facets), "", catching
    )
    assert (state, True) == (found.state, rule in {finding.rule for finding in found.findings})


def test_of_0_45_0_the_handler_that_crashes_does_so_with() -> None:
    """The class that it names is not there."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    found = only(judge_entry(known, entry("==0.45.0"), "", ["class-overloaded"]), CRASHES)
    assert (ERROR, True) == (found.level, "itself crashes with AttributeError" in found.message)


def test_the_remedy_is_an_error_in_no_release() -> None:
    """Whatever else is amiss with a release."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    assert dt.date(2026, 1, 1) < (known.measured or dt.date.min)
    for release in known.releases:
        found = judge_entry(known, entry(f"=={release.version}"), "", ["remedy"])
        said = [finding for finding in found.findings if "`remedy`" in finding.message]
        assert {NOTE} >= {finding.level for finding in said}, release.version


def test_every_release_can_be_used_in_one_lane_at_least() -> None:
    """What can't be used today says with which dependencies it can be."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    for release in known.releases:
        found = judge_entry(known, entry(f"=={release.version}"))
        if found.findings and found.findings[0].rule == CANNOT_BE_USED:
            pins = re.findall(r"([a-z0-9]+)==([\w.]+?)[,.](?= |$)", found.findings[0].instead)
            locked = known.known[release.version, Lane.AS_RELEASED].lock
            assert pins
            assert dict(pins).items() <= dict(locked).items()
