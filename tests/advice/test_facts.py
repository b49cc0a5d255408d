"""What there is to know of a release: its facts, each under a rule, at a level, in words."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.advice.facts import REMEDY, Fact, find_facts, find_handler_facts, original_client_pins, unusable_reason
from matrix.advice.ranges import CARRIERS
from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.steps import Family
from matrix.findings.model import Level
from matrix.findings.rules import (
    CANNOT_BE_USED,
    CRASHES,
    CUT,
    HANGS,
    LEGACY,
    LOCK,
    MISSES,
    NEEDLESS,
    RULES,
    SILENT,
    STATUS,
    UNNAMED,
    YANKED,
)
from matrix.model import Lane
from matrix.observation import Judgement, Outcome
from matrix.targets import ANTHROPIC
from tests.support.knowing import (
    DOCUMENTED,
    HANGING,
    NAMELESS,
    NO_CLIENT,
    NOW,
    RELAXED,
    SCENARIOS,
    THEN,
    TYPED,
    MeasuredRelease,
    histories,
    knowledge,
    released,
)
from tests.support.knowing import LEGACY as OLD_CALL

ERROR, WARNING, NOTE = Level.ERROR, Level.WARNING, Level.NOTE
NEWER = released("9.0.0")
"""Names its errors, so that older ones can be told where that began."""


def find(
    one: MeasuredRelease, catching: Collection[str] = (), lane: Lane = Lane.TODAY, extras: Collection[str] = ()
) -> list[Fact]:
    """All that there is to know of a release, beside a newer one."""
    found = find_facts(knowledge(one, NEWER), one.release, lane, catching, extras)
    assert found is not None
    return found


def brief(found: Collection[Fact]) -> list[tuple[str, Level, str]]:
    """Rule, level and handler of each."""
    return [(fact.rule, fact.level, fact.handler) for fact in found]


def only(found: Collection[Fact], rule: str) -> Fact:
    """The one fact under a rule."""
    (fact,) = [fact for fact in found if fact.rule == rule]
    return fact


# Of a release.


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(released("1.0.0"), [(STATUS, NOTE, ""), (CUT, NOTE, "")], id="names its errors"),
        pytest.param(released("1.0.0", NAMELESS), [(UNNAMED, WARNING, ""), (CUT, NOTE, "")], id="does not"),
        pytest.param(released("1.0.0", DOCUMENTED), [], id="does what is documented"),
        pytest.param(
            released("1.0.0", HANGING),
            [(HANGS, ERROR, ""), (STATUS, NOTE, ""), (CUT, NOTE, "")],
            id="does not end a call",
        ),
        pytest.param(
            released("1.0.0", OLD_CALL),
            [(LEGACY, WARNING, ""), (UNNAMED, WARNING, ""), (CUT, NOTE, "")],
            id="has an older call only",
        ),
        pytest.param(
            released("1.0.0", msgspec.structs.replace(TYPED, surface="beta.messages.create")),
            [(LEGACY, WARNING, ""), (STATUS, NOTE, ""), (CUT, NOTE, "")],
            id="has the messages API as a beta only",
        ),
        pytest.param(
            released("1.0.0", msgspec.structs.replace(TYPED, silent=())),
            [(STATUS, NOTE, "")],
            id="never silent",
        ),
        pytest.param(released("1.0.0", NO_CLIENT), [(CANNOT_BE_USED, ERROR, "")], id="can't be used"),
        pytest.param(released("1.0.0", Outcome.CANNOT_IMPORT), [(CANNOT_BE_USED, ERROR, "")], id="can't be imported"),
        pytest.param(released("1.0.0", Outcome.CANNOT_INSTALL), [(CANNOT_BE_USED, ERROR, "")], id="can't be installed"),
        pytest.param(
            released("1.0.0", DOCUMENTED, yanked="leaks"),
            [(YANKED, WARNING, "")],
            id="was yanked, and is right otherwise",
        ),
        pytest.param(
            released("1.0.0", NO_CLIENT, yanked=""),
            [(YANKED, WARNING, ""), (CANNOT_BE_USED, ERROR, "")],
            id="was yanked and can't be used",
        ),
    ],
)
def test_of_a_release_that(one: MeasuredRelease, expected: list[tuple[str, Level, str]]) -> None:
    """One fact for each thing to know, for whoever did not say how errors are caught."""
    assert expected == brief(find(one))


def test_for_those_who_say_how_they_catch_that_is_judged_instead() -> None:
    """That an error has no name and a cut stream no end is what their handler is judged by, so no more than a note."""
    found = find(released("1.0.0", NAMELESS), ["by-type"])
    assert [(UNNAMED, NOTE, ""), (CRASHES, ERROR, "by-type")] == brief(found)


@pytest.mark.parametrize("lane", list(Lane))
def test_of_what_was_not_measured_nothing_is_known(lane: Lane) -> None:
    """Not even that it was yanked is said: unknown comes first."""
    one = released("1.0.0", None, yanked="leaks")
    assert find_facts(knowledge(one, NEWER), one.release, lane, ["by-type"]) is None


def test_lanes_are_judged_apart() -> None:
    """The same release may be right with one set of dependencies and not with another."""
    one = released("1.0.0", NO_CLIENT, own=TYPED)
    assert [[CANNOT_BE_USED], [STATUS, CUT]] == [
        [fact.rule for fact in find(one, lane=lane)] for lane in (Lane.TODAY, Lane.AS_RELEASED)
    ]


@pytest.mark.parametrize(
    ("one", "rule", "message", "instead"),
    [
        pytest.param(
            released("1.0.0"),
            STATUS,
            "an overloaded error inside a stream appears as 200 APIStatusError, type overloaded_error",
            r"Read `error\.type`, not the status",
            id="names its errors",
        ),
        pytest.param(
            released("1.0.0", NAMELESS),
            UNNAMED,
            "an overloaded error inside a stream appears as 200 APIStatusError, without",
            r"Pin 9\.0\.0 or later \(Python >=3\.8\), where `error\.type` names the error",
            id="does not name them",
        ),
        pytest.param(
            released("1.0.0"),
            CUT,
            "a stream ends without an exception after 1 kind of failure",
            r"midstream/remedy\.py",
            id="silent once",
        ),
        pytest.param(
            released("1.0.0", msgspec.structs.replace(TYPED, silent=("eof-mid", "reset"))),
            CUT,
            "a stream ends without an exception after 2 kinds of failure",
            r"midstream/remedy\.py",
            id="silent twice",
        ),
        pytest.param(
            released("1.0.0", HANGING),
            HANGS,
            "calls do not end in 1 scenario: bad-chunk-size",
            "",
            id="hangs",
        ),
        pytest.param(
            released("1.0.0", OLD_CALL),
            LEGACY,
            "the messages API does not exist, so completions.create is judged instead",
            "",
            id="old",
        ),
        pytest.param(
            released("1.0.0", yanked="leaks"),
            YANKED,
            "installers skip the release, since it was yanked (leaks)",
            "",
            id="yanked, with a reason",
        ),
        pytest.param(
            released("1.0.0", yanked=""),
            YANKED,
            "installers skip the release, since it was yanked",
            "",
            id="yanked, without one",
        ),
        pytest.param(
            released("1.0.0", NO_CLIENT, own=TYPED),
            CANNOT_BE_USED,
            "the SDK can't be used with today's dependencies: no client can be made: TypeError, got 'proxies'",
            r"^Pin the dependencies of its upload day, with which it works: "
            r"httpx==0\.27\.0\.$",
            id="no client today",
        ),
        pytest.param(
            released("1.0.0", Outcome.CANNOT_IMPORT),
            CANNOT_BE_USED,
            "the SDK can't be used with today's dependencies: the import fails with ImportError",
            "^$",
            id="no import, ever",
        ),
        pytest.param(
            released("1.0.0", Outcome.CANNOT_INSTALL, own=None),
            CANNOT_BE_USED,
            "the SDK can't be used with today's dependencies: no set of wheels can be installed together",
            "^$",
            id="no installation today, and nothing known of its own day",
        ),
        pytest.param(
            released("1.0.0", NO_CLIENT, own=TYPED, then=NOW),
            CANNOT_BE_USED,
            "the SDK can't be used with today's dependencies: no client can be made: TypeError, got 'proxies'",
            "^$",
            id="no client today, though the packages that carry a stream are the same",
        ),
    ],
)
def test_a_fact_says(one: MeasuredRelease, rule: str, message: str, instead: str) -> None:
    """What it is, as the end of a sentence, and what to do instead."""
    fact = only(find(one), rule)
    assert fact.message.startswith(message)
    assert re.search(instead, fact.instead)


def test_what_cannot_be_used_with_the_dependencies_of_its_day_says_so() -> None:
    """Whoever locked it then is told of then."""
    fact = only(find(released("1.0.0", TYPED, own=Outcome.CANNOT_IMPORT), lane=Lane.AS_RELEASED), CANNOT_BE_USED)
    assert ("the SDK can't be used with the dependencies of its upload day: the import fails with ImportError", "") == (
        fact.message,
        fact.instead,
    )


def test_no_newer_release_is_promised_where_there_is_none() -> None:
    """If no release names its errors, there is none from which on they are named."""
    one = released("1.0.0", NAMELESS)
    found = find_facts(knowledge(one), one.release, Lane.TODAY, ()) or []
    assert (UNNAMED, False) == (found[0].rule, "error.type" in found[0].instead)


def test_no_more_is_claimed_of_all_releases_than_is_so() -> None:
    """Once a release has the documented code, those before it point to it."""
    one, fixed = released("1.0.0"), released("2.0.0", DOCUMENTED)
    fact = only(find_facts(knowledge(one, fixed), one.release, Lane.TODAY, ()) or [], STATUS)
    assert ("no release" in fact.instead, "2.0.0" in fact.instead) == (False, True)


def test_hanging_counts_by_scenario() -> None:
    """So that of two releases the one that hangs less is the better one."""
    assert 1 == only(find(released("1.0.0", HANGING)), HANGS).scenarios


@pytest.mark.parametrize(
    ("measured", "why"),
    [
        (TYPED, ""),
        (NO_CLIENT, "no client can be made: TypeError, got 'proxies'"),
        (Outcome.CANNOT_IMPORT, "the import fails with ImportError"),
        (Outcome.CANNOT_INSTALL, "no set of wheels can be installed together"),
        (Outcome.HARNESS_FAILED, "its measurement ended as harness-failed"),
    ],
)
def test_a_release_is_of_use_unless(measured: Judgement | Outcome, why: str) -> None:
    """A call can be made."""
    assert why == unusable_reason(knowledge(released("1.0.0", measured)).known["1.0.0", Lane.TODAY])


@pytest.mark.parametrize(
    ("now", "then", "expected"),
    [
        pytest.param(NOW, THEN, ["httpx==0.27.0"], id="all moved"),
        pytest.param(NOW, NOW, [], id="none moved"),
        pytest.param(NOW, {**NOW, "idna": "3.7"}, [], id="one that carries no stream moved"),
        pytest.param(NOW, {**NOW, "h11": "0.14.0"}, [], id="one below the client moved"),
        pytest.param({"httpx2": "1"}, {"httpx": "2"}, ["httpx==2"], id="one is gone today"),
        pytest.param({"httpx": "1", "httpx2": "2"}, {"httpx": "1"}, [], id="one is new today"),
    ],
)
def test_its_own_dependencies_are(now: Mapping[str, str], then: Mapping[str, str], expected: list[str]) -> None:
    """The HTTP client that it calls, where today's is another."""
    one = released("1.0.0", now=now, then=then)
    assert expected == original_client_pins(knowledge(one), one.release)


