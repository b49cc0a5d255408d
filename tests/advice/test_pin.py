"""The release to pin: the one that does the least harm, the newest of these, and the same one every time."""

import datetime as dt
import json
import re
import tomllib
from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.advice.pin import Advice, Candidate, recommend
from matrix.findings.model import Level
from matrix.findings.rules import CANNOT_BE_USED, CRASHES, CUT, HANGS, MISSES, NEEDLESS, SILENT, STATUS, UNNAMED
from matrix.model import DEFAULT_PYTHON, Lane
from matrix.observation import Outcome
from matrix.releases.selection import admits
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.knowing import (
    BEDROCK,
    DOCUMENTED,
    HANGING,
    NAMELESS,
    NO_CLIENT,
    NOW,
    RELAXED,
    TYPED,
    VERTEX,
    MeasuredRelease,
    histories,
    knowledge,
    released,
    specifiers,
)
from tests.support.knowing import LEGACY as OLD_CALL
from tests.support.paths import DATA

TODAY: Final = dt.date(2026, 6, 1)

RIGHT: Final = msgspec.structs.replace(TYPED, handlers={"by-type": "rrrrrr", "by-class": "rrrrrr", "remedy": "rrrrrr"})
"""A release on which every handler is right."""


def ask(releases: Sequence[MeasuredRelease], specifier: str = "", as_of: dt.date = TODAY, **options: Any) -> Advice:
    """Recommend one of these releases."""
    return recommend(knowledge(*releases), SpecifierSet(specifier), as_of=as_of, **options)


def pin(releases: Sequence[MeasuredRelease], specifier: str = "", **options: Any) -> str:
    """Return the recommended version; empty if there is none."""
    recommended = ask(releases, specifier, **options).pin
    return recommended.version if recommended else ""


def passed(advice: Advice) -> dict[str, tuple[str, ...]]:
    """Return the rejected versions by reason."""
    return {rejected.reason: rejected.versions for rejected in advice.passed}


def days_ago(days: int) -> dt.date:
    """Return a day before today."""
    return TODAY - dt.timedelta(days=days)


# The choice.


@pytest.mark.parametrize(
    ("releases", "options", "expected"),
    [
        pytest.param([released("1.9.0"), released("1.10.0")], {}, "1.10.0", id="newest by version"),
        pytest.param([released("1.0.0"), released("1.1.0", NAMELESS)], {}, "1.0.0", id="names its errors"),
        pytest.param([released("1.0.0", NAMELESS), released("1.1.0", HANGING)], {}, "1.0.0", id="does not hang"),
        pytest.param([released("1.0.0", NAMELESS), released("1.1.0", OLD_CALL)], {}, "1.0.0", id="has messages"),
        pytest.param([released("1.0.0", NAMELESS), released("1.1.0", NO_CLIENT, own=TYPED)], {}, "1.0.0", id="today"),
        pytest.param([released("1.0.0", NO_CLIENT, own=TYPED)], {}, "1.0.0", id="as released"),
        pytest.param([released("1.0.0"), released("2.0.0", DOCUMENTED)], {}, "2.0.0", id="raises the documented code"),
        pytest.param([released("1.0.0"), released("1.1.0rc1")], {}, "1.0.0", id="no pre-release"),
        pytest.param([released("1.0.0"), released("1.1.0rc1")], {"specifier": ">=1.1rc1"}, "1.1.0rc1", id="is named"),
        pytest.param([released("1.0.0"), released("2.0.0")], {"specifier": "<2"}, "1.0.0", id="allowed by the range"),
        pytest.param([released("1.0.0"), released("2.0.0", yanked="")], {}, "1.0.0", id="not yanked"),
        pytest.param([released("1.0.0", yanked="")], {"specifier": "==1.0.0"}, "", id="yanked"),
        pytest.param([released("1.0.0"), released("2.0.0", has_wheel=False)], {}, "1.0.0", id="has a wheel"),
        pytest.param([released("1.0.0"), released("2.0.0", None)], {}, "1.0.0", id="was measured"),
        pytest.param([released("1.0.0"), released("2.0.0", Outcome.COMPLETED)], {}, "1.0.0", id="was judged"),
        pytest.param([released("1.0.0"), released("2.0.0", Outcome.CANNOT_IMPORT)], {}, "1.0.0", id="can be imported"),
        pytest.param(
            [released("1.0.0"), released("2.0.0", requires_python=">=3.12")], {}, "1.0.0", id="this Python"
        ),
        pytest.param(
            [released("1.0.0"), released("2.0.0", requires_python=">=3.12")], {"python": "3.12"}, "2.0.0", id="3.12"
        ),
        pytest.param(
            [released("1.0.0"), released("2.0.0", day=days_ago(-1))], {}, "1.0.0", id="already out"
        ),
        pytest.param(
            [released("1.0.0"), released("2.0.0", day=days_ago(0))], {}, "2.0.0", id="out on that day"
        ),
        pytest.param(
            [released("1.0.0"), released("2.0.0", day=days_ago(6))], {"min_age": 7}, "1.0.0", id="too young"
        ),
        pytest.param([released("1.0.0"), released("2.0.0", day=days_ago(7))], {"min_age": 7}, "2.0.0", id="old enough"),
        pytest.param([released("1.0.0")], {"min_age": 10**6}, "", id="all too young"),
        pytest.param([released("1.0.0")], {"as_of": dt.date.min, "min_age": 10}, "", id="before any"),
        pytest.param([], {}, "", id="no releases"),
        pytest.param([released("1.0.0")], {"specifier": ">=2"}, "", id="empty range"),
    ],
)  # fmt: skip
def test_the_newest_of_the_least_harmful_releases_is_recommended(
    releases: list[MeasuredRelease], options: dict[str, Any], expected: str
) -> None:
    """Check every reason to prefer or reject one."""
    assert expected == pin(releases, **options)


