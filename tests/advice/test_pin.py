"""Which release to pin: the one that does the least harm, of those the newest, and the same one every time."""

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
from matrix.findings.rules import CANNOT_BE_USED, CRASHES, CUT, HANGS, LEGACY, MISSES, NEEDLESS, SILENT, STATUS, UNNAMED
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
    TYPED,
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
"""Whatever way of catching is right with it."""


def ask(releases: Sequence[MeasuredRelease], specifier: str = "", as_of: dt.date = TODAY, **options: Any) -> Advice:
    """Which of these to pin."""
    return recommend(knowledge(*releases), SpecifierSet(specifier), as_of=as_of, **options)


def pin(releases: Sequence[MeasuredRelease], specifier: str = "", **options: Any) -> str:
    """Its version; empty if there is none."""
    found = ask(releases, specifier, **options).pin
    return found.version if found else ""


def passed(advice: Advice) -> dict[str, tuple[str, ...]]:
    """What may not be pinned, by why."""
    return {one.reason: one.versions for one in advice.passed}


def days_ago(days: int) -> dt.date:
    """A day, seen from today."""
    return TODAY - dt.timedelta(days=days)


# Which.


@pytest.mark.parametrize(
    ("releases", "options", "expected"),
    [
        pytest.param([released("1.9.0"), released("1.10.0")], {}, "1.10.0", id="newest by version"),
        pytest.param([released("1.0.0"), released("1.1.0", NAMELESS)], {}, "1.0.0", id="names its errors"),
        pytest.param([released("1.0.0", NAMELESS), released("1.1.0", HANGING)], {}, "1.0.0", id="does not hang"),
        pytest.param([released("1.0.0", NAMELESS), released("1.1.0", OLD_CALL)], {}, "1.0.0", id="has messages"),
        pytest.param([released("1.0.0", NAMELESS), released("1.1.0", NO_CLIENT, own=TYPED)], {}, "1.0.0", id="today"),
        pytest.param([released("1.0.0", NO_CLIENT, own=TYPED)], {}, "1.0.0", id="as released"),
        pytest.param([released("1.0.0"), released("2.0.0", DOCUMENTED)], {}, "2.0.0", id="documented"),
        pytest.param([released("1.0.0"), released("1.1.0rc1")], {}, "1.0.0", id="no pre-release"),
        pytest.param([released("1.0.0"), released("1.1.0rc1")], {"specifier": ">=1.1rc1"}, "1.1.0rc1", id="named"),
        pytest.param([released("1.0.0"), released("2.0.0")], {"specifier": "<2"}, "1.0.0", id="allowed"),
        pytest.param([released("1.0.0"), released("2.0.0", yanked="")], {}, "1.0.0", id="not yanked"),
        pytest.param([released("1.0.0", yanked="")], {"specifier": "==1.0.0"}, "", id="the only one is yanked"),
        pytest.param([released("1.0.0"), released("2.0.0", has_wheel=False)], {}, "1.0.0", id="has a wheel"),
        pytest.param([released("1.0.0"), released("2.0.0", None)], {}, "1.0.0", id="measured"),
        pytest.param([released("1.0.0"), released("2.0.0", Outcome.COMPLETED)], {}, "1.0.0", id="judged"),
        pytest.param([released("1.0.0"), released("2.0.0", Outcome.CANNOT_IMPORT)], {}, "1.0.0", id="imports"),
        pytest.param(
            [released("1.0.0"), released("2.0.0", requires_python=">=3.12")], {}, "1.0.0", id="for this Python"
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
def test_to_be_pinned_is(releases: list[MeasuredRelease], options: dict[str, Any], expected: str) -> None:
    """The least harmful of those that may be, and of these the newest."""
    assert expected == pin(releases, **options)


def letters(word: str) -> Any:
    """A release in which `by-type` is worth these letters."""
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
def test_harm_is_counted_worst_first(better: str, worse: str) -> None:
    """A crash before giving up, that before trying in vain; and each in as few scenarios as can be."""
    releases = [released("1.0.0", letters(better)), released("1.1.0", letters(worse))]
    assert "1.0.0" == pin(releases, catching=["by-type"])


def test_of_two_that_hang_the_one_that_hangs_less_is_better() -> None:
    """Whichever is newer."""
    more = msgspec.structs.replace(TYPED, hangs=("reset", "eof-mid"))
    assert "1.0.0" == pin([released("1.0.0", HANGING), released("1.1.0", more)])


def test_how_errors_are_caught_decides() -> None:
    """The newest is not the best for everybody."""
    releases = [released("1.0.0", NAMELESS), released("1.1.0", RIGHT)]
    by_class = [released("1.0.0", RIGHT), released("1.1.0", NAMELESS)]
    assert ["1.1.0", "1.0.0"] == [pin(one, catching=["by-class"]) for one in (releases, by_class)]


def test_an_extra_that_a_release_lacks_is_not_to_be_had_from_it() -> None:
    """Where it is known which releases offer it; one that was never measured says nothing."""
    releases = [
        released("1.0.0", extras={"aiohttp": TYPED}),
        released("1.1.0", msgspec.structs.replace(TYPED, hangs=())),
    ]
    assert {"aiohttp": "1.0.0", "vertex": "1.1.0"} == {
        extra: pin(releases, extras=[extra]) for extra in ("aiohttp", "vertex")
    }


# Why, and what else.


def test_what_may_not_be_pinned_is_told_with_the_reason() -> None:
    """Each release under one reason, oldest first."""
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
                "newest of them. 1.1.0 is newer, but has 1 warning."
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
    ids=["none", "one", "all the same", "not the newest", "the newest", "with errors"],
)
def test_it_is_said_why(releases: list[MeasuredRelease], options: dict[str, Any], why: str) -> None:
    """How many there are to choose from, how many do the same, and what is wrong with a newer one."""
    assert why == ask(releases, **options).why


def test_what_it_spares_is_what_others_have() -> None:
    """By rule; what it has itself is not spared."""
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


def test_what_it_spares_is_told_of_each_way_of_catching() -> None:
    """By its id."""
    found = ask([released("1.0.0", NAMELESS), released("1.1.0", RIGHT)], catching=["by-type"]).buys
    assert ("The handler itself crashes (`by-type`): 1.0.0",) == found


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
    ids=["nothing", "notes", "a warning", "a crash", "what the remedy is for", "a hang"],
)  # fmt: skip
def test_what_remains_is_told_and_whether_the_remedy_mends_it(
    measured: Any, catching: list[str], remains: list[str], *, is_mended: bool
) -> None:
    """It names errors and sees a stream cut short; it does not end a call that hangs."""
    found = ask([released("1.0.0", measured)], catching=catching)
    assert (remains, is_mended) == ([fact.rule for fact in found.remains], found.remedy)


def test_dependencies_of_another_day_are_nothing_that_the_remedy_mends() -> None:
    """They are pinned beside it."""
    found = ask([released("1.0.0", NO_CLIENT, own=DOCUMENTED)])
    assert ([CANNOT_BE_USED], False) == ([fact.rule for fact in found.remains], found.remedy)


@pytest.mark.parametrize(
    ("releases", "options", "expected"),
    [
        pytest.param([released("1.0.0")], {}, "", id="nothing"),
        pytest.param(
            [released("1.0.0"), released("1.1.0")],
            {},
            "1.0.0 is the second best: no errors and no warnings",
            id="the second best",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", NAMELESS)],
            {},
            "1.1.0 is the second best: 1 warning",
            id="a newer one",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", day=days_ago(2))],
            {"min_age": 7},
            "1.1.0 on 2026-06-06, 7 days after its upload: no errors and no warnings",
            id="one that is too young",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", NAMELESS, day=days_ago(2))],
            {"min_age": 7},
            "",
            id="a young one that is bad",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", day=days_ago(0))],
            {"min_age": 1},
            "1.1.0 on 2026-06-02, 1 day after its upload: no errors and no warnings",
            id="tomorrow",
        ),
    ],
)
def test_next_would_be(releases: list[MeasuredRelease], options: dict[str, Any], expected: str) -> None:
    """What will be the choice once it is old enough; else the second best."""
    assert expected == ask(releases, **options).next


# How it is written.


def test_a_pin_is_written_as() -> None:
    """In a requirements file, in pyproject.toml, and for Renovate."""
    assert {
        "requirements": "anthropic==1.2.3",
        "pyproject": 'dependencies = ["anthropic>=1.2.3,<2"]',
        "renovate": '{"packageRules": [{"matchPackageNames": ["anthropic"], "allowedVersions": "<=1.2.3"}]}',
    } == ask([released("1.2.3")]).lines


@pytest.mark.parametrize(
    ("releases", "options", "expected"),
    [
        pytest.param([released("0.45.0")], {}, ">=0.45.0,<0.46", id="before 1.0 the next minor may do anything"),
        pytest.param([released("2.12.0")], {}, ">=2.12.0,<3", id="after it the next major"),
        pytest.param(
            [released("1.0.0"), released("1.1.0", NAMELESS)],
            {},
            ">=1.0.0,<1.1.0",
            id="up to one that is worse",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", day=days_ago(1))],
            {"min_age": 7},
            ">=1.0.0,<1.1.0",
            id="to one too young",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", None)],
            {},
            ">=1.0.0,<1.1.0",
            id="up to one that is unknown",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0")],
            {"specifier": "<1.1"},
            ">=1.0.0,<1.1.0",
            id="as was asked for",
        ),
        pytest.param(
            [released("1.0.0"), released("1.1.0", yanked="")],
            {},
            ">=1.0.0,<2",
            id="past one that was yanked",
        ),
        pytest.param(
            [released("1.0.0"), released("2.1.0", NAMELESS)],
            {},
            ">=1.0.0,<2",
            id="in its series at most",
        ),
    ],
)
def test_a_project_that_takes_a_range_gets(
    releases: list[MeasuredRelease], options: dict[str, Any], expected: str
) -> None:
    """Nothing with it today that was passed over for the pin."""
    line = tomllib.loads(ask(releases, **options).lines["pyproject"])["dependencies"][0]
    assert SpecifierSet(expected) == Requirement(line).specifier


def test_what_must_be_pinned_beside_it_is_written_too() -> None:
    """Each on a line of its own, as requirements files have it; Renovate is told to leave them too."""
    found = ask([released("1.0.0", NO_CLIENT, own=TYPED)])
    beside = ["httpx==0.27.0"]
    assert ["anthropic==1.0.0", *beside] == found.lines["requirements"].splitlines()
    assert beside == tomllib.loads(found.lines["pyproject"])["dependencies"][1:]
    rules = json.loads(found.lines["renovate"])["packageRules"]
    assert {"anthropic", *(one.partition("==")[0] for one in beside)} == {
        name for rule in rules for name in rule["matchPackageNames"]
    }


def test_extras_are_written_in_order() -> None:
    """As they were asked for."""
    found = ask([released("1.0.0")], extras=["vertex", "bedrock"]).lines
    assert ("anthropic[bedrock,vertex]==1.0.0", {"bedrock", "vertex"}) == (
        found["requirements"],
        Requirement(tomllib.loads(found["pyproject"])["dependencies"][0]).extras,
    )


def test_where_there_is_nothing_to_pin_nothing_is_written() -> None:
    """And nothing remains, is spared or comes next."""
    found = ask([])
    assert (None, {}, (), (), False, "") == (
        found.pin,
        found.lines,
        found.buys,
        found.remains,
        found.remedy,
        found.next,
    )


# Of anything.

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
    {LEGACY},
    {CANNOT_BE_USED},
    {HANGS},
    {CRASHES},
    {SILENT, MISSES},
    {NEEDLESS},
    {UNNAMED},
)
"""Harm, the worst first."""


