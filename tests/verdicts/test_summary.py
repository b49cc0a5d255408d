"""The summary of a behaviour: its main calls, the worst of them, and a letter for each decision."""

from typing import Any, Final

import msgspec
import pytest
from hypothesis import given

from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.steps import RaisesStatus
from matrix.model import DEFAULT_PYTHON
from matrix.observation import NO_SUCH_CLIENT, Behaviour, Call, Observation, Outcome, Result
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
    """Make the error of a scenario."""
    ideal = CATALOGUE[scenario].ideal
    assert isinstance(ideal, RaisesStatus)
    return ideal


def behaviour_of(*surfaces: str, documented: bool = False, typed: bool = False) -> Behaviour:
    """Make a release that raises with status 200, with the type, or with the documented code."""
    behaviour = on(completed(), CLEAN, *surfaces)
    for scenario in sorted(ANTHROPIC.suite.errors):
        ideal = statuses(scenario)
        plain: dict[str, Any] = {"status_code": ideal.status or 200}
        attributes = plain if documented else {"status_code": 200}
        name = f"anthropic.Error{ideal.status}" if documented and ideal.status else STATUS[0]
        more = {"type": ideal.error_type} if typed else {}
        behaviour |= on(raised(error(name, *STATUS, attributes=attributes | more)), scenario, *surfaces)
        if ideal.status:
            control = raised(error(f"anthropic.Error{ideal.status}", *STATUS, attributes=plain))
            behaviour |= on(control, f"http-{ideal.error_type}", *surfaces)
    return behaviour


# Main calls.


@pytest.mark.parametrize("main", ANTHROPIC.suite.main)
def test_a_release_is_judged_by_its_main_call(main: str) -> None:
    """Check that it is the newest one that it has."""
    lacking = {
        call: LACKS
        for other in ANTHROPIC.suite.main[: ANTHROPIC.suite.main.index(main)]
        for call in on(LACKS, CLEAN, other)
    }
    assert main == summarise(ANTHROPIC, lacking | on(completed(), CLEAN, main)).surface


def test_asynchronous_and_helper_calls_are_judged_too() -> None:
    """Check that a silent failure on one of them is one of the release."""
    for surface in FOUR:
        assert (MID,) == summarise(ANTHROPIC, behaviour_of(*FOUR) | on(completed("Hello"), MID, surface)).silent


@pytest.mark.parametrize("surface", ["beta.messages.create", "completions.create", "messages.stream.text_stream"])
def test_other_calls_are_not_judged(surface: str) -> None:
    """Check calls that only the page shows."""
    assert summarise(ANTHROPIC, behaviour_of(*FOUR)) == summarise(
        ANTHROPIC, behaviour_of(*FOUR) | on(completed("Hello"), MID, surface)
    )


def test_a_cell_with_an_extra_is_judged_by_its_own_calls() -> None:
    """Check that it has no others."""
    summary = summarise(
        ANTHROPIC,
        on(completed("Hello"), MID, "aiohttp.messages.create-async", "aiohttp.messages.stream-async"),
    )
    assert ("aiohttp.messages.create-async", (MID,)) == (summary.surface, summary.silent)


def test_calls_with_an_extra_are_no_main_calls_of_a_release() -> None:
    """Check a behaviour that holds both cells."""
    both = on(completed("Hello"), MID, "aiohttp.messages.create-async") | behaviour_of(*FOUR)
    assert summarise(ANTHROPIC, behaviour_of(*FOUR)) == summarise(ANTHROPIC, both)


# Clients.

ON_VERTEX: Final = ("vertex.messages.create", "vertex.messages.create-async")


def test_the_judgement_of_a_release_is_that_of_the_first_party_client() -> None:
    """Check that calls of other clients change nothing in it, and have judgements of their own."""
    others = on(completed("Hello"), MID, *ON_VERTEX) | on(LACKS, MID, "foundry.messages.create")
    summary = summarise(ANTHROPIC, behaviour_of(*FOUR) | others)
    assert summarise(ANTHROPIC, behaviour_of(*FOUR)) == msgspec.structs.replace(summary, clients={})
    vertex, foundry = summary.clients["vertex"], summary.clients["foundry"]
    assert {"vertex", "foundry"} == summary.clients.keys()
    assert (ON_VERTEX[0], "", (MID,)) == (vertex.surface, vertex.unusable, vertex.silent)
    assert NO_SUCH_CLIENT == foundry.unusable


def test_a_cell_of_one_client_is_judged_by_its_calls() -> None:
    """Check that an exception frame counts as an error inside the stream."""
    thrown = "mid-throttling-exception"
    wrong = raised(error(attributes={"status_code": 400}))
    summary = summarise(ANTHROPIC, on(wrong, thrown, "bedrock.messages.create"))
    assert ("bedrock.messages.create", False, {}) == (summary.surface, summary.documented, summary.clients)
    right = raised(error("anthropic.RateLimitError", *STATUS, attributes={"status_code": 429}))
    control = on(right, "http-throttling-exception", "bedrock.messages.create")
    assert summarise(ANTHROPIC, on(right, thrown, "bedrock.messages.create") | control).documented


