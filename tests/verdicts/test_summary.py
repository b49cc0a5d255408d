"""What a behaviour comes to in short: by its main calls, the worst of them, and a letter for each decision."""

from typing import Any, Final

import pytest
from hypothesis import given

from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.steps import RaisesStatus
from matrix.observation import Behaviour, Call, Observation, Outcome, Result
from matrix.releases.selection import DEFAULT_PYTHON
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.summary import summarise, unusable_reason
from tests.support.behaviours import (
    CLEAN,
    CUT,
    FLAKY,
    HANGS,
    LACKS,
    MAIN,
    MID,
    NO_CLIENT,
    RELAXED,
    STATUS,
    behaviours,
    completed,
    error,
    not_played,
    on,
    raised,
    result,
)
from tests.support.paths import DATA

ASYNC, HELPER, HELPER_ASYNC = f"{MAIN}-async", "messages.stream", "messages.stream-async"
FOUR: Final = (MAIN, ASYNC, HELPER, HELPER_ASYNC)
"""The main calls of today's dialect."""


def statuses(scenario: str) -> RaisesStatus:
    """The error of a scenario."""
    ideal = CATALOGUE[scenario].ideal
    assert isinstance(ideal, RaisesStatus)
    return ideal


def seen(*surfaces: str, documented: bool = False, typed: bool = False) -> Behaviour:
    """A release that says 200 for every error inside a stream, names its type, or says its documented code."""
    found = on(completed(), CLEAN, *surfaces)
    for scenario in sorted(ANTHROPIC.suite.errors):
        ideal = statuses(scenario)
        plain: dict[str, Any] = {"status_code": ideal.status or 200}
        attributes = plain if documented else {"status_code": 200}
        name = f"anthropic.Error{ideal.status}" if documented and ideal.status else STATUS[0]
        more = {"type": ideal.error_type} if typed else {}
        found |= on(raised(error(name, *STATUS, attributes=attributes | more)), scenario, *surfaces)
        if ideal.status:
            control = raised(error(f"anthropic.Error{ideal.status}", *STATUS, attributes=plain))
            found |= on(control, f"http-{ideal.error_type}", *surfaces)
    return found


# Which calls.


@pytest.mark.parametrize("main", ANTHROPIC.suite.main)
def test_a_release_is_judged_by_its_main_call(main: str) -> None:
    """The newest that it has."""
    lacking = {
        call: LACKS
        for other in ANTHROPIC.suite.main[: ANTHROPIC.suite.main.index(main)]
        for call in on(LACKS, CLEAN, other)
    }
    assert main == summarise(ANTHROPIC, lacking | on(completed(), CLEAN, main)).surface


def test_its_siblings_are_judged_with_it() -> None:
    """Sync and async, and the helper: a failure that looks like success on one of them does on the release."""
    for surface in FOUR:
        assert (MID,) == summarise(ANTHROPIC, seen(*FOUR) | on(completed("Hello"), MID, surface)).silent


@pytest.mark.parametrize("surface", ["beta.messages.create", "completions.create", "messages.stream.text_stream"])
def test_other_calls_are_not(surface: str) -> None:
    """They are on the page."""
    assert summarise(ANTHROPIC, seen(*FOUR)) == summarise(ANTHROPIC, seen(*FOUR) | on(completed("Hello"), MID, surface))


def test_a_cell_with_an_extra_is_judged_by_its_own_calls() -> None:
    """It has no others."""
    found = summarise(
        ANTHROPIC,
        on(completed("Hello"), MID, "aiohttp.messages.create-async", "aiohttp.messages.stream-async"),
    )
    assert ("aiohttp.messages.create-async", (MID,)) == (found.surface, found.silent)


def test_calls_with_an_extra_beside_those_without_are_no_main_calls() -> None:
    """As they stand in the evidence of a release, where both cells are one behaviour."""
    both = on(completed("Hello"), MID, "aiohttp.messages.create-async") | seen(*FOUR)
    assert summarise(ANTHROPIC, seen(*FOUR)) == summarise(ANTHROPIC, both)


# What it comes to.


@pytest.mark.parametrize(
    ("behaviour", "documented", "typed"),
    [
        pytest.param(seen(*FOUR), False, False, id="200 and no more"),
        pytest.param(seen(*FOUR, typed=True), False, True, id="200 and the type"),
        pytest.param(seen(*FOUR, documented=True), True, False, id="the documented code"),
        pytest.param(seen(MAIN, documented=True), True, False, id="on the calls that it has"),
        pytest.param(
            seen(MAIN, documented=True) | on(LACKS, MID, HELPER), True, False, id="a call that it lacks is of no matter"
        ),
        pytest.param(
            seen(*FOUR, documented=True) | on(raised(), MID, ASYNC), False, False, id="one on one call says nothing"
        ),
        pytest.param(on(completed(), CLEAN), False, False, id="no error was seen"),
        pytest.param({}, False, False, id="nothing was seen"),
        pytest.param(on(NO_CLIENT, MID), False, False, id="no client can be made"),
    ],
)
def test_whether_every_error_is_what_it_ought_to_be(behaviour: Behaviour, documented: bool, typed: bool) -> None:
    """By both yardsticks; one error that is not is enough."""
    found = summarise(ANTHROPIC, behaviour)
    assert (documented, typed) == (found.documented, found.typed)


