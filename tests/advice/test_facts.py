"""Facts about a release: each has a rule, a level and a sentence."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

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
    NO_EXTRA,
    RULES,
    SILENT,
    STATUS,
    UNKNOWN,
    UNNAMED,
    YANKED,
)
from matrix.model import DEFAULT_PYTHON, Lane
from matrix.observation import Judgement, Outcome
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.knowing import (
    BEDROCK,
    DOCUMENTED,
    HANGING,
    NAMELESS,
    NO_CLIENT,
    NO_FOUNDRY,
    NOW,
    RELAXED,
    SCENARIOS,
    THEN,
    TYPED,
    VERTEX,
    MeasuredRelease,
    histories,
    knowledge,
    released,
)
from tests.support.knowing import LEGACY as OLD_CALL
from tests.support.paths import DATA

ERROR, WARNING, NOTE = Level.ERROR, Level.WARNING, Level.NOTE
NEWER = released("9.0.0")
"""A newer release that names its errors, so that facts about older ones can point to it."""


def find(
    candidate: MeasuredRelease,
    catching: Collection[str] = (),
    lane: Lane = Lane.TODAY,
    extras: Collection[str] = (),
    clients: Collection[str] = (),
) -> list[Fact]:
    """Find the facts about a release when there is a newer one."""
    facts = find_facts(knowledge(candidate, NEWER), candidate.release, lane, catching, extras, clients)
    assert facts is not None
    return facts


def brief(facts: Collection[Fact]) -> list[tuple[str, Level, str]]:
    """List rule, level and handler of each fact."""
    return [(fact.rule, fact.level, fact.handler) for fact in facts]


def only(facts: Collection[Fact], rule: str) -> Fact:
    """Return the only fact under a rule."""
    (fact,) = [fact for fact in facts if fact.rule == rule]
    return fact


# Of a release.


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        pytest.param(released("1.0.0"), [(STATUS, NOTE, ""), (CUT, NOTE, "")], id="names its errors"),
        pytest.param(
            released("1.0.0", NAMELESS), [(UNNAMED, WARNING, ""), (CUT, NOTE, "")], id="does not name its errors"
        ),
        pytest.param(released("1.0.0", DOCUMENTED), [], id="raises the documented code"),
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
            id="is never silent",
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
def test_a_release_has_facts(candidate: MeasuredRelease, expected: list[tuple[str, Level, str]]) -> None:
    """Check that without a handler each fault is one fact."""
    assert expected == brief(find(candidate))


def test_a_handler_is_judged_in_place_of_the_release() -> None:
    """Check that missing names and silent ends are then notes."""
    facts = find(released("1.0.0", NAMELESS), ["by-type"])
    assert [(UNNAMED, NOTE, ""), (CRASHES, ERROR, "by-type")] == brief(facts)


@pytest.mark.parametrize("lane", list(Lane))
def test_a_release_that_was_not_measured_has_no_facts(lane: Lane) -> None:
    """Check that it is not even called yanked: unknown comes first."""
    candidate = released("1.0.0", None, yanked="leaks")
    assert find_facts(knowledge(candidate, NEWER), candidate.release, lane, ["by-type"]) is None


def test_lanes_are_judged_separately() -> None:
    """Check a release that works with one set of dependencies only."""
    candidate = released("1.0.0", NO_CLIENT, own=TYPED)
    assert [[CANNOT_BE_USED], [STATUS, CUT]] == [
        [fact.rule for fact in find(candidate, lane=lane)] for lane in (Lane.TODAY, Lane.AS_RELEASED)
    ]


@pytest.mark.parametrize(
    ("candidate", "rule", "message", "instead"),
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
            id="ends silently in one scenario",
        ),
        pytest.param(
            released("1.0.0", msgspec.structs.replace(TYPED, silent=("eof-mid", "reset"))),
            CUT,
            "a stream ends without an exception after 2 kinds of failure",
            r"midstream/remedy\.py",
            id="ends silently in two scenarios",
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
            id="is old",
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
            id="no installation today, and no result as released",
        ),
        pytest.param(
            released("1.0.0", NO_CLIENT, own=TYPED, then=NOW),
            CANNOT_BE_USED,
            "the SDK can't be used with today's dependencies: no client can be made: TypeError, got 'proxies'",
            "^$",
            id="no client today, with the same client packages",
        ),
    ],
)
def test_a_fact_has_a_sentence_and_a_hint(candidate: MeasuredRelease, rule: str, message: str, instead: str) -> None:
    """Check that the message continues a sentence, and what the hint says to do."""
    fact = only(find(candidate), rule)
    assert fact.message.startswith(message)
    assert re.search(instead, fact.instead)


def test_a_release_that_fails_with_its_own_dependencies_names_that_day() -> None:
    """Check the lane as released."""
    fact = only(find(released("1.0.0", TYPED, own=Outcome.CANNOT_IMPORT), lane=Lane.AS_RELEASED), CANNOT_BE_USED)
    assert ("the SDK can't be used with the dependencies of its upload day: the import fails with ImportError", "") == (
        fact.message,
        fact.instead,
    )


def test_no_newer_release_is_promised_where_there_is_none() -> None:
    """Check data in which no release names its errors."""
    candidate = released("1.0.0", NAMELESS)
    facts = find_facts(knowledge(candidate), candidate.release, Lane.TODAY, ()) or []
    assert (UNNAMED, False) == (facts[0].rule, "error.type" in facts[0].instead)


def test_older_releases_point_to_the_one_with_the_documented_code() -> None:
    """Check that no sentence then says that no release has it."""
    candidate, fixed = released("1.0.0"), released("2.0.0", DOCUMENTED)
    fact = only(find_facts(knowledge(candidate, fixed), candidate.release, Lane.TODAY, ()) or [], STATUS)
    assert ("no release" in fact.instead, "2.0.0" in fact.instead) == (False, True)


def test_hangs_are_counted_by_scenario() -> None:
    """Check that the release that hangs less is better."""
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
def test_a_release_is_usable_if_a_call_can_be_made(measured: Judgement | Outcome, why: str) -> None:
    """Check each outcome."""
    assert why == unusable_reason(knowledge(released("1.0.0", measured)).measurements["1.0.0", Lane.TODAY])


@pytest.mark.parametrize(
    ("now", "then", "expected"),
    [
        pytest.param(NOW, THEN, ["httpx==0.27.0"], id="all differ"),
        pytest.param(NOW, NOW, [], id="none differs"),
        pytest.param(NOW, {**NOW, "idna": "3.7"}, [], id="one that carries no stream differs"),
        pytest.param(NOW, {**NOW, "h11": "0.14.0"}, [], id="one below the client differs"),
        pytest.param({"httpx2": "1"}, {"httpx": "2"}, ["httpx==2"], id="one is gone today"),
        pytest.param({"httpx": "1", "httpx2": "2"}, {"httpx": "1"}, [], id="one is new today"),
    ],
)
def test_the_original_dependencies_are_those_of_the_client(
    now: Mapping[str, str], then: Mapping[str, str], expected: list[str]
) -> None:
    """Check the packages of the HTTP client that differ today."""
    candidate = released("1.0.0", now=now, then=then)
    assert expected == original_client_pins(knowledge(candidate), candidate.release)


# Facts about a handler.


def judged(letters: str, remedy: str = "", **facets: Any) -> Judgement:
    """Make a release on which `mine` has these letters, one for each scenario."""
    handlers = {"mine": letters, REMEDY: remedy or "r" * len(letters)}
    return msgspec.structs.replace(TYPED, scenarios=SCENARIOS[: len(letters)], handlers=handlers, **facets)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param("rrrrrr", [], id="always right"),
        pytest.param("rruuuu", [], id="unknown where it is not right"),
        pytest.param("crrrrr", [(CRASHES, ERROR, 1)], id="crashes"),
        pytest.param("rrrrsr", [(SILENT, ERROR, 1)], id="treats a failure as success"),
        pytest.param("nrrrrr", [(NEEDLESS, WARNING, 1)], id="retries needlessly"),
        pytest.param("rrrrrm", [(MISSES, WARNING, 1)], id="does not retry a broken connection"),
        pytest.param("rmrrrr", [(MISSES, WARNING, 1)], id="does not retry a plain response"),
        pytest.param("rrmrrr", [(MISSES, ERROR, 1)], id="does not retry an error inside a stream"),
        pytest.param("rrmrrm", [(MISSES, ERROR, 2)], id="retries neither"),
        pytest.param(
            "nmscrr",
            [(CRASHES, ERROR, 1), (SILENT, ERROR, 1), (MISSES, WARNING, 1), (NEEDLESS, WARNING, 1)],
            id="does everything wrong, worst first",
        ),
    ],
)
def test_a_handler_has_a_fact_for_each_rule_it_breaks(letters: str, expected: list[tuple[str, Level, int]]) -> None:
    """Check the number of scenarios."""
    facts = find_handler_facts(ANTHROPIC, [judged(letters)], "mine")
    assert (expected, {"mine"} if expected else set()) == (
        [(fact.rule, fact.level, fact.scenarios) for fact in facts],
        {fact.handler for fact in facts},
    )


@pytest.mark.parametrize(
    ("judgement", "message"),
    [
        (
            judged("cr", crashes={"mine": "KeyError"}),
            "`mine` itself crashes with KeyError in 1 of 2 scenarios of messages.create (clean)",
        ),
        (judged("crrrrr"), "`mine` itself crashes in 1 of 6 scenarios of messages.create (clean)"),
        (judged("rrrrsr"), "`mine` treats 1 kind of failure as success (eof-mid)"),
        (judged("nrrrrn"), "`mine` retries without need in 2 of 6 scenarios of messages.create (clean, reset)"),
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
def test_a_fact_names_its_scenarios(judgement: Judgement, message: str) -> None:
    """Check that many scenarios are named by family."""
    (fact,) = find_handler_facts(ANTHROPIC, [judgement], "mine")
    assert message == fact.message


def test_an_error_that_was_not_observed_is_not_mentioned() -> None:
    """Check that the sentence is complete without it."""
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
def test_the_remedy_is_suggested_where_it_is_better(letters: str, remedy: str, instead: str) -> None:
    """Check that both counts are named."""
    (fact,) = find_handler_facts(ANTHROPIC, [judged(letters, remedy)], "mine")
    assert instead == fact.instead


def test_the_remedy_is_suggested_once() -> None:
    """Check that it stands at the worst fact."""
    facts = find_handler_facts(ANTHROPIC, [judged("cmsnrr")], "mine")
    assert [True, False, False, False] == [bool(fact.instead) for fact in facts]


def test_a_handler_that_was_not_judged_has_no_facts() -> None:
    """Check a release whose judgements lack it."""
    assert [] == find_handler_facts(ANTHROPIC, [TYPED], "unheard-of")


def test_a_scenario_that_is_not_in_the_catalogue_is_counted() -> None:
    """Check data that is newer than the program."""
    scenarios = tuple(f"new-{number}" for number in range(6))
    (fact,) = find_handler_facts(ANTHROPIC, [msgspec.structs.replace(judged("mmmmrr"), scenarios=scenarios)], "mine")
    assert (WARNING, 4, True) == (fact.level, fact.scenarios, "(others 4)" in fact.message)


@RELAXED
@given(letters=st.text("rmcsnu", min_size=len(SCENARIOS), max_size=len(SCENARIOS)))
def test_every_wrong_decision_is_counted_once(letters: str) -> None:
    """Check the scenarios of each rule against the letters."""
    rules = {CRASHES: "c", SILENT: "s", MISSES: "m", NEEDLESS: "n"}
    expected = {rule: letters.count(letter) for rule, letter in rules.items() if letter in letters}
    assert expected == {fact.rule: fact.scenarios for fact in find_handler_facts(ANTHROPIC, [judged(letters)], "mine")}


@RELAXED
@given(letters=st.text("rmcsnu", min_size=len(SCENARIOS), max_size=len(SCENARIOS)))
def test_the_remedy_is_never_a_warning(letters: str) -> None:
    """Check that where it is wrong no handler is better."""
    facts = find_handler_facts(ANTHROPIC, [msgspec.structs.replace(TYPED, handlers={REMEDY: letters})], REMEDY)
    assert {(NOTE, "")} >= {(fact.level, fact.instead) for fact in facts}


@RELAXED
@given(letters=st.text("rm", min_size=len(SCENARIOS), max_size=len(SCENARIOS)))
def test_a_missed_retry_is_an_error_only_inside_a_stream(letters: str) -> None:
    """Check that on a broken connection it is a warning."""
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
    """Make a release whose calls end otherwise over aiohttp."""
    return released("1.0.0", extras={"aiohttp": msgspec.structs.replace(AIOHTTP, **facets)})


def test_an_extra_is_judged_too() -> None:
    """Check the worst of both, because the caller's client is unknown."""
    plain, aiohttp = (only(find(with_aiohttp(), ["by-type"], extras=extras), MISSES) for extras in ([], ["aiohttp"]))
    assert [(WARNING, 1), (ERROR, 2)] == [(fact.level, fact.scenarios) for fact in (plain, aiohttp)]


