"""Judgements of requirements: a pin by its release, a range by today's installation and all that it allows."""

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
    DROPPED,
    HANGS,
    LOCK,
    MISSES,
    NEEDLESS,
    OPEN_ENDED,
    RULES,
    SILENT,
    STATUS,
    UNKNOWN,
    UNNAMED,
    YANKED,
)
from matrix.manifests import Manifest, ManifestEntry
from matrix.manifests.entry import COMMAND
from matrix.model import DEFAULT_PYTHON, Lane
from matrix.observation import Outcome
from matrix.releases.selection import admits
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
    LaneResult,
    MeasuredRelease,
    entry,
    histories,
    knowledge,
    released,
    soaked,
    specifiers,
    versions,
)
from tests.support.paths import DATA

ERROR, WARNING, NOTE = Level.ERROR, Level.WARNING, Level.NOTE
FINE, FINDING, IS_UNKNOWN, UNJUDGED = State.FINE, State.FINDING, State.UNKNOWN, State.UNJUDGED

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
"""Releases from one that can't be used to one that was not measured."""

KNOWN: Final = knowledge(*HISTORY)


def judge(specifier: str, python: str = "", catching: Collection[str] = (), **facets: Any) -> Subject:
    """Judge a requirement."""
    return judge_entry(KNOWN, entry(specifier, **facets), python, catching)


def brief(subject: Subject) -> list[tuple[str, Level]]:
    """List rule and level of each finding."""
    return [(finding.rule, finding.level) for finding in subject.findings]


def only(subject: Subject, rule: str) -> Finding:
    """Return the only finding under a rule."""
    (finding,) = [finding for finding in subject.findings if finding.rule == rule]
    return finding


# A pin.


@pytest.mark.parametrize(
    ("specifier", "state", "release", "expected"),
    [
        pytest.param("==1.2.0", UNJUDGED, "1.2.0", [(STATUS, NOTE), (CUT, NOTE)], id="a release that names its errors"),
        pytest.param("==1.2", UNJUDGED, "1.2.0", [(STATUS, NOTE), (CUT, NOTE)], id="another spelling"),
        pytest.param("===1.2.0", UNJUDGED, "1.2.0", [(STATUS, NOTE), (CUT, NOTE)], id="an arbitrary equality"),
        pytest.param(">=1,==1.2.0", UNJUDGED, "1.2.0", [(STATUS, NOTE), (CUT, NOTE)], id="a pin beside a bound"),
        pytest.param("==2.0.0", UNJUDGED, "2.0.0", [], id="a release with the documented code"),
        pytest.param(
            "==0.4.0", FINDING, "0.4.0", [(UNNAMED, WARNING), (CUT, NOTE)], id="a release that does not name its errors"
        ),
        pytest.param("==0.3.0", FINDING, "0.3.0", [(CANNOT_BE_USED, ERROR)], id="a release that can't be used"),
        pytest.param(
            "==1.1.0", FINDING, "1.1.0", [(HANGS, ERROR), (STATUS, NOTE), (CUT, NOTE)], id="a release that hangs"
        ),
        pytest.param(
            "==1.0.0", FINDING, "1.0.0", [(UNNAMED, WARNING), (YANKED, WARNING), (CUT, NOTE)], id="a yanked release"
        ),
        pytest.param("==1.3.0rc1", UNJUDGED, "1.3.0rc1", [(STATUS, NOTE), (CUT, NOTE)], id="a pre-release"),
        pytest.param("==2.1.0", IS_UNKNOWN, "2.1.0", [(UNKNOWN, WARNING)], id="a release that was not measured"),
        pytest.param("==2.2.0", IS_UNKNOWN, "", [(UNKNOWN, WARNING)], id="a release that is unknown"),
        pytest.param("==1.2.0+ours", IS_UNKNOWN, "", [(UNKNOWN, WARNING)], id="a build of the user's own"),
        pytest.param("===one", IS_UNKNOWN, "", [(UNKNOWN, WARNING)], id="a text that is no version"),
        pytest.param("==1.2.0,<1", FINDING, "", [(CANNOT_BE_USED, ERROR)], id="a contradiction"),
    ],
)
def test_a_pin_is_judged_by_its_release(
    specifier: str, state: State, release: str, expected: list[tuple[str, Level]]
) -> None:
    """Check that no other release counts."""
    judgement = judge(specifier)
    assert (state, release, expected) == (judgement.state, judgement.release, brief(judgement))