# Errors.


@pytest.mark.parametrize(
    ("behaviour", "documented", "typed"),
    [
        pytest.param(behaviour_of(*FOUR), False, False, id="status 200 and no type"),
        pytest.param(behaviour_of(*FOUR, typed=True), False, True, id="status 200 and the type"),
        pytest.param(behaviour_of(*FOUR, documented=True), True, False, id="the documented code"),
        pytest.param(behaviour_of(MAIN, documented=True), True, False, id="on its only call"),
        pytest.param(
            behaviour_of(MAIN, documented=True) | on(LACKS, MID, HELPER),
            True,
            False,
            id="a missing call does not matter",
        ),
        pytest.param(
            behaviour_of(*FOUR, documented=True) | on(raised(), MID, ASYNC), False, False, id="one call is not enough"
        ),
        pytest.param(on(completed(), CLEAN), False, False, id="no error was observed"),
        pytest.param({}, False, False, id="no observation"),
        pytest.param(on(NO_CLIENT, MID), False, False, id="no client can be made"),
    ],
)
def test_every_error_of_the_main_calls_has_to_be_right(behaviour: Behaviour, documented: bool, typed: bool) -> None:
    """Check both yardsticks."""
    summary = summarise(ANTHROPIC, behaviour)
    assert (documented, typed) == (summary.documented, summary.typed)


@pytest.mark.parametrize("instead", [completed("Hello"), HANGS], ids=["ends silently", "hangs"])
@pytest.mark.parametrize("kind", ["documented", "typed"])
def test_an_error_that_is_not_raised_is_wrong(instead: Observation, kind: str) -> None:
    """Check one among errors that are right."""
    summary = summarise(ANTHROPIC, behaviour_of(*FOUR, **{kind: True}) | on(instead, MID))
    assert (False, False) == (summary.documented, summary.typed)


def test_an_error_without_a_documented_status_does_not_count() -> None:
    """Check `unheard_of_error`, which has no code."""
    odd = "mid-unheard_of_error"
    assert None is statuses(odd).status
    assert summarise(ANTHROPIC, behaviour_of(*FOUR, documented=True) | on(completed("Hello"), odd)).documented


def test_silent_ends_and_hangs_are_named() -> None:
    """Check each scenario once, in the order of the catalogue."""
    behaviour = on(completed("Hello"), CUT, *FOUR) | on(completed("Hello"), MID, MAIN) | on(HANGS, "stall", ASYNC)
    summary = summarise(ANTHROPIC, behaviour)
    assert ((MID, CUT), ("stall",)) == (summary.silent, summary.hangs)


@pytest.mark.parametrize(
    ("observation", "expected"),
    [
        (raised(error(attributes={"status_code": 200})), "200 APIStatusError"),
        (completed("Hello"), "completed, no exception"),
        (FLAKY, "flaky: 1 x completed, 2 x timed-out"),
        (LACKS, "no such call"),
    ],
)
def test_the_end_of_an_overload_is_described(observation: Observation, expected: str) -> None:
    """Check the main call."""
    assert expected == summarise(ANTHROPIC, on(observation)).error


def test_an_overload_that_was_not_played_is_not_described() -> None:
    """Check that the text is empty."""
    assert "" == summarise(ANTHROPIC, on(completed(), CLEAN)).error


# Usability.


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        pytest.param(on(raised()), "", id="a call that raises works"),
        pytest.param(on(completed(), CLEAN), "", id="a call that completes"),
        pytest.param(on(NO_CLIENT, MID) | on(completed(), CLEAN, HELPER), "", id="one working call is enough"),
        pytest.param(on(LACKS), "no call works", id="no call"),
        pytest.param(on(HANGS), "no call works", id="a call that never ends"),
        pytest.param({}, "no call works", id="no observation"),
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
def test_a_release_without_a_working_call_has_a_reason(behaviour: Behaviour, expected: str) -> None:
    """Check that a release that can be used has none."""
    assert (expected, expected) == (summarise(ANTHROPIC, behaviour).unusable, unusable_reason(result(behaviour)))


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (not_played(Outcome.CANNOT_INSTALL, "Because"), "no set of wheels can be installed together"),
        (not_played(Outcome.CANNOT_IMPORT, "builtins.ImportError: why"), "the import fails with ImportError"),
        (not_played(Outcome.HARNESS_FAILED, "why"), "its measurement ended as harness-failed"),
    ],
)
def test_a_cell_that_could_not_be_played_can_not_be_used(summary: Result, expected: str) -> None:
    """Check that the cell's reason is given."""
    assert expected == unusable_reason(summary)


# Handlers.