def test_an_extra_that_was_not_measured_is_a_note() -> None:
    """Check that the other facts stay."""
    note = Fact(rule=LOCK, level=NOTE, message="the extra `mcp` was not measured")
    facts = find(with_aiohttp(), ["by-type"], extras=["mcp"])
    assert note in facts
    assert find(with_aiohttp(), ["by-type"]) == [fact for fact in facts if fact != note]


@pytest.mark.parametrize(
    ("version", "extras", "expected"),
    [
        ("1.0.0", ["bedrok"], [(NO_EXTRA, "the package has no extra `bedrok`")]),
        ("0.5.0", ["bedrock", "nonsense"], [(NO_EXTRA, "the package has no extra `bedrock`, `nonsense`")]),
        ("0.5.0", ["aws", "aiohttp"], [(NO_EXTRA, "the package has no extra `aws`, `aiohttp`")]),
        ("99.0.0", ["nonsense"], [(LOCK, "the extra `nonsense` was not measured")]),
        ("99.0.0", ["nonsense", "aws"], [(LOCK, "the extra `nonsense` was not measured with AnthropicAWS")]),
    ],
)
def test_an_extra_that_was_not_measured_says_so(
    version: str, extras: list[str], expected: list[tuple[str, str]]
) -> None:
    """Check the extras that the index lists for the release; of later releases, it may list others."""
    facts = [fact for fact in find(released(version), ["by-type"], extras=extras) if "extra" in fact.message]
    assert expected == [(fact.rule, fact.message) for fact in facts]