def test_a_pin_has_whole_sentences() -> None:
    """Check that each begins with the release."""
    judgement = judge("==0.4.0")
    assert ("anthropic==0.4.0", "0.4.0, uploaded 2026-01-01") == (judgement.text, judgement.about)
    assert only(judgement, UNNAMED).message.startswith(
        "On 0.4.0, an overloaded error inside a stream appears as 200 APIS"
    )
    assert "Pin 1.1.0 or later (Python >=3.8), where `error.type` names the error." == only(judgement, UNNAMED).instead


def test_a_pin_that_needs_older_dependencies_names_them() -> None:
    """Check the hint that needs no other release."""
    unusable = only(judge("==0.3.0"), CANNOT_BE_USED)
    assert (
        "On 0.3.0, the SDK can't be used with today's dependencies: no client can be made: TypeError, got 'proxies'.",
        1,
    ) == (
        unusable.message,
        len(re.findall(r"==", unusable.instead)),
    )


@pytest.mark.parametrize(
    ("specifier", "message"),
    [
        ("==2.2.0", "This release is not one of the 8 known releases (newest: 2.1.0, data of 2026-06-01)."),
        ("==2.1.0", "Not measured: 2.1.0."),
        (">2.1", "The requirement allows none of the 8 known releases (newest: 2.1.0, data of 2026-06-01)."),
    ],
)
def test_an_unknown_release_has_a_command_that_measures_it(specifier: str, message: str) -> None:
    """Check that unknown is not called safe."""
    unknown = only(judge(specifier), UNKNOWN)
    assert message == unknown.message
    assert "`matrix run --versions " in unknown.instead


@pytest.mark.parametrize(
    ("catching", "expected"),
    [
        (["by-type"], [(CRASHES, ERROR), (UNNAMED, NOTE)]),
        (["by-class"], [(CRASHES, ERROR), (SILENT, ERROR), (UNNAMED, NOTE)]),
        (["remedy"], [(UNNAMED, NOTE)]),
    ],
)
def test_a_pin_is_judged_by_the_handler(catching: list[str], expected: list[tuple[str, Level]]) -> None:
    """Check worst first."""
    assert expected == brief(judge("==0.4.0", catching=catching))


def test_several_handlers_are_judged_separately() -> None:
    """Check a program that uses more than one."""
    together = judge("==1.2.0", catching=["by-type", "always"])
    apart = {finding for handler in ("by-type", "always") for finding in judge("==1.2.0", catching=[handler]).findings}
    assert apart == set(together.findings)


def test_with_the_remedy_no_finding_is_worse_than_a_note() -> None:
    """Check that there is nothing better to write."""
    judgement = judge("==1.2.0", catching=["remedy"])
    assert (FINE, {NOTE}) == (judgement.state, {finding.level for finding in judgement.findings})


# A file that locks dependencies too.


@pytest.mark.parametrize(
    ("locked", "expected"),
    [
        pytest.param({}, CANNOT_BE_USED, id="no dependency"),
        pytest.param(NOW, CANNOT_BE_USED, id="today's dependencies"),
        pytest.param(THEN, UNNAMED, id="the original dependencies"),
        pytest.param({**THEN, "idna": "3.10"}, UNNAMED, id="all original but one that carries no stream"),
        pytest.param({**THEN, "anyio": "4.9.0"}, UNNAMED, id="all original but one that carries a stream"),
        pytest.param({**NOW, "anyio": "4.4.0"}, CANNOT_BE_USED, id="all of today but one"),
        pytest.param({**THEN, "httpx": "0.28.1"}, CANNOT_BE_USED, id="all original but the one that the SDK calls"),
        pytest.param({**NOW, "httpx": "0.27.0"}, UNNAMED, id="all of today but the one that the SDK calls"),
        pytest.param({"httpx": "0.27.0"}, UNNAMED, id="one original dependency"),
        pytest.param({"httpx": "0.28.1"}, CANNOT_BE_USED, id="one dependency of today"),
        pytest.param({"idna": "3.7"}, UNNAMED, id="one original dependency that carries no stream"),
        pytest.param({"django": "5"}, CANNOT_BE_USED, id="no measured dependency"),
    ],
)
def test_a_lock_is_judged_by_the_nearest_lane(locked: dict[str, str], expected: str) -> None:
    """Check today's dependencies, and the original ones."""
    assert expected == judge("==0.3.0", locked=locked).findings[0].rule


@RELAXED
@given(
    now=st.dictionaries(st.sampled_from(["httpx", "h11", "anyio"]), st.sampled_from("123"), min_size=1),
    then=st.dictionaries(st.sampled_from(["httpx", "h11", "anyio"]), st.sampled_from("123"), min_size=1),
)
def test_a_measured_lock_is_judged_by_its_lane(now: dict[str, str], then: dict[str, str]) -> None:
    """Check that today's wins if both are equal."""
    known = knowledge(released("1.0.0", NO_CLIENT, own=TYPED, now=now, then=then))
    expected = [CANNOT_BE_USED, CANNOT_BE_USED if now == then else STATUS]
    assert expected == [judge_entry(known, entry("==1.0.0", locked=locked)).findings[0].rule for locked in (now, then)]