def letters(word: str) -> Any:
    """Make a release on which `by-type` has these letters."""
    return msgspec.structs.replace(RIGHT, handlers={"by-type": word, "remedy": "rrrrrr"})


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("rrrrrr", "nrrrrr"),
        ("nnnnnn", "rrmrrr"),
        ("rrmmmm", "rrrrrc"),
        ("rrmrrr", "rrmmrr"),
        ("rrmrrr", "rrmsrr"),
        ("crrrrr", "ccrrrr"),
        ("uuuuuu", "nrrrrr"),
    ],
)
def test_harm_is_ordered_worst_first(better: str, worse: str) -> None:
    """Check crashes, missed retries and needless retries, each by its number of scenarios."""
    releases = [released("1.0.0", letters(better)), released("1.1.0", letters(worse))]
    assert "1.0.0" == pin(releases, catching=["by-type"])


def test_the_release_that_hangs_less_is_better() -> None:
    """Check that the newer one is not preferred."""
    more = msgspec.structs.replace(TYPED, hangs=("reset", "eof-mid"))
    assert "1.0.0" == pin([released("1.0.0", HANGING), released("1.1.0", more)])


def test_the_handler_decides() -> None:
    """Check that the newest release is not the best for every handler."""
    releases = [released("1.0.0", NAMELESS), released("1.1.0", RIGHT)]
    by_class = [released("1.0.0", RIGHT), released("1.1.0", NAMELESS)]
    assert ["1.1.0", "1.0.0"] == [pin(listed, catching=["by-class"]) for listed in (releases, by_class)]


def test_a_release_without_the_extra_is_rejected() -> None:
    """Check that no release is blamed for an extra that was never measured and has no client."""
    releases = [
        released("1.0.0", extras={"aiohttp": TYPED}),
        released("1.1.0", msgspec.structs.replace(TYPED, hangs=())),
    ]
    assert {"aiohttp": "1.0.0", "mcp": "1.1.0"} == {
        extra: pin(releases, extras=[extra]) for extra in ("aiohttp", "mcp")
    }


def test_a_release_is_pinned_for_the_client_of_an_extra() -> None:
    """Its own record decides, and one that was not measured is not pinned."""
    releases = [
        released("1.0.0", clients={"vertex": VERTEX}),
        released("1.1.0", clients={"vertex": msgspec.structs.replace(VERTEX, hangs=("reset",))}),
        released("1.2.0"),
    ]
    advice = ask(releases, extras=["vertex"])
    assert ("1.2.0", "1.0.0", ("vertex",)) == (pin(releases), pin(releases, extras=["vertex"]), advice.clients)
    assert {"not measured with AnthropicVertex": ("1.2.0",)} == passed(advice)