# Clients.

CLIENTS: Final = {"bedrock": BEDROCK, "vertex": VERTEX, "foundry": NO_FOUNDRY}


@pytest.mark.parametrize(
    ("extras", "clients", "expected"),
    [
        ((), (), {""}),
        (["aiohttp"], (), {""}),
        (["bedrock"], (), {"AnthropicBedrock"}),
        (["bedrock", "vertex"], (), {"AnthropicBedrock", "AnthropicVertex"}),
        (["bedrock"], [""], {""}),
        ((), ["vertex"], {"AnthropicVertex"}),
        (["bedrock"], ["", "vertex"], {"", "AnthropicVertex"}),
    ],
)
def test_a_release_is_judged_for_the_clients_that_are_used(
    extras: Collection[str], clients: Collection[str], expected: set[str]
) -> None:
    """Those that are named, else those of the extras, else the first-party client; each by its own record."""
    facts = find(released("1.0.0", clients=CLIENTS), ["by-class"], extras=extras, clients=clients)
    assert expected == {fact.client for fact in facts}
    overloaded = {fact.client: fact.message for fact in facts if fact.rule in {UNNAMED, STATUS}}
    assert ("completed, no exception" in overloaded.get("AnthropicBedrock", "")) is ("AnthropicBedrock" in expected)