def test_a_lane_without_a_lock_is_never_the_nearest() -> None:
    """Check a lane that could not be resolved."""
    candidate = released("1.0.0", Outcome.CANNOT_INSTALL, own=TYPED, now={})
    judgement = judge_entry(knowledge(candidate), entry("==1.0.0", locked={**THEN, "anyio": "4.5.0"}))
    assert [STATUS, CUT, LOCK] == [finding.rule for finding in judgement.findings]


HANGING_SETS = (
    soaked("4.4.0", 10, "0.7.8"),
    soaked("4.4.0", 0, "0.73.0"),
    soaked("4.9.0", 30, "0.73.0"),
    soaked("4.16.0", 0, "0.73.0"),
)
"""Results of the soak: anyio decides, and 4.16.0 is the first with which no call hung."""


@pytest.mark.parametrize(
    ("specifier", "locked", "count"),
    [
        pytest.param("==1.2.0", {}, "in 33: 30 with anyio 4.9.0", id="no dependency, so today's"),
        pytest.param("==1.2.0", {"anyio": "4.9.0"}, "in 33: 30 with anyio 4.9.0", id="the measured version"),
        pytest.param("==1.2.0", THEN, "", id="a version with which no call hung in this era"),
        pytest.param("==0.8.0", THEN, "in 100: 10 with anyio 4.4.0", id="the same version in another era"),
        pytest.param("==1.2.0", {**NOW, "anyio": "4.16.0"}, "", id="a version that helps"),
        pytest.param("==1.2.0", {**NOW, "anyio": "4.11.0"}, "", id="a version that was not measured"),
        pytest.param(">=0.8", {}, "", id="a range"),
        pytest.param("==0.3.0", {}, "", id="a release that can't be used"),
    ],
)
def test_a_pin_whose_dropped_clients_hang_has_a_note(specifier: str, locked: dict[str, str], count: str) -> None:
    """The locked version counts, even where it is not that of the measured lane."""
    known = knowledge(
        released("0.3.0", NO_CLIENT), released("0.8.0", TYPED), released("1.2.0", TYPED), soaks=HANGING_SETS
    )
    found = [each for each in judge_entry(known, entry(specifier, locked=locked)).findings if each.rule == DROPPED]
    rate, _, measured = count.partition(": ")
    hangs, _, cause = measured.partition(" ")
    message = (
        f"On {specifier.strip('=>')}, one async call {rate} hangs if clients are dropped without `close()`: "
        f"{hangs} of 1,000 {cause}."
    )
    advice = (
        "Close each client (`async with AsyncAnthropic() as client:`), or share one. "
        "Or require `anyio>=4.16.0`, with which no call hung."
    )
    assert ([Finding(rule=DROPPED, level=NOTE, message=message, instead=advice)] if count else []) == found


@pytest.mark.parametrize(
    ("locked", "message"),
    [
        pytest.param(NOW, "", id="the same"),
        pytest.param({"httpx": "0.28.1"}, "", id="a part of them"),
        pytest.param({**NOW, "idna": "2"}, "", id="one that carries no stream differs"),
        pytest.param(
            {**NOW, "h11": "0.15.0"},
            "The measurement used h11 0.16.0 (locked here: 0.15.0).",
            id="one that carries a stream differs",
        ),
        pytest.param(
            {**NOW, "h11": "0.15.0", "httpx": "0.28.0"},
            "The measurement used httpx 0.28.1 (locked here: 0.28.0), h11 0.16.0 (locked here: 0.15.0).",
            id="two that carry a stream differ",
        ),
    ],
)
def test_dependencies_that_differ_from_the_measured_ones_are_named(locked: dict[str, str], message: str) -> None:
    """Check those that carry a stream."""
    judgement = judge("==1.2.0", locked=locked)
    assert ([(LOCK, NOTE, message)] if message else []) == [
        (each.rule, each.level, each.message) for each in judgement.findings if each.rule == LOCK
    ]


def test_differing_dependencies_are_a_warning_if_one_lane_can_not_be_used() -> None:
    """Check a lock that is neither of both."""
    judgement = judge("==0.3.0", locked={**THEN, "httpx": "0.28.0"}, catching=["remedy"])
    assert (FINDING, WARNING) == (judgement.state, only(judgement, LOCK).level)