def test_a_named_client_brings_its_extra_into_the_pin() -> None:
    """Without the extra, it could not be installed."""
    advice = ask([released("1.0.0", clients={"bedrock": BEDROCK})], clients=["bedrock"])
    assert "anthropic[bedrock]==1.0.0" == advice.lines["requirements"]


def test_a_release_before_the_client_of_an_extra_is_rejected() -> None:
    """Check that neither the pin nor its range admits it, and that an unknown extra rejects nothing."""
    clients = {"aws": VERTEX}
    releases = [released("0.87.0"), released("0.88.0", clients=clients), released("0.89.0", clients=clients)]
    advice = ask(releases, extras=["aws"])
    assert ["lacks the extra aws"] == [rejected.reason for rejected in advice.passed]
    assert 'dependencies = ["anthropic[aws]>=0.88.0,<=0.89.0"]' == advice.lines["pyproject"]
    assert () == ask(releases, extras=["bedrok"]).passed


# Reasons and alternatives.


def test_rejected_releases_have_a_reason() -> None:
    """Check that each has one, oldest first."""
    releases = [
        released("1.0.0"),
        released("1.1.0", yanked="leaks"),
        released("1.2.0", has_wheel=False),
        released("1.3.0", requires_python=">=3.12"),
        released("1.4.0", None),
        released("1.5.0", Outcome.CANNOT_IMPORT),
        released("1.6.0", NO_CLIENT),
        released("1.7.0", day=days_ago(3)),
        released("1.8.0", day=days_ago(-1)),
    ]
    assert {
        "yanked": ("1.1.0",),
        "no wheel": ("1.2.0",),
        "does not support Python 3.11": ("1.3.0",),
        "not measured": ("1.4.0",),
        "can't be used": ("1.5.0", "1.6.0"),
        "uploaded less than 7 days ago": ("1.7.0",),
        "uploaded after that day": ("1.8.0",),
    } == passed(ask(releases, min_age=7))


@pytest.mark.parametrize(
    ("releases", "options", "why"),
    [
        ([], {}, "No known release can be pinned."),
        (
            [released("1.0.0")],
            {},
            "It is the only release that can be pinned; it has no errors and no warnings.",
        ),
        (
            [released("1.0.0"), released("1.1.0")],
            {},
            "It is the newest of 2 equal releases that can be pinned; it has no errors and no warnings.",
        ),
        (
            [released("1.0.0"), released("1.1.0", NAMELESS)],
            {},
            (
                "Of the 2 releases that can be pinned, 1 does the least harm (no errors and no warnings); this is the "
                "newest of them. 1.1.0 is newer, but has more clients whose errors no `type` names: 1 instead of 0."
            ),
        ),
        (
            [released("1.0.0", NAMELESS), released("1.1.0"), released("1.2.0")],
            {},
            (
                "Of the 3 releases that can be pinned, 2 do the least harm (no errors and no warnings); this is the "
                "newest of them."
            ),
        ),
        (
            [released("1.0.0", NAMELESS)],
            {"catching": ["by-class"]},
            "It is the only release that can be pinned; it has 2 errors.",
        ),
    ],
    ids=["no release", "one release", "equal releases", "not the newest", "the newest", "with errors"],
)
def test_the_recommendation_has_a_sentence(releases: list[MeasuredRelease], options: dict[str, Any], why: str) -> None:
    """Check the number of candidates, equal ones, and the fault of a newer one."""
    assert why == ask(releases, **options).why


def test_avoided_faults_are_those_of_other_releases() -> None:
    """Check that a fault of the pin is not avoided."""
    releases = [
        released("1.0.0", NAMELESS),
        released("1.1.0", NAMELESS),
        released("1.2.0", HANGING),
        released("1.3.0"),
    ]
    assert {
        "No `type` names an error inside a stream: 2 others, 1.0.0 to 1.1.0",
        "A call does not end before the deadline: 1.2.0",
    } == set(ask(releases).buys)