def harm(candidate: Candidate) -> list[int]:
    """In how many scenarios each rule is broken."""
    return [sum(fact.scenarios or 1 for fact in candidate.facts if fact.rule in rules) for rules in ORDER]


@RELAXED
@given(releases=histories(), specifier=specifiers, question=questions, data=st.data())
def test_the_same_question_has_the_same_answer(
    releases: list[MeasuredRelease], specifier: str, question: dict[str, Any], data: st.DataObject
) -> None:
    """In whatever order what is known was read."""
    known = knowledge(*releases)
    shuffled = msgspec.structs.replace(
        known,
        known=dict(data.draw(st.permutations(list(known.known.items())))),
    )
    one, other = (recommend(each, SpecifierSet(specifier), **question) for each in (known, shuffled))
    assert msgspec.json.encode(one) == msgspec.json.encode(other)


@RELAXED
@given(releases=histories(), specifier=specifiers, question=questions)
def test_what_is_pinned_may_be_pinned(
    releases: list[MeasuredRelease], specifier: str, question: dict[str, Any]
) -> None:
    """Allowed, out for long enough, not yanked, measured, of use, with a wheel, for that Python."""
    found = ask(releases, specifier, **question).pin
    if found is None:
        return
    (one,) = [one for one in releases if one.version == found.version]
    assert SpecifierSet(specifier).contains(one.version, prereleases=True)
    assert question["min_age"] <= (question["as_of"] - one.day).days
    assert (None, True) == (one.yanked, one.has_wheel)
    assert admits(one.release, question["python"])
    useless = (None, NO_CLIENT, Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL)
    assert not all(measured in useless for measured in (one.today, one.own))