@pytest.mark.parametrize(("client", "level"), [("", WARNING), ("bedrock", NOTE)])
def test_differing_dependencies_are_judged_for_the_client_that_is_used(client: str, level: Level) -> None:
    """Check a release of which only the first-party client can't be used in one lane."""
    known = knowledge(released("0.3.0", NO_CLIENT, own=NAMELESS, clients={"bedrock": TYPED}))
    locked = {**THEN, "httpx": "0.28.0"}
    assert level == only(judge_entry(known, entry("==0.3.0", locked=locked), clients=[client]), LOCK).level


def test_a_client_that_other_dependencies_break_is_named() -> None:
    """Check Bedrock of a release that today's httpx breaks, in the committed data."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    found = only(judge_entry(known, entry("==0.39.0", locked={"httpx": "0.27.0"}), clients=["bedrock"]), LOCK)
    assert WARNING == found.level
    assert "With today's dependencies, AnthropicBedrock of 0.39.0 can't be used: " in found.message


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
            id="a good release today, and a bad one allowed",
        ),
        pytest.param(
            ">=1.2,<2",
            "",
            UNJUDGED,
            "1.2.0",
            "allows 1 release, 1.2.0; 1.2.0 would be installed today",
            [(STATUS, NOTE), (CUT, NOTE)],
            id="one release",
        ),
        pytest.param(
            "<=1.1,!=1.0.0,!=0.4.0",
            "",
            FINDING,
            "1.1.0",
            "allows 2 releases, 0.3.0-1.1.0; 1.1.0 would be installed today",
            [(HANGS, ERROR), (CANNOT_BE_USED, WARNING), (STATUS, NOTE), (CUT, NOTE)],
            id="a bad release today",
        ),
        pytest.param(
            ">=1.2",
            "",
            IS_UNKNOWN,
            "2.1.0",
            "allows 3 releases, 1.2.0-2.1.0; 2.1.0 would be installed today",
            [(UNKNOWN, WARNING), (STATUS, NOTE), (CUT, NOTE), (OPEN_ENDED, NOTE)],
            id="no upper bound, with an unknown newest release",
        ),
        pytest.param(
            ">=1.2,<2.1",
            ">=3.12",
            UNJUDGED,
            "2.0.0",
            "allows 2 releases, 1.2.0-2.0.0; 2.0.0 would be installed today",
            [(STATUS, NOTE), (CUT, NOTE)],
            id="a new Python",
        ),
        pytest.param(
            ">=1.2,<2.1",
            ">=3.8",
            UNJUDGED,
            "1.2.0",
            "allows 2 releases, 1.2.0-2.0.0; 1.2.0 would be installed today",
            [(STATUS, NOTE), (CUT, NOTE)],
            id="an old Python",
        ),
        pytest.param(
            "~=1.3rc1",
            "",
            UNJUDGED,
            "1.3.0rc1",
            "allows 1 release, 1.3.0rc1; 1.3.0rc1 would be installed today",
            [(STATUS, NOTE), (CUT, NOTE)],
            id="a pre-release that is named",
        ),
        pytest.param("==1.2.*", "", UNJUDGED, "1.2.0", "", [(STATUS, NOTE), (CUT, NOTE)], id="a series"),
        pytest.param("<0.2", "", IS_UNKNOWN, "", "unknown, not safe", [(UNKNOWN, WARNING)], id="no known release"),
    ],
)
def test_a_range_is_judged_by_the_installation_of_today(
    specifier: str, python: str, state: State, release: str, about: str, expected: list[tuple[str, Level]]
) -> None:
    """Check that faults of other allowed releases are warnings at most."""
    judgement = judge(specifier, python)
    # The sentence may name a Python, too.
    about_release = re.sub(r" \(?(?:on|for) Python \S+\)?", "", judgement.about)
    assert (state, release, about or about_release, expected) == (
        judgement.state,
        judgement.release,
        about_release,
        brief(judgement),
    )


def test_a_range_without_a_release_is_an_error() -> None:
    """Check a Python that no release supports."""
    judgement = judge(">=2,<2.1", ">=3.8")
    assert ("", State.FINDING) == (judgement.release, judgement.state)
    assert judgement.about.endswith("; none of them supports Python 3.8")
    assert (CANNOT_BE_USED, ERROR) == brief(judgement)[0]


def test_a_yanked_release_in_a_range_is_no_finding() -> None:
    """Check that an installer passes over it."""
    judgement = judge(">=0.4,<1.1", catching=["remedy"])
    assert (FINE, "0.4.0", []) == (
        judgement.state,
        judgement.release,
        [finding for finding in judgement.findings if finding.rule == YANKED],
    )


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
    ids=["all releases", "another release", "the release to be installed", "the only release"],
)
def test_a_finding_of_a_range_counts_its_releases(specifier: str, rule: str, end: str) -> None:
    """Check whether the one that would be installed is named."""
    assert only(judge(specifier), rule).message.endswith(end)


def test_a_range_names_the_python_for_which_it_was_resolved() -> None:
    """Check that a newer one may get a newer release."""
    assert judge(">=1.2,<2.1", ">=3.8").about.endswith("1.2.0 would be installed today on Python 3.8")


@pytest.mark.parametrize(
    ("specifier", "rule", "instead"),
    [
        (">=1.1,<1.3", HANGS, "Require `>=1.2.0` to exclude these releases."),
        ("!=0.4.0,<1.3", CANNOT_BE_USED, "Require `>=1.2.0` to exclude these releases."),
        (">=0.4,<1.3", UNNAMED, "Pin 1.1.0 or later (Python >=3.8), where `error.type` names the error."),
        ("<=1.1,!=1.0.0,!=0.4.0", HANGS, ""),
    ],
    ids=["old releases", "old releases that can't be used", "old releases, with a hint", "the installed release"],
)
def test_a_fault_of_older_releases_suggests_a_higher_floor(specifier: str, rule: str, instead: str) -> None:
    """Check the hint for the author of the range."""
    assert instead == only(judge(specifier), rule).instead


def test_no_higher_floor_is_suggested_for_newer_releases() -> None:
    """Check an old Python, for which the newest are allowed and not installed."""
    new: dict[str, Any] = {"requires_python": ">=3.12"}
    known = knowledge(released("1.0.0"), released("1.1.0", HANGING, **new), released("1.2.0", **new))
    assert "" == only(judge_entry(known, entry("<2"), ">=3.8"), HANGS).instead


def test_releases_that_are_equally_bad_are_named_together() -> None:
    """Check the sentence."""
    known = knowledge(released("1.0.0", HANGING), released("1.1.0", HANGING), released("1.2.0"))
    assert judge_entry(known, entry("<2")).about.endswith("; the worst are 1.0.0-1.1.0")


def test_an_unknown_release_is_not_called_free_of_a_fault() -> None:
    """Check the release that would be installed."""
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
def test_a_range_that_allows_future_releases_says_so(specifier: str, *, is_open: bool) -> None:
    """Check the next release of a series, too."""
    assert is_open == any(finding.rule == OPEN_ENDED for finding in judge(specifier).findings)


@pytest.mark.parametrize(
    ("newest", "catching", "expected"),
    [
        (TYPED, [], [(OPEN_ENDED, NOTE)]),
        (TYPED, ["always"], [(SILENT, ERROR), (NEEDLESS, WARNING), (OPEN_ENDED, NOTE)]),
        (NAMELESS, [], [(UNNAMED, WARNING), (OPEN_ENDED, NOTE)]),
        (None, [], [(UNKNOWN, WARNING), (OPEN_ENDED, NOTE)]),
    ],
)
def test_a_requirement_without_versions_is_judged_by_the_release_of_today(
    newest: LaneResult, catching: list[str], expected: list[tuple[str, Level]]
) -> None:
    """Check that a release that nobody gets is not mentioned."""
    known = knowledge(released("0.3.0", NO_CLIENT), released("1.1.0", HANGING), released("1.2.0", newest))
    judgement = judge_entry(known, entry(""), catching=catching)
    assert expected == brief(judgement)
    assert ("1.2.0", "allows any release; 1.2.0 would be installed today") == (judgement.release, judgement.about)
    assert "1.2.0 would be installed today" in only(judgement, OPEN_ENDED).message
    assert all("1.1.0" not in finding.message for finding in judgement.findings)


def test_a_command_that_installs_a_release_has_notes_only() -> None:
    """Check that it does not end a check with a finding."""
    judgement = judge_entry(knowledge(released("1.1.0", HANGING)), entry("==1.1.0", origin=COMMAND))
    assert {NOTE} == {finding.level for finding in judgement.findings}
    assert (UNJUDGED, "installed by a command; 1.1.0, uploaded ") == (judgement.state, judgement.about[:40])


def test_a_marker_sets_the_python_of_a_requirement() -> None:
    """Check that it overrides the oldest of the file."""
    judgement = judge(">=1.2,<2.1", ">=3.8", marker='python_version >= "3.12"')
    assert "2.0.0" == judgement.release


def test_runs_of_releases_are_abbreviated() -> None:
    """Check that a sentence does not name a hundred releases."""
    every_other = [released(f"1.{number}.0", HANGING if number % 2 else TYPED) for number in range(11)]
    judgement = judge_entry(knowledge(*every_other), entry("<2"))
    assert (
        "This applies to 5 of the 11 allowed releases (1.1.0, 1.3.0, 1.5.0 and 2 more runs)"
        in only(judgement, HANGS).message
    )


# A requirement that is no release of the index.


@pytest.mark.parametrize(
    ("specifier", "state", "release"), [("", IS_UNKNOWN, ""), (">=1", IS_UNKNOWN, ""), ("==1.2.0", UNJUDGED, "1.2.0")]
)
def test_a_direct_reference_is_unknown_unless_it_names_its_release(specifier: str, state: State, release: str) -> None:
    """Check a fork with a range."""
    judgement = judge(specifier, direct="git+https://git.example/anthropic@main")
    assert (state, release) == (judgement.state, judgement.release)


def test_a_direct_reference_is_measured_as_it_is_installed() -> None:
    """Check that the hint names no version."""
    unknown = only(judge("", direct="git+https://git.example/anthropic@main"), UNKNOWN)
    assert (
        "The requirement is taken from git+https://git.example/anthropic@main, which is not a release on the index.",
        False,
    ) == (
        unknown.message,
        "--versions" in unknown.instead,
    )
    assert "matrix probe --python" in unknown.instead


# Words.


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        (entry(), "anthropic"),
        (entry(">=1,<2"), "anthropic>=1,<2"),
        (entry("==1.0", extras=("aiohttp", "vertex")), "anthropic[aiohttp,vertex]==1.0"),
        (entry(">=1", marker="python_version < '3.9'"), "anthropic>=1 ; python_version < '3.9'"),
        (entry("", direct="https://example.org/a.whl"), "anthropic @ https://example.org/a.whl"),
    ],
    ids=["any release", "a range", "extras", "a marker", "an address"],
)
def test_a_requirement_is_written_as_one_line(requirement: ManifestEntry, expected: str) -> None:
    """Check the form of PEP 508."""
    assert expected == requirement_line("anthropic", requirement)


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [("==1.0", True), ("===1.0", True), (">=0.9,==1.0", True), ("==1.*", False), (">=1,<=1", False), ("", False)],
)
def test_a_specifier_is_a_pin_if_it_names_one_version(specifier: str, *, expected: bool) -> None:
    """Check ranges that allow one release."""
    assert expected is bool(exact_version(specifier))


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
def test_a_release_supports_the_pythons_that_it_declares(requires: str | None, python: str, *, expected: bool) -> None:
    """Check a declaration that can't be read."""
    assert expected is admits(released("1.0.0", requires_python=requires).release, python)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_a_marker_does_not_depend_on_this_system(platform: str) -> None:
    """Check a marker about Windows."""
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
def test_the_installed_release_supports_the_oldest_python(python: str, expected: str) -> None:
    """Check the Python that a file promises to run on."""
    installed = installed_today(KNOWN.releases, python)
    assert expected == (installed.version if installed else "")