def test_avoided_faults_name_their_handler() -> None:
    """Check its id."""
    avoided = ask([released("1.0.0", NAMELESS), released("1.1.0", RIGHT)], catching=["by-type"]).buys
    assert ("The handler itself crashes (`by-type`): 1.0.0",) == avoided


@pytest.mark.parametrize(
    ("measured", "catching", "remains", "is_mended"),
    [
        (DOCUMENTED, [], [], False),
        (TYPED, [], [STATUS, CUT], True),
        (NAMELESS, [], [UNNAMED, CUT], True),
        (NAMELESS, ["by-type"], [CRASHES, UNNAMED], True),
        (RIGHT, ["remedy"], [STATUS], False),
        (msgspec.structs.replace(DOCUMENTED, hangs=("reset",)), [], [HANGS], False),
    ],
    ids=["nothing", "notes", "a warning", "a crash", "a fault that the remedy mends", "a hang"],
)  # fmt: skip
def test_remaining_faults_say_whether_the_remedy_mends_them(
    measured: Any, catching: list[str], remains: list[str], *, is_mended: bool
) -> None:
    """Check that it mends names and silent ends, and not hangs."""
    advice = ask([released("1.0.0", measured)], catching=catching)
    assert (remains, is_mended) == ([fact.rule for fact in advice.remains], advice.remedy)


def test_the_remedy_mends_no_dependencies() -> None:
    """Check a release with pinned dependencies."""
    advice = ask([released("1.0.0", NO_CLIENT, own=DOCUMENTED)])
    assert ([CANNOT_BE_USED], False) == ([fact.rule for fact in advice.remains], advice.remedy)


@pytest.mark.parametrize(
    ("releases", "options", "expected"),
    [
        pytest.param([released("1.0.0")], {}, "", id="no other release"),
        pytest.param(
            [released("1.0.0"), released("1.1.0")],
            {},
            "1.0.0 is the second best: no errors and no warnings",
            id="the second best release",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", NAMELESS)],
            {},
            "1.1.0 is the second best: more clients whose errors no `type` names: 1 instead of 0",
            id="a newer release",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", day=days_ago(2))],
            {"min_age": 7},
            "1.1.0 on 2026-06-06, 7 days after its upload: no errors and no warnings",
            id="a release that is too young",
        ),
        pytest.param(
            [released("1.0.0", NAMELESS), released("1.1.0", day=days_ago(2))],
            {"min_age": 7},
            "1.1.0 on 2026-06-06, 7 days after its upload: fewer clients whose errors no `type` names: 0 instead of 1",
            id="a better release that is too young",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", NAMELESS, day=days_ago(2))],
            {"min_age": 7},
            "",
            id="a young release that is bad",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", day=days_ago(0))],
            {"min_age": 1},
            "1.1.0 on 2026-06-02, 1 day after its upload: no errors and no warnings",
            id="a release of tomorrow",
        ),
    ],
)
def test_the_next_choice_is_named(releases: list[MeasuredRelease], options: dict[str, Any], expected: str) -> None:
    """Check the release that is not old enough yet, or else the second best."""
    assert expected == ask(releases, **options).next


# Lines to write.


def test_a_pin_is_written_for_each_file() -> None:
    """Check a requirements file, pyproject.toml, and Renovate."""
    assert {
        "requirements": "anthropic==1.2.3",
        "pyproject": 'dependencies = ["anthropic==1.2.3"]',
        "renovate": '{"packageRules": [{"matchPackageNames": ["anthropic"], "allowedVersions": "<=1.2.3"}]}',
    } == ask([released("1.2.3")]).lines