def test_a_fact_about_another_client_names_it() -> None:
    """It is nothing that a caller of the first-party client sees."""
    (fact, *_) = find(released("1.0.0", clients=CLIENTS), extras=["bedrock"])
    assert fact.on("1.0.0").startswith("On 1.0.0 with AnthropicBedrock, an overloaded error inside a stream appears as")


def test_a_better_release_is_one_that_is_better_for_the_same_client() -> None:
    """The newer release names errors of the first-party client only."""
    (fact, *_) = find(released("1.0.0", clients=CLIENTS), extras=["bedrock"])
    assert (UNNAMED, "Use midstream/remedy.py, which names the error.") == (fact.rule, fact.instead)


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("aws", (UNKNOWN, "AnthropicAWS was not measured, and what is known of other clients says nothing about it")),
        (
            "foundry",
            (CANNOT_BE_USED, "AnthropicFoundry can't be used: the release has no such client with the Messages API"),
        ),
    ],
)
def test_a_client_without_a_record_is_not_judged_by_another(client: str, expected: tuple[str, str]) -> None:
    """Nothing else is said about it."""
    facts = find(released("1.0.0", clients=CLIENTS), ["by-class"], clients=[client])
    assert [expected] == [(fact.rule, fact.message) for fact in facts]


def test_a_client_without_its_extra_cannot_be_used() -> None:
    """The reason is known, so that nothing is said to be unmeasured: `explain` says the same."""
    known = queries.knowledge(Store(DATA, ANTHROPIC), DEFAULT_PYTHON)
    release = next(each for each in known.releases if each.version == "0.2.9")
    facts = find_facts(known, release, Lane.AS_RELEASED, (), (), ("bedrock",))
    assert facts is not None
    assert [(NO_EXTRA, "the package has no extra `bedrock`, so AnthropicBedrock can't be used")] == [
        (fact.rule, fact.message) for fact in facts if fact.rule in {NO_EXTRA, UNKNOWN}
    ]