def deciding(scenario: str, decision: str, *surfaces: str) -> Behaviour:
    """Make a call that raises, with the decision of a handler."""
    return on(raised(handlers={"one": decision}), scenario, *surfaces)


def test_each_scenario_has_a_letter() -> None:
    """Check right, missed, needless, silent and crashed, in the order of the catalogue."""
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
    summary = summarise(ANTHROPIC, behaviour)
    ordered = [id_ for id_ in CATALOGUE if id_ in decided]
    letters = dict(zip(summary.scenarios, summary.handlers["one"], strict=True))
    expected = {MID: "m", "http-overloaded_error": "r", "mid-invalid_request_error": "n", "first-overloaded_error": "s"}
    assert (ordered, expected | {CUT: "c"}) == (list(summary.scenarios), letters)
    assert {"one": "AttributeError"} == summary.crashes


def test_the_letters_are_different() -> None:
    """Check one for each outcome."""
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
    """Check each order."""
    outcome, other = decisions
    for surfaces in ((MAIN, ASYNC), (HELPER, MAIN)):
        summary = summarise(ANTHROPIC, deciding(MID, outcome, surfaces[0]) | deciding(MID, other, surfaces[1]))
        assert {"one": letter} == summary.handlers


def test_a_missing_call_makes_no_decision_unknown() -> None:
    """Check a call that the release lacks."""
    assert {"one": "r"} == summarise(ANTHROPIC, deciding(MID, "retry") | on(LACKS, MID, HELPER)).handlers


def test_a_decision_on_an_unknown_scenario_has_no_letter() -> None:
    """Check that the release is not blamed."""
    assert {"one": "u"} == summarise(ANTHROPIC, deciding("unknown", "retry")).handlers


def test_a_handler_without_a_decision_is_unknown() -> None:
    """Check a handler that ran on some calls."""
    summary = summarise(ANTHROPIC, deciding(MID, "retry") | on(raised(handlers={"other": "fail"}), "mid-api_error"))
    letters = {handler: dict(zip(summary.scenarios, word, strict=True)) for handler, word in summary.handlers.items()}
    assert {"one": {MID: "r", "mid-api_error": "u"}, "other": {MID: "u", "mid-api_error": "m"}} == letters


def test_the_exception_of_a_handler_is_that_of_the_first_call() -> None:
    """Check the main call."""
    summary = summarise(ANTHROPIC, deciding(MID, "crashed: NameError") | deciding(MID, "crashed: ImportError", ASYNC))
    assert {"one": "NameError"} == summary.crashes


def test_calls_without_a_decision_have_no_scenario() -> None:
    """Check calls that give nothing to decide on, or can't be made."""
    assert ((), {}) == (
        (summary := summarise(ANTHROPIC, on(LACKS) | on(raised(), CUT))).scenarios,
        summary.handlers,
    )


# Properties of every summary.


@given(behaviours())
@RELAXED
def test_every_behaviour_has_a_summary(behaviour: Behaviour) -> None:
    """Check its form."""
    summary = summarise(ANTHROPIC, behaviour)
    assert [len(summary.scenarios)] * len(summary.handlers) == [len(letters) for letters in summary.handlers.values()]
    assert [id_ for id_ in CATALOGUE if id_ in summary.scenarios] == list(summary.scenarios)
    assert summary.crashes.keys() <= summary.handlers.keys()
    assert not set(summary.silent) & set(summary.hangs) or len(behaviour) > 1
    assert (summary.surface in ANTHROPIC.surfaces, not (summary.documented and summary.typed)) == (True, True)


@given(behaviours())
@RELAXED
def test_the_order_of_calls_does_not_matter(behaviour: Behaviour) -> None:
    """Check that only the exception of a handler depends on it."""
    turned = dict(reversed(behaviour.items()))
    observation, other = summarise(ANTHROPIC, behaviour), summarise(ANTHROPIC, turned)
    assert (observation.handlers, observation.silent, observation.scenarios) == (
        other.handlers,
        other.silent,
        other.scenarios,
    )


# The committed data.


@pytest.fixture(scope="module")
def newest() -> tuple[str, Result]:
    """Summarise the newest measured release with the dependencies of today."""
    store = Store(DATA, ANTHROPIC)
    results = queries.results(store, ANTHROPIC.digest, DEFAULT_PYTHON, [list(queries.releases(store))[-1]])
    return next((cell.version, summary) for cell, summary in results.items() if summary.outcome is Outcome.COMPLETED)


def test_the_newest_release_names_the_type_of_an_error(newest: tuple[str, Result]) -> None:
    """Check that it has no code, that a cut stream is silent, and that every handler ran."""
    summary = summarise(ANTHROPIC, newest[1].behaviour)
    assert (MAIN, "", False, True) == (summary.surface, summary.unusable, summary.documented, summary.typed)
    assert CUT in summary.silent
    assert set(ANTHROPIC.handlers) == set(summary.handlers)
    assert Call(MAIN, MID) in newest[1].behaviour