@pytest.mark.parametrize(
    ("releases", "options", "expected"),
    [
        pytest.param([released("0.45.0")], {}, "==0.45.0", id="one release before 1.0"),
        pytest.param([released("2.12.0")], {}, "==2.12.0", id="one release"),
        pytest.param(
            [released("1.0.0"), released("1.1.0", NAMELESS)],
            {},
            "==1.0.0",
            id="not up to a worse release",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", day=days_ago(1))],
            {"min_age": 7},
            "==1.0.0",
            id="not up to a release that is too young",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", None)],
            {},
            "==1.0.0",
            id="not up to an unknown release",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0")],
            {"specifier": "<1.1"},
            "==1.0.0",
            id="within the given range",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", yanked="")],
            {},
            "==1.0.0",
            id="past a yanked release",
        ),
        pytest.param(
            [released("1.0.0"), released("2.1.0", NAMELESS)],
            {},
            "==1.0.0",
            id="not up to the next series",
        ),
        pytest.param(
            [
                released("0.9.0", NAMELESS),
                released("1.0.0"),
                released("1.1.0rc1"),
                released("1.1.0"),
                released("1.2.0"),
            ],
            {},
            ">=1.0.0,<=1.2.0",
            id="down to the oldest equal release",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", None), released("1.2.0")],
            {},
            "==1.2.0",
            id="not down past an unknown release",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", yanked=""), released("1.2.0")],
            {},
            ">=1.0.0,<=1.2.0",
            id="down past a yanked release",
        ),
    ],
)
def test_a_range_is_written_for_a_project(
    releases: list[MeasuredRelease], options: dict[str, Any], expected: str
) -> None:
    """Check that it allows no release that was rejected, and none that is uploaded later."""
    line = tomllib.loads(ask(releases, **options).lines["pyproject"])["dependencies"][0]
    assert SpecifierSet(expected) == Requirement(line).specifier


def test_pinned_dependencies_are_written_too() -> None:
    """Check one line each, and that Renovate leaves them."""
    advice = ask([released("1.0.0", NO_CLIENT, own=TYPED)])
    dependencies = ["httpx==0.27.0"]
    assert ["anthropic==1.0.0", *dependencies] == advice.lines["requirements"].splitlines()
    assert dependencies == tomllib.loads(advice.lines["pyproject"])["dependencies"][1:]
    rules = json.loads(advice.lines["renovate"])["packageRules"]
    assert {"anthropic", *(line.partition("==")[0] for line in dependencies)} == {
        name for rule in rules for name in rule["matchPackageNames"]
    }


def test_extras_are_written_in_the_given_order() -> None:
    """Check each file."""
    measured = released("1.0.0", clients={"bedrock": BEDROCK, "vertex": VERTEX})
    lines = ask([measured], extras=["vertex", "bedrock"]).lines
    assert ("anthropic[bedrock,vertex]==1.0.0", {"bedrock", "vertex"}) == (
        lines["requirements"],
        Requirement(tomllib.loads(lines["pyproject"])["dependencies"][0]).extras,
    )


def test_nothing_is_written_without_a_pin() -> None:
    """Check that no faults and no next choice are named."""
    advice = ask([])
    assert (None, {}, (), (), False, "") == (
        advice.pin,
        advice.lines,
        advice.buys,
        advice.remains,
        advice.remedy,
        advice.next,
    )


# Properties of every recommendation.

questions = st.fixed_dictionaries(
    {
        "catching": st.lists(st.sampled_from(["by-type", "by-class", "always", "remedy"]), unique=True, max_size=2),
        "python": st.sampled_from(["3.8", "3.11", "3.12"]),
        "min_age": st.integers(0, 120),
        "as_of": st.integers(0, 250).map(lambda days: dt.date(2026, 1, 1) + dt.timedelta(days=days)),
        "extras": st.sampled_from([(), ("aiohttp",)]),
    }
)

ORDER: Final[Sequence[Collection[str]]] = (
    {CANNOT_BE_USED},
    {HANGS},
    {CRASHES},
    {SILENT, MISSES},
    {NEEDLESS},
    {UNNAMED},
)
"""Harm, the worst first."""

WORDS_OF_HARM: Final = {
    frozenset({CANNOT_BE_USED}): "problems with today's dependencies",
    frozenset({HANGS}): "scenarios that hang",
    frozenset({CRASHES}): "scenarios in which a handler crashes",
    frozenset({SILENT, MISSES}): "scenarios in which a handler treats a failure as success or does not retry it",
    frozenset({NEEDLESS}): "scenarios in which a handler retries without need",
    frozenset({UNNAMED}): "clients whose errors no `type` names",
}
"""What a sentence counts for each group of rules."""


def harm(candidate: Candidate) -> list[int]:
    """Count the newer APIs that are missing, and the scenarios in which each rule is broken."""
    return [candidate.apis_missing] + [
        sum(fact.scenarios or 1 for fact in candidate.facts if fact.rule in rules) for rules in ORDER
    ]