# Several files.


def manifest(*entries: ManifestEntry, path: str = "requirements.txt", **facets: Any) -> Manifest:
    """Make a file that was read."""
    return Manifest(path=path, kind="requirements", entries=entries, **facets)


def at(path: str, line: int, specifier: str) -> ManifestEntry:
    """Put a requirement at this place."""
    return entry(specifier, place=Place(path, line))


PROBLEM: Final = Problem(Place("b.txt", 3), "It is broken.")


@pytest.mark.parametrize(
    ("manifests", "expected"),
    [
        pytest.param([], Exit.NOTHING, id="no file"),
        pytest.param([manifest()], Exit.NOTHING, id="no requirement"),
        pytest.param([manifest(entry("==1.2.0"))], Exit.FINE, id="a good requirement"),
        pytest.param(
            [manifest(entry("==1.2.0")), manifest(entry("==2.1.0"))],
            Exit.UNKNOWN,
            id="a good and an unknown requirement",
        ),
        pytest.param(
            [manifest(entry("==2.1.0")), manifest(entry("==0.4.0"))],
            Exit.FINDING,
            id="an unknown and a bad requirement",
        ),
        pytest.param(
            [manifest(entry("==1.2.0"), problems=(PROBLEM,))], Exit.BROKEN, id="a good requirement and a problem"
        ),
        pytest.param([manifest(problems=(PROBLEM,))], Exit.BROKEN, id="a problem"),
    ],
)
def test_the_exit_code_is_that_of_the_worst_requirement(manifests: Sequence[Manifest], expected: Exit) -> None:
    """Check several files."""
    assert expected == check(KNOWN, manifests, "1.0").exit