@pytest.mark.parametrize("instead", [completed("Hello"), HANGS], ids=["silent", "hangs"])
@pytest.mark.parametrize("kind", ["documented", "typed"])
def test_an_error_that_is_not_raised_is_not_what_it_ought_to_be(instead: Observation, kind: str) -> None:
    """Though all others are."""
    found = summarise(ANTHROPIC, seen(*FOUR, **{kind: True}) | on(instead, MID))
    assert (False, False) == (found.documented, found.typed)


def test_an_error_of_no_documented_status_has_none_to_be_held_to() -> None:
    """`unheard_of_error` has no code, so it says nothing about codes."""
    odd = "mid-unheard_of_error"
    assert None is statuses(odd).status
    assert summarise(ANTHROPIC, seen(*FOUR, documented=True) | on(completed("Hello"), odd)).documented


def test_silence_and_hangs_are_named() -> None:
    """By scenario, in the order of the catalogue, each once."""
    behaviour = on(completed("Hello"), CUT, *FOUR) | on(completed("Hello"), MID, MAIN) | on(HANGS, "stall", ASYNC)
    found = summarise(ANTHROPIC, behaviour)
    assert ((MID, CUT), ("stall",)) == (found.silent, found.hangs)


@pytest.mark.parametrize(
    ("observation", "expected"),
    [
        (raised(error(attributes={"status_code": 200})), "200 APIStatusError"),
        (completed("Hello"), "completed, no exception"),
        (FLAKY, "flaky: 1 x completed, 2 x timed-out"),
        (LACKS, "no such call"),
    ],
)
def test_how_an_overload_ends_is_told_in_words(observation: Observation, expected: str) -> None:
    """On the main call."""
    assert expected == summarise(ANTHROPIC, on(observation)).error


def test_an_overload_that_was_not_played_has_no_words() -> None:
    """Nobody knows."""
    assert "" == summarise(ANTHROPIC, on(completed(), CLEAN)).error


# Whether it can be used.


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        pytest.param(on(raised()), "", id="a call that raises is one"),
        pytest.param(on(completed(), CLEAN), "", id="a call that completes"),
        pytest.param(on(NO_CLIENT, MID) | on(completed(), CLEAN, HELPER), "", id="one call is enough"),
        pytest.param(on(LACKS), "no call works", id="no call"),
        pytest.param(on(HANGS), "no call works", id="a call that never ends"),
        pytest.param({}, "no call works", id="nothing"),
        pytest.param(
            on(NO_CLIENT) | on(LACKS, CLEAN),
            "no client can be made: TypeError, got an unexpected argument 'proxies'",
            id="no client",
        ),
        pytest.param(
            on(Observation(outcome=Outcome.CANNOT_CONSTRUCT, exception=error("builtins.OSError", text="no key"))),
            "no client can be made: OSError, no key",
            id="no client, for another reason",
        ),
    ],
)
def test_why_no_call_can_be_made(behaviour: Behaviour, expected: str) -> None:
    """In a few words; of a release that can be used, none."""
    assert (expected, expected) == (summarise(ANTHROPIC, behaviour).unusable, unusable_reason(result(behaviour)))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (not_played(Outcome.CANNOT_INSTALL, "Because"), "no set of wheels can be installed together"),
        (not_played(Outcome.CANNOT_IMPORT, "builtins.ImportError: why"), "the import fails with ImportError"),
        (not_played(Outcome.HARNESS_FAILED, "why"), "its measurement ended as harness-failed"),
    ],
)
def test_what_could_not_be_played_can_not_be_used(found: Result, expected: str) -> None:
    """And the reason is that of the cell."""
    assert expected == unusable_reason(found)


# Handlers.


def deciding(scenario: str, decision: str, *surfaces: str) -> Behaviour:
    """A call that raises, and what a handler decides."""
    return on(raised(handlers={"one": decision}), scenario, *surfaces)


def test_each_scenario_has_a_letter() -> None:
    """For each handler, in the order of the catalogue: right, missed, needless, silent, crashed."""
    decided = {
        "http-overloaded_error": "retry",
        MID: "fail",
        "mid-invalid_request_error": "retry",
        "first-overloaded_error": "accept",
        CUT: "crashed: AttributeError",
    }
    behaviour: Behaviour = {}
    for scenario, decision in reversed(decided.items()):
        behaviour |= deciding(scenario, decision)
    found = summarise(ANTHROPIC, behaviour)
    ordered = [id_ for id_ in CATALOGUE if id_ in decided]
    letters = dict(zip(found.scenarios, found.handlers["one"], strict=True))
    expected = {MID: "m", "http-overloaded_error": "r", "mid-invalid_request_error": "n", "first-overloaded_error": "s"}
    assert (ordered, expected | {CUT: "c"}) == (list(found.scenarios), letters)
    assert {"one": "AttributeError"} == found.crashes