# Of a way of catching.


def judged(letters: str, remedy: str = "", **facets: Any) -> Judgement:
    """A release in which `mine` is worth these letters, one for each scenario."""
    handlers = {"mine": letters, REMEDY: remedy or "r" * len(letters)}
    return msgspec.structs.replace(TYPED, scenarios=SCENARIOS[: len(letters)], handlers=handlers, **facets)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param("rrrrrr", [], id="always right"),
        pytest.param("rruuuu", [], id="unknown where it is not right"),
        pytest.param("crrrrr", [(CRASHES, ERROR, 1)], id="crashes"),
        pytest.param("rrrrsr", [(SILENT, ERROR, 1)], id="takes a failure for an answer"),
        pytest.param("nrrrrr", [(NEEDLESS, WARNING, 1)], id="tries again in vain"),
        pytest.param("rrrrrm", [(MISSES, WARNING, 1)], id="gives up on a broken connection"),
        pytest.param("rmrrrr", [(MISSES, WARNING, 1)], id="gives up on a plain answer"),
        pytest.param("rrmrrr", [(MISSES, ERROR, 1)], id="gives up on an error inside a stream"),
        pytest.param("rrmrrm", [(MISSES, ERROR, 2)], id="gives up on both"),
        pytest.param(
            "nmscrr",
            [(CRASHES, ERROR, 1), (SILENT, ERROR, 1), (MISSES, WARNING, 1), (NEEDLESS, WARNING, 1)],
            id="does everything wrong, worst first",
        ),
    ],
)
def test_a_way_of_catching_that(letters: str, expected: list[tuple[str, Level, int]]) -> None:
    """One fact for each rule that it breaks, with the number of scenarios."""
    found = find_handler_facts(ANTHROPIC, [judged(letters)], "mine")
    assert (expected, {"mine"} if expected else set()) == (
        [(fact.rule, fact.level, fact.scenarios) for fact in found],
        {fact.handler for fact in found},
    )