@RELAXED
@given(releases=histories(min_size=2), specifier=specifiers, question=questions)
def test_no_other_that_may_be_pinned_is_better(
    releases: list[MeasuredRelease], specifier: str, question: dict[str, Any]
) -> None:
    """Less harm, or as little and newer; and whatever may not be pinned is told as such."""
    advice = ask(releases, specifier, **question)
    known = knowledge(*releases)
    alone = [recommend(known, SpecifierSet(f"=={one.version}"), **question).pin for one in releases]
    allowed = SpecifierSet(specifier)
    candidates = [one for one in alone if one and allowed.contains(one.version, prereleases=bool(allowed.prereleases))]
    best = min(candidates, key=lambda one: harm(one), default=None)
    alike = [one for one in candidates if best and harm(one) == harm(best)]
    expected = max(alike, key=lambda one: Version(one.version), default=None)
    assert expected == advice.pin
    told_of = [version for one in advice.passed for version in one.versions]
    others = {one.version for one in candidates}
    assert sorted(told_of) == sorted(
        one.version
        for one in releases
        if allowed.contains(one.version, prereleases=bool(allowed.prereleases)) and one.version not in others
    )


@RELAXED
@given(releases=histories(), specifier=specifiers, question=questions)
def test_what_is_written_can_be_read_and_gives_the_pin(
    releases: list[MeasuredRelease], specifier: str, question: dict[str, Any]
) -> None:
    """By packaging, tomllib and json; of all releases that may be installed today it takes the one that is pinned."""
    advice = ask(releases, specifier, **question)
    if advice.pin is None:
        return
    version = advice.pin.version
    first, *beside = [Requirement(line) for line in advice.lines["requirements"].splitlines()]
    assert ("anthropic", f"=={version}", set(question["extras"])) == (first.name, str(first.specifier), first.extras)
    ranged, *beside_too = map(Requirement, tomllib.loads(advice.lines["pyproject"])["dependencies"])
    assert ("anthropic", first.extras, beside) == (ranged.name, ranged.extras, beside_too)
    to_be_had = [
        one.version
        for one in releases
        if one.yanked is None
        and one.has_wheel
        and admits(one.release, advice.python)
        and ranged.specifier.contains(one.version, prereleases=Version(version).is_prerelease)
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
    """What remains is what the pin has, counted as its errors and warnings."""
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


# What was measured.


@pytest.mark.parametrize(
    ("specifier", "options", "holds"),
    [
        pytest.param("<0.87", {}, "<0.87", id="no release before 0.87 names its errors"),
        pytest.param(">=0.40", {}, ">=0.87", id="one that does"),
        pytest.param("<0.40", {}, ">=0.16", id="one with the messages API, though none can be used as it is"),
        pytest.param("", {"python": "3.8"}, "<0.73", id="for an old Python an older one"),
        pytest.param("", {"catching": ["class-overloaded"]}, ">=0.108", id="one that has the class"),
        pytest.param("", {"as_of": dt.date(2025, 1, 24)}, "<=0.45.0", id="as of an earlier day"),
    ],
)
def test_of_the_releases_that_were_measured(specifier: str, options: dict[str, Any], holds: str) -> None:
    """Facts that no later measurement changes."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    asked: dict[str, Any] = {"as_of": known.measured, **options}
    found = recommend(known, SpecifierSet(specifier), **asked).pin
    assert found is not None
    assert SpecifierSet(holds).contains(found.version)


def test_of_the_releases_that_need_older_dependencies_these_are_told() -> None:
    """httpx, for sure: what it dropped is why no client can be made."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    found = recommend(known, SpecifierSet("==0.28.1"), as_of=TODAY).pin
    assert found is not None
    own = known.known["0.28.1", Lane.AS_RELEASED].lock
    assert f"httpx=={own['httpx']}" in found.beside
    assert NOW.keys() - {"idna"} >= {one.partition("==")[0] for one in found.beside} - {"requests", "urllib3"}