@RELAXED
@given(releases=histories(), specifier=specifiers, question=questions, data=st.data())
def test_equal_questions_have_equal_answers(
    releases: list[MeasuredRelease], specifier: str, question: dict[str, Any], data: st.DataObject
) -> None:
    """Check data that was read in another order."""
    known = knowledge(*releases)
    shuffled = msgspec.structs.replace(
        known,
        measurements=dict(data.draw(st.permutations(list(known.measurements.items())))),
    )
    answer, other = (recommend(each, SpecifierSet(specifier), **question) for each in (known, shuffled))
    assert msgspec.json.encode(answer) == msgspec.json.encode(other)


@RELAXED
@given(releases=histories(), specifier=specifiers, question=questions)
def test_a_recommended_release_passes_every_condition(
    releases: list[MeasuredRelease], specifier: str, question: dict[str, Any]
) -> None:
    """Check range, age, yanked, measured, usable, wheel and Python."""
    recommended = ask(releases, specifier, **question).pin
    if recommended is None:
        return
    (candidate,) = [candidate for candidate in releases if candidate.version == recommended.version]
    assert SpecifierSet(specifier).contains(candidate.version, prereleases=True)
    assert question["min_age"] <= (question["as_of"] - candidate.day).days
    assert (None, True) == (candidate.yanked, candidate.has_wheel)
    assert admits(candidate.release, question["python"])
    useless = (None, NO_CLIENT, Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL)
    assert not all(measured in useless for measured in (candidate.today, candidate.own))


@RELAXED
@given(releases=histories(min_size=2), specifier=specifiers, question=questions)
def test_no_other_release_is_better(releases: list[MeasuredRelease], specifier: str, question: dict[str, Any]) -> None:
    """Check that each other one does more harm, is older, or is rejected with a reason."""
    advice = ask(releases, specifier, **question)
    known = knowledge(*releases)
    alone = [recommend(known, SpecifierSet(f"=={candidate.version}"), **question).pin for candidate in releases]
    allowed = SpecifierSet(specifier)
    candidates = [
        candidate
        for candidate in alone
        if candidate and allowed.contains(candidate.version, prereleases=bool(allowed.prereleases))
    ]
    best = min(candidates, key=lambda candidate: harm(candidate), default=None)
    alike = [candidate for candidate in candidates if best and harm(candidate) == harm(best)]
    expected = max(alike, key=lambda candidate: Version(candidate.version), default=None)
    assert expected == advice.pin
    rejected = [version for candidate in advice.passed for version in candidate.versions]
    others = [candidate.version for candidate in candidates]
    in_range = [release.version for release in releases if allowed.contains(release.version, prereleases=True)]
    assert sorted([*rejected, *others]) == sorted(in_range)


@RELAXED
@given(releases=histories(), specifier=specifiers, question=questions)
def test_written_lines_give_the_pin(releases: list[MeasuredRelease], specifier: str, question: dict[str, Any]) -> None:
    """Check with packaging, tomllib and json that an installer takes it today."""
    advice = ask(releases, specifier, **question)
    if advice.pin is None:
        return
    version = advice.pin.version
    first, *others = [Requirement(line) for line in advice.lines["requirements"].splitlines()]
    assert ("anthropic", f"=={version}", set(question["extras"])) == (first.name, str(first.specifier), first.extras)
    ranged, *others_too = map(Requirement, tomllib.loads(advice.lines["pyproject"])["dependencies"])
    assert ("anthropic", first.extras, others) == (ranged.name, ranged.extras, others_too)
    to_be_had = [
        candidate.version
        for candidate in releases
        if candidate.yanked is None
        and candidate.has_wheel
        and admits(candidate.release, advice.python)
        and ranged.specifier.contains(candidate.version, prereleases=Version(version).is_prerelease)
    ]
    assert version == max(to_be_had, key=Version)
    rule, *_ = json.loads(advice.lines["renovate"])["packageRules"]
    assert (["anthropic"], True) == (
        rule["matchPackageNames"],
        SpecifierSet(rule["allowedVersions"]).contains(version, prereleases=True),
    )