def test_subjects_and_problems_are_listed_once_in_order() -> None:
    """Check files that include each other, or are given twice."""
    entries = [at("b.txt", 2, "==1.2.0"), at("b.txt", 10, "==1.1.0"), at("a.txt", 7, "==1.2.0")]
    others = Problem(Place("a.txt", 9), "It is broken too.")
    report = check(
        KNOWN,
        [manifest(*entries, problems=(PROBLEM,)), manifest(entries[0], entries[0], problems=(PROBLEM, others))],
        "1.0",
    )
    assert (["a.txt:7", "b.txt:2", "b.txt:10"], [others, PROBLEM]) == (
        [str(subject.place) for subject in report.subjects],
        list(report.problems),
    )


def test_each_file_is_judged_for_its_own_pythons() -> None:
    """Check a project with a lock for another Python."""
    report = check(
        KNOWN, [manifest(at("a", 1, "<2.1"), python=">=3.8"), manifest(at("b", 1, "<2.1"), python=">=3.12")], "1"
    )
    assert ["1.2.0", "2.0.0"] == [subject.release for subject in report.subjects]


def test_a_report_names_its_data() -> None:
    """Check suite, question, and the sentence of each of its rules."""
    report = check(KNOWN, [manifest(entry("==0.4.0"))], "1.0", ["by-type"])
    assert ("check", "1.0", KNOWN.measured, KNOWN.suite, ("by-type",), (RULES[CRASHES], RULES[UNNAMED])) == (
        report.command,
        report.version,
        report.measured,
        report.suite,
        report.catching,
        report.rules,
    )