@pytest.mark.parametrize(
    ("judgement", "message"),
    [
        (judged("cr", crashes={"mine": "KeyError"}), "`mine` itself crashes with KeyError in 1 scenario (clean)"),
        (judged("crrrrr"), "`mine` itself crashes in 1 scenario (clean)"),
        (judged("rrrrsr"), "`mine` treats 1 kind of failure as success (eof-mid)"),
        (judged("nrrrrn"), "`mine` retries without need in 2 scenarios (clean, reset)"),
        (
            judged("rmmrrr"),
            (
                "`mine` does not retry 2 failures that a retry could fix "
                "(http-api_error, mid-overloaded_error); an overloaded error inside a stream appears as "
                "200 APIStatusError, type overloaded_error"
            ),
        ),
        (
            judged("ssssss"),
            (
                "`mine` treats 6 kinds of failure as success "
                "(plain HTTP 2, error event 2, truncation 1, transport 1)"
            ),
        ),
    ],
    ids=["crash", "crash of an unknown class", "one", "two", "three by name", "six by family"],
)  # fmt: skip
def test_it_is_told_where(judgement: Judgement, message: str) -> None:
    """By the names of scenarios where they are few, by family where they are many."""
    (fact,) = find_handler_facts(ANTHROPIC, [judgement], "mine")
    assert message == fact.message