@RELAXED
@given(releases=histories(), specifier=specifiers, question=questions)
def test_words_and_numbers_agree(releases: list[MeasuredRelease], specifier: str, question: dict[str, Any]) -> None:
    """Check that errors and warnings are counted."""
    advice = ask(releases, specifier, **question)
    if advice.pin is None:
        return
    levels = [fact.level for fact in advice.remains]
    assert (levels.count(Level.ERROR), levels.count(Level.WARNING), advice.pin.facts) == (
        advice.pin.errors,
        advice.pin.warnings,
        advice.remains,
    )
    assert levels == sorted(levels, key=list(Level).index)
    assert re.fullmatch(r"[A-Z].*\.", advice.why)


# The committed data.


@pytest.mark.parametrize(
    ("specifier", "options", "holds"),
    [
        pytest.param("<0.87", {}, "<0.87", id="no release before 0.87 names its errors"),
        pytest.param(">=0.40", {}, ">=0.87", id="a release that names its errors"),
        pytest.param("<0.40", {}, ">=0.16", id="a release with the messages API, though none can be used"),
        pytest.param("", {"python": "3.8"}, "<0.73", id="an older release for an old Python"),
        pytest.param("", {"catching": ["class-overloaded"]}, ">=0.108", id="a release that has the class"),
        pytest.param("", {"as_of": dt.date(2025, 1, 24)}, "<=0.45.0", id="as of an earlier day"),
    ],
)
def test_a_measured_release_is_recommended(specifier: str, options: dict[str, Any], holds: str) -> None:
    """Check facts that no later measurement changes."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    asked: dict[str, Any] = {"as_of": known.measured, **options}
    recommended = recommend(known, SpecifierSet(specifier), **asked).pin
    assert recommended is not None
    assert SpecifierSet(holds).contains(recommended.version)


@pytest.mark.parametrize("client", [client.id for client in ANTHROPIC.clients])
def test_the_reason_against_a_newer_release_decides(client: str) -> None:
    """Compare it with the harm of both releases, for every handler: counts of errors can speak for the newer one."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    day = known.measured
    assert day is not None
    ordered = ["missing APIs", *(WORDS_OF_HARM[frozenset(rules)] for rules in ORDER)]
    reasons = 0
    for handler in known.handlers:

        def ask_for(specifier: str, handler: str = handler) -> Advice:
            return recommend(
                known,
                SpecifierSet(specifier),
                as_of=day,
                catching=[handler],
                clients=[client] if client else [],
            )

        advice = ask_for("")
        assert advice.pin is not None
        if found := re.search(r"(\S+) is newer, but has more (.+): (\d+) instead of (\d+)\.$", advice.why):
            newer = ask_for(f"=={found[1]}").pin
            assert newer is not None
            assert Version(newer.version) > Version(advice.pin.version)
            place = ordered.index(found[2])
            mine, theirs = harm(advice.pin), harm(newer)
            assert (mine[:place], int(found[4]), int(found[3])) == (theirs[:place], mine[place], theirs[place]), handler
            assert theirs[place] > mine[place]
            reasons += 1
        else:
            assert "is newer" not in advice.why
    assert reasons  # such as for `connection`, which crashes on later releases


def test_releases_that_need_older_dependencies_name_them() -> None:
    """Check httpx, without whose old version no client can be made."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    recommended = recommend(known, SpecifierSet("==0.28.1"), as_of=TODAY).pin
    assert recommended is not None
    own = known.measurements["0.28.1", Lane.AS_RELEASED].lock
    assert f"httpx=={own['httpx']}" in recommended.beside
    assert NOW.keys() - {"idna"} >= {dependency.partition("==")[0] for dependency in recommended.beside} - {
        "requests",
        "urllib3",
    }


def test_pre_releases_are_skipped_by_name() -> None:
    """Check a range that names none, and one that names one."""
    releases = (released("1.0.0"), released("1.1.0rc1"), released("1.1.0"), released("2.0.0rc1"))
    assert {"a pre-release": ("1.1.0rc1", "2.0.0rc1")} == passed(ask(releases))
    assert {"a pre-release": ("1.1.0rc1",)} == passed(ask(releases, "<2"))
    assert {} == passed(ask(releases, ">=1.1.0rc1"))