# Properties of every judgement.

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
@given(releases=histories(), requirement=entries, python=pythons, catching=ways)
def test_every_requirement_has_a_judgement(
    releases: list[MeasuredRelease], requirement: ManifestEntry, python: str, catching: list[str]
) -> None:
    """Check its state, its reason, and its release."""
    known = knowledge(*releases)
    judgement = judge_entry(known, requirement, python, catching)
    levels = {finding.level for finding in judgement.findings if finding.rule != UNKNOWN}
    is_unknown = any(finding.rule == UNKNOWN for finding in judgement.findings)
    expected = FINDING if levels & {ERROR, WARNING} else IS_UNKNOWN if is_unknown else FINE if catching else UNJUDGED
    assert (expected, requirement.place, True) == (judgement.state, judgement.place, bool(judgement.about))
    assert judgement.release in {"", *(release.version for release in known.releases)}
    order = [finding.level for finding in judgement.findings]
    assert sorted(order, key=[ERROR, WARNING, NOTE].index) == order
    assert all(finding.rule in RULES and finding.message.endswith(".") for finding in judgement.findings)


@RELAXED
@given(releases=histories(), version=versions)
def test_a_pin_of_an_unknown_release_is_unknown(releases: list[MeasuredRelease], version: str) -> None:
    """Check that it is never fine, and never a finding."""
    others = [candidate for candidate in releases if Version(candidate.version) != Version(version)]
    if others:
        judgement = judge_entry(knowledge(*others), entry(f"=={version}"), catching=["by-type"])
        assert (IS_UNKNOWN, [UNKNOWN]) == (judgement.state, [finding.rule for finding in judgement.findings])


@RELAXED
@given(releases=histories(), specifier=specifiers)
def test_a_range_allows_what_packaging_allows(releases: list[MeasuredRelease], specifier: str) -> None:
    """Check pre-releases, which count if one is named."""
    allowed = SpecifierSet(specifier)
    every = sorted((candidate.version for candidate in releases), key=Version)
    finals = [version for version in every if not Version(version).is_prerelease]
    expected = list(allowed.filter(every if allowed.prereleases else finals, prereleases=bool(allowed.prereleases)))
    assert expected == [release.version for release in allowed_releases(knowledge(*releases), specifier)]


@RELAXED
@given(releases=histories(), specifier=specifiers, python=st.sampled_from(["", ">=3.8", ">=3.12"]))
def test_a_range_is_judged_by_the_release_that_an_installer_takes(
    releases: list[MeasuredRelease], specifier: str, python: str
) -> None:
    """Check the newest that is allowed, supported, not yanked, and has a file."""
    allowed = SpecifierSet(specifier)
    if exact_version(specifier):
        return
    oldest = python.removeprefix(">=")
    fit = [
        candidate.version
        for candidate in releases
        if allowed.contains(candidate.version, prereleases=bool(allowed.prereleases))
        and candidate.yanked is None
        and candidate.has_wheel
        and candidate.requires_python != ">=3.8.*" * bool(oldest)
        and (not oldest or SpecifierSet(candidate.requires_python or "").contains(oldest))
    ]
    judgement = judge_entry(knowledge(*releases), entry(specifier), python)
    assert max(fit, key=Version, default="") == judgement.release