def test_nothing_is_said_of_an_error_that_was_not_seen() -> None:
    """A sentence does not end in the air."""
    (fact,) = find_handler_facts(ANTHROPIC, [judged("rrmrrr", error="")], "mine")
    assert fact.message.endswith("(mid-overloaded_error)")


@pytest.mark.parametrize(
    ("letters", "remedy", "instead"),
    [
        ("mmmmmr", "rrrrrr", "Use midstream/remedy.py: it decides correctly in 6 of 6 scenarios, `mine` in 1."),
        ("mmmmmr", "rrmmmm", "Use midstream/remedy.py: it decides correctly in 2 of 6 scenarios, `mine` in 1."),
        ("mrrrrr", "mrrrrr", ""),
        ("mrrrrr", "mmrrrr", ""),
    ],
)
def test_the_remedy_is_offered_where_it_is_better(letters: str, remedy: str, instead: str) -> None:
    """With both counts, and not where it is no better."""
    (fact,) = find_handler_facts(ANTHROPIC, [judged(letters, remedy)], "mine")
    assert instead == fact.instead


def test_the_remedy_is_offered_once() -> None:
    """Beside the worst."""
    found = find_handler_facts(ANTHROPIC, [judged("cmsnrr")], "mine")
    assert [True, False, False, False] == [bool(fact.instead) for fact in found]


def test_a_handler_that_was_not_judged_has_no_facts() -> None:
    """Judgements of one release may know a handler that those of another do not."""
    assert [] == find_handler_facts(ANTHROPIC, [TYPED], "unheard-of")


def test_a_scenario_that_is_not_in_the_catalogue_is_counted_all_the_same() -> None:
    """The data may be newer than the program."""
    scenarios = tuple(f"new-{number}" for number in range(6))
    (fact,) = find_handler_facts(ANTHROPIC, [msgspec.structs.replace(judged("mmmmrr"), scenarios=scenarios)], "mine")
    assert (WARNING, 4, True) == (fact.level, fact.scenarios, "(others 4)" in fact.message)


@RELAXED
@given(letters=st.text("rmcsnu", min_size=len(SCENARIOS), max_size=len(SCENARIOS)))
def test_every_wrong_decision_is_told_once(letters: str) -> None:
    """As many scenarios under each rule as there are letters for it."""
    rules = {CRASHES: "c", SILENT: "s", MISSES: "m", NEEDLESS: "n"}
    expected = {rule: letters.count(letter) for rule, letter in rules.items() if letter in letters}
    assert expected == {fact.rule: fact.scenarios for fact in find_handler_facts(ANTHROPIC, [judged(letters)], "mine")}


@RELAXED
@given(letters=st.text("rmcsnu", min_size=len(SCENARIOS), max_size=len(SCENARIOS)))
def test_the_remedy_is_never_a_warning(letters: str) -> None:
    """Where it is not right nothing else is, and there is nothing to write instead."""
    found = find_handler_facts(ANTHROPIC, [msgspec.structs.replace(TYPED, handlers={REMEDY: letters})], REMEDY)
    assert {(NOTE, "")} >= {(fact.level, fact.instead) for fact in found}