def test_the_letters_can_be_told_apart() -> None:
    """There is one for each worth."""
    assert len(HandlerOutcome) == len({worth[0] for worth in HandlerOutcome})


@pytest.mark.parametrize(
    ("decisions", "letter"),
    [
        (("retry", "retry"), "r"),
        (("retry", "fail"), "m"),
        (("fail", "accept"), "s"),
        (("accept", "crashed: E"), "c"),
        (("crashed: E", "retry"), "c"),
    ],
)
def test_the_worst_of_the_main_calls_counts(decisions: tuple[str, str], letter: str) -> None:
    """Whichever it is."""
    one, other = decisions
    for surfaces in ((MAIN, ASYNC), (HELPER, MAIN)):
        found = summarise(ANTHROPIC, deciding(MID, one, surfaces[0]) | deciding(MID, other, surfaces[1]))
        assert {"one": letter} == found.handlers


def test_a_call_that_is_not_there_makes_no_decision_unknown() -> None:
    """The release lacks it, so nobody was asked."""
    assert {"one": "r"} == summarise(ANTHROPIC, deciding(MID, "retry") | on(LACKS, MID, HELPER)).handlers


def test_of_an_unknown_scenario_no_decision_is_worth_anything() -> None:
    """It is no fault of a release."""
    assert {"one": "u"} == summarise(ANTHROPIC, deciding("unknown", "retry")).handlers


def test_a_handler_that_decided_nothing_is_unknown_there() -> None:
    """It is asked on some calls and not on others."""
    found = summarise(ANTHROPIC, deciding(MID, "retry") | on(raised(handlers={"other": "fail"}), "mid-api_error"))
    letters = {handler: dict(zip(found.scenarios, word, strict=True)) for handler, word in found.handlers.items()}
    assert {"one": {MID: "r", "mid-api_error": "u"}, "other": {MID: "u", "mid-api_error": "m"}} == letters


def test_what_a_handler_raises_itself_is_that_of_the_first_call() -> None:
    """On the main call, where it does."""
    found = summarise(ANTHROPIC, deciding(MID, "crashed: NameError") | deciding(MID, "crashed: ImportError", ASYNC))
    assert {"one": "NameError"} == found.crashes


def test_calls_of_which_nothing_was_decided_are_no_scenario() -> None:
    """They give their caller nothing to decide on, or can't be made."""
    assert ((), {}) == (
        (found := summarise(ANTHROPIC, on(LACKS) | on(raised(), CUT))).scenarios,
        found.handlers,
    )


# What holds for all of them.


@given(behaviours())
@RELAXED
def test_every_behaviour_comes_to_something(behaviour: Behaviour) -> None:
    """In one form, whatever was seen."""
    found = summarise(ANTHROPIC, behaviour)
    assert [len(found.scenarios)] * len(found.handlers) == [len(letters) for letters in found.handlers.values()]
    assert [id_ for id_ in CATALOGUE if id_ in found.scenarios] == list(found.scenarios)
    assert found.crashes.keys() <= found.handlers.keys()
    assert not set(found.silent) & set(found.hangs) or len(behaviour) > 1
    assert (found.surface in ANTHROPIC.surfaces, not (found.documented and found.typed)) == (True, True)


@given(behaviours())
@RELAXED
def test_the_order_of_calls_is_of_no_matter(behaviour: Behaviour) -> None:
    """But for whose crash is named."""
    turned = dict(reversed(behaviour.items()))
    one, other = summarise(ANTHROPIC, behaviour), summarise(ANTHROPIC, turned)
    assert (one.handlers, one.silent, one.scenarios) == (other.handlers, other.silent, other.scenarios)


# The data of record.


@pytest.fixture(scope="module")
def newest() -> tuple[str, Result]:
    """The newest release of which something is known, with the dependencies of today."""
    store = Store(DATA, ANTHROPIC)
    results = queries.results(store, ANTHROPIC.digest, DEFAULT_PYTHON, [list(queries.releases(store))[-1]])
    return next((cell.version, found) for cell, found in results.items() if found.outcome is Outcome.COMPLETED)


def test_the_newest_release_names_the_type_of_an_error(newest: tuple[str, Result]) -> None:
    """And no code; a stream that is cut short looks like success; every handler was asked."""
    found = summarise(ANTHROPIC, newest[1].behaviour)
    assert (MAIN, "", False, True) == (found.surface, found.unusable, found.documented, found.typed)
    assert CUT in found.silent
    assert set(ANTHROPIC.handlers) == set(found.handlers)
    assert Call(MAIN, MID) in newest[1].behaviour