@RELAXED
@given(
    releases=histories(min_size=2),
    requirement=entries,
    catching=ways,
    ignored=st.lists(st.sampled_from(sorted(RULES)), unique=True),
)
def test_an_ignored_rule_is_left_out_and_no_other(
    releases: list[MeasuredRelease], requirement: ManifestEntry, catching: list[str], ignored: list[str]
) -> None:
    """Check that the other findings decide."""
    known = knowledge(*releases)
    full, less = (judge_entry(known, requirement, "", catching, ignore) for ignore in ((), ignored))
    remaining = tuple(finding for finding in full.findings if finding.rule not in ignored)
    expected = (
        FINDING if any(finding.level is not NOTE and finding.rule != UNKNOWN for finding in remaining)
        else IS_UNKNOWN if any(finding.rule == UNKNOWN for finding in remaining)
        else FINE if catching else UNJUDGED
    )  # fmt: skip
    assert msgspec.structs.replace(full, findings=remaining, state=expected) == less


@RELAXED
@given(releases=histories(), listed=st.lists(entries, max_size=4), data=st.data())
def test_the_order_of_files_does_not_matter(
    releases: list[MeasuredRelease], listed: list[ManifestEntry], data: st.DataObject
) -> None:
    """Check that a report is in the order of places."""
    placed = [
        msgspec.structs.replace(requirement, place=Place("a.txt", number))
        for number, requirement in enumerate(listed, start=1)
    ]
    known = knowledge(*releases)
    shuffled = data.draw(st.permutations([manifest(requirement) for requirement in placed]))
    assert check(known, [manifest(*placed)], "1.0") == check(known, shuffled, "1.0")


# The committed data.


@pytest.mark.parametrize(
    ("specifier", "catching", "facets", "state", "rule"),
    [
        ("==0.45.0", ["class-overloaded"], {}, FINDING, CRASHES),
        ("==0.45.0", [], {}, FINDING, UNNAMED),
        ("==2.12.0", [], {}, UNJUDGED, STATUS),
        (">=0.87,<=2.12.0", [], {}, UNJUDGED, STATUS),
        (">=0.87,<=2.12.0", ["status-429-529"], {}, FINDING, MISSES),
        (">=0.87,<=2.12.0", ["remedy"], {}, FINE, STATUS),
        ("==0.28.1", [], {}, FINDING, CANNOT_BE_USED),
        ("==0.28.1", [], {"locked": {"httpx": "0.27.0", "anyio": "4.4.0"}}, FINDING, UNNAMED),
        ("==0.2.9", [], {}, FINDING, "no-messages"),
        ("==999.0", [], {}, IS_UNKNOWN, UNKNOWN),
    ],
)
def test_measured_releases_have_these_findings(
    specifier: str, catching: list[str], facets: Mapping[str, Any], state: State, rule: str
) -> None:
    """Check facts that no later measurement changes, unless a release is yanked."""
    judgement = judge_entry(
        queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON), entry(specifier, **facets), "", catching
    )
    assert (state, True) == (judgement.state, rule in {finding.rule for finding in judgement.findings})


def test_the_handler_that_crashes_on_0_45_0_has_an_attribute_error() -> None:
    """Check a class that it does not have."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    crash = only(judge_entry(known, entry("==0.45.0"), "", ["class-overloaded"]), CRASHES)
    assert (ERROR, True) == (crash.level, "itself crashes with AttributeError" in crash.message)


def test_the_remedy_is_an_error_on_no_release() -> None:
    """Check every release."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    assert dt.date(2026, 1, 1) < (known.measured or dt.date.min)
    for release in known.releases:
        judgement = judge_entry(known, entry(f"=={release.version}"), "", ["remedy"])
        findings = [finding for finding in judgement.findings if "`remedy`" in finding.message]
        assert {NOTE} >= {finding.level for finding in findings}, release.version


def test_every_release_can_be_used_in_one_lane() -> None:
    """Check that one that fails today names its dependencies."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    for release in known.releases:
        judgement = judge_entry(known, entry(f"=={release.version}"))
        if judgement.findings and judgement.findings[0].rule == CANNOT_BE_USED:
            pins = re.findall(r"([a-z0-9]+)==([\w.]+?)[,.](?= |$)", judgement.findings[0].instead)
            locked = known.measurements[release.version, Lane.AS_RELEASED].lock
            assert pins
            assert dict(pins).items() <= dict(locked).items()