@RELAXED
@given(letters=st.text("rm", min_size=len(SCENARIOS), max_size=len(SCENARIOS)))
def test_to_give_up_is_an_error_exactly_inside_a_stream(letters: str) -> None:
    """That is what this project is about; on a broken connection it is less."""
    inside = any(
        letter == "m" and CATALOGUE[id_].family is Family.ERROR_EVENT
        for letter, id_ in zip(letters, SCENARIOS, strict=True)
    )
    expected = [] if "m" not in letters else [ERROR if inside else WARNING]
    assert expected == [fact.level for fact in find_handler_facts(ANTHROPIC, [judged(letters)], "mine")]


# With an extra.

AIOHTTP = msgspec.structs.replace(
    TYPED,
    surface="aiohttp.messages.create-async",
    scenarios=("clean", "mid-overloaded_error"),
    handlers={"by-type": "rm", REMEDY: "rr"},
    silent=(),
)


def with_aiohttp(**facets: Any) -> MeasuredRelease:
    """A release whose calls come to something else over aiohttp."""
    return released("1.0.0", extras={"aiohttp": msgspec.structs.replace(AIOHTTP, **facets)})


def test_an_extra_is_judged_too() -> None:
    """The worst of both: which one a caller uses is not to be seen."""
    plain, aiohttp = (only(find(with_aiohttp(), ["by-type"], extras=extras), MISSES) for extras in ([], ["aiohttp"]))
    assert [(WARNING, 1), (ERROR, 2)] == [(fact.level, fact.scenarios) for fact in (plain, aiohttp)]


def test_an_extra_that_was_not_measured_is_said_and_changes_nothing_else() -> None:
    """No extra of that name has calls of its own."""
    note = Fact(rule=LOCK, level=NOTE, message="the extra `vertex` was not measured")
    found = find(with_aiohttp(), ["by-type"], extras=["vertex"])
    assert note in found
    assert find(with_aiohttp(), ["by-type"]) == [fact for fact in found if fact != note]


def test_with_an_extra_what_is_right_is_counted_over_all_scenarios() -> None:
    """An extra is played in few of them, and the remedy is right in all."""
    (fact, *_) = [fact for fact in find(with_aiohttp(), ["by-type"], extras=["aiohttp"]) if fact.handler]
    assert fact.instead.startswith("Use midstream/remedy.py: it decides correctly in 6 of 6 scenarios, `by-type` in ")


@pytest.mark.parametrize(
    ("facets", "rule"),
    [
        ({"hangs": ("reset",)}, HANGS),
        ({"unusable": "no call works"}, CANNOT_BE_USED),
        ({"typed": False, "error": "200 APIStatusError"}, UNNAMED),
    ],
    ids=["hangs", "can't be used", "does not name its errors"],
)
def test_what_is_so_with_an_extra_only_is_told_to_those_who_use_it(facets: dict[str, Any], rule: str) -> None:
    """And to nobody else."""
    one = with_aiohttp(**facets)
    assert [False, True] == [rule in {fact.rule for fact in find(one, extras=extras)} for extras in ((), ("aiohttp",))]


# Of anything.


@RELAXED
@given(releases=histories(), data=st.data())
def test_whatever_is_known_facts_are_well_formed(releases: list[MeasuredRelease], data: st.DataObject) -> None:
    """A known rule, a message that continues a sentence, and no hole in it."""
    known = knowledge(*releases)
    release = data.draw(st.sampled_from(known.releases))
    catching = data.draw(st.lists(st.sampled_from(["by-type", "by-class", "always", REMEDY]), unique=True))
    lane = data.draw(st.sampled_from(Lane))
    found = find_facts(known, release, lane, catching)
    assert (found is None) == ((release.version, lane) not in known.known)
    for fact in found or []:
        assert fact.rule in RULES
        assert fact.handler in {"", *catching}
        assert re.fullmatch(r"[a-z`](?:[^{}\s]| (?! ))*[^ .{};:,]", fact.message), fact.message
        assert fact.instead == "" or re.fullmatch(r"[A-Zm](?:[^{}\s]| (?! ))*\.", fact.instead), fact.instead


def test_every_carrier_is_a_normalised_name() -> None:
    """Locks are told by such."""
    assert [re.sub(r"[-_.]+", "-", name).lower() for name in CARRIERS] == list(CARRIERS)