def test_right_decisions_are_counted_over_all_scenarios() -> None:
    """Check an extra that is played in few of them."""
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
def test_a_fault_of_an_extra_is_a_fact_for_its_users_alone(facets: dict[str, Any], rule: str) -> None:
    """Check the facts with and without it."""
    candidate = with_aiohttp(**facets)
    assert [False, True] == [
        rule in {fact.rule for fact in find(candidate, extras=extras)} for extras in ((), ("aiohttp",))
    ]


# Properties of all facts.


@RELAXED
@given(releases=histories(), data=st.data())
def test_facts_are_well_formed(releases: list[MeasuredRelease], data: st.DataObject) -> None:
    """Check that the rule exists, and that the message continues a sentence without a gap."""
    known = knowledge(*releases)
    release = data.draw(st.sampled_from(known.releases))
    catching = data.draw(st.lists(st.sampled_from(["by-type", "by-class", "always", REMEDY]), unique=True))
    lane = data.draw(st.sampled_from(Lane))
    facts = find_facts(known, release, lane, catching)
    assert (facts is None) == ((release.version, lane) not in known.measurements)
    for fact in facts or []:
        assert fact.rule in RULES
        assert fact.handler in {"", *catching}
        assert re.fullmatch(r"[a-z`](?:[^{}\s]| (?! ))*[^ .{};:,]", fact.message), fact.message
        assert fact.instead == "" or re.fullmatch(r"[A-Zm](?:[^{}\s]| (?! ))*\.", fact.instead), fact.instead


def test_every_carrier_is_a_normalised_name() -> None:
    """Check the form that locks use."""
    assert [re.sub(r"[-_.]+", "-", name).lower() for name in CARRIERS] == list(CARRIERS)
