"""The explanation of one release: what it shows, the place among other releases, and the evidence."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from matrix.catalogue.scenarios import CATALOGUE
from matrix.compare.explanation import Explanation, explain
from matrix.compare.history import build_history
from matrix.errors import UsageError
from matrix.model import DEFAULT_PYTHON, Lane, Release
from matrix.observation import Behaviour, Call, Outcome, RemedyResult, Result
from matrix.targets import ANTHROPIC
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.verdict import VerdictKind, Yardstick
from tests.support.behaviours import (
    CLEAN,
    CUT,
    LACKS,
    MAIN,
    MID,
    NO_CLIENT,
    PROVENANCE,
    STATUS,
    cell,
    completed,
    error,
    lock,
    not_played,
    on,
    raised,
    release,
    result,
)

ASYNC, HELPER = f"{MAIN}-async", "messages.stream"

SEEN: Final = raised(
    error(attributes={"status_code": 200, "type": "overloaded_error"}),
    handlers={"one": "retry", "other": "crashed: AttributeError"},
    remedy=RemedyResult(outcome="failed", status=529, error_type="overloaded_error", retryable=True, text="some"),
)
"""An overload, as a release may report it."""


def explained(
    behaviour: Behaviour | Result,
    scenario: str = "",
    surface: str = "",
    *,
    others: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Explanation:
    """Explain what 1.1 does, among other measured releases."""
    ours = behaviour if isinstance(behaviour, Result) else result(behaviour)
    known = {**(others or {}), "1.1": ours}
    releases: dict[str, Release] = {version: release(version) for version in known} | {"1.1": release("1.1", **facts)}
    results = {cell(version): measured for version, measured in known.items()}
    past = build_history(ANTHROPIC, releases.values(), results, Lane.TODAY, DEFAULT_PYTHON)
    return explain(ANTHROPIC, releases["1.1"], ours, past, scenario, surface)


# Scenarios and calls.


def test_a_release_is_explained_by_a_few_scenarios() -> None:
    """Check its main call, in the order of the scenarios."""
    behaviour = on(completed(), CLEAN) | on(SEEN, CUT) | on(SEEN, MID, HELPER, MAIN)
    explanation = explained(behaviour)
    assert (MAIN, [(MID, (MAIN,)), (CUT, (MAIN,))]) == (
        explanation.surface,
        [(evidence.scenario, evidence.surfaces) for evidence in explanation.told],
    )


def test_the_main_scenarios_are_played_on_every_main_call() -> None:
    """Check that only those that a dialect lacks are missing."""
    for surface in ANTHROPIC.suite.main:
        played = on(completed(), CLEAN, surface)
        for scenario in ANTHROPIC.suite.telling:
            played |= on(SEEN, scenario, surface)
        assert (surface, list(ANTHROPIC.suite.telling)) == (
            (explanation := explained(played)).surface,
            [evidence.scenario for evidence in explanation.told],
        )


def test_the_main_call_depends_on_the_release() -> None:
    """Check that it is the newest one with a client."""
    behaviour = (
        on(LACKS, CLEAN, MAIN) | on(completed(), CLEAN, "completions.create") | on(SEEN, MID, "completions.create")
    )
    explanation = explained(behaviour)
    assert ("completions.create", [MID]) == (explanation.surface, [evidence.scenario for evidence in explanation.told])


def test_a_scenario_is_shown_on_every_call() -> None:
    """Check that equal calls are together, in order, with the evidence of the first."""
    other = raised(error("anthropic.OverloadedError", *STATUS, attributes={"status_code": 529}))
    explanation = explained(on(SEEN, MID, HELPER, MAIN) | on(other, MID, ASYNC) | on(completed(), CLEAN), MID)
    assert [(MAIN, HELPER), (ASYNC,)] == [evidence.surfaces for evidence in explanation.told]
    assert [SEEN, other] == [evidence.observation for evidence in explanation.told]


def test_calls_on_which_handlers_differ_are_shown_apart() -> None:
    """Check calls that end alike."""
    other = raised(SEEN.exception, handlers={"one": "fail", "other": "crashed: AttributeError"})
    assert 2 == len(explained(on(SEEN, MID, MAIN) | on(other, MID, ASYNC), MID).told)


def test_calls_of_which_one_is_right_are_shown_apart() -> None:
    """Check a whole answer and a partial one."""
    explanation = explained(on(completed(), CLEAN, MAIN) | on(completed("Hello"), CLEAN, ASYNC), CLEAN)
    assert [(MAIN,), (ASYNC,)] == [evidence.surfaces for evidence in explanation.told]


def test_invisible_differences_show_no_calls_apart() -> None:
    """Check another crash of a handler, and another connection that is returned."""
    other = raised(SEEN.exception, connection="idle", handlers={"one": "retry", "other": "crashed: NameError"})
    assert [(MAIN, ASYNC)] == [
        evidence.surfaces for evidence in explained(on(SEEN, MID, MAIN) | on(other, MID, ASYNC), MID).told
    ]


def test_calls_that_the_release_lacks_come_last() -> None:
    """Check the order."""
    explanation = explained(on(LACKS, MID, MAIN, HELPER) | on(SEEN, MID, ASYNC), MID)
    assert [(ASYNC,), (MAIN, HELPER)] == [evidence.surfaces for evidence in explanation.told]


def test_a_call_is_shown_alone() -> None:
    """Check that other calls do not matter."""
    explanation = explained(on(SEEN, MID, MAIN, ASYNC), MID, ASYNC)
    assert (ASYNC, [(ASYNC,)]) == (explanation.surface, [evidence.surfaces for evidence in explanation.told])


@pytest.mark.parametrize(
    ("scenario", "surface", "message", "hint"),
    [
        pytest.param(
            CUT, HELPER, f"{CUT} is not played on {HELPER}.", f"Surfaces that play it: {MAIN}.", id="not on this call"
        ),
        pytest.param(
            "reset",
            MAIN,
            f"reset is not played on {MAIN}.",
            "List the scenarios: `matrix list scenarios`.",
            id="not on any call",
        ),
        pytest.param(
            "reset", "", "reset is not played.", "List the scenarios: `matrix list scenarios`.", id="not at all"
        ),
    ],
)
def test_a_call_that_was_not_played_is_refused(scenario: str, surface: str, message: str, hint: str) -> None:
    """Check that the hint names the calls that were."""
    with pytest.raises(UsageError) as caught:
        explained(on(SEEN, MID) | on(SEEN, CUT), scenario, surface)
    assert (message, hint) == (str(caught.value), caught.value.hint)


@pytest.mark.parametrize("outcome", [Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL])
@pytest.mark.parametrize("asked", [("", ""), (MID, ""), (MID, MAIN)])
def test_a_release_that_can_not_be_played_has_a_reason(outcome: Outcome, asked: tuple[str, str]) -> None:
    """Check every question."""
    explanation = explained(not_played(outcome, "why"), *asked)
    assert (outcome, "why", ()) == (explanation.outcome, explanation.reason, explanation.told)


def test_a_release_without_a_client_is_explained_by_that() -> None:
    """Check that it is shown once."""
    explanation = explained(on(NO_CLIENT, CLEAN) | on(NO_CLIENT, MID))
    assert [NO_CLIENT] == [evidence.observation for evidence in explanation.told]


# The place among other releases.


def others(**kinds: str) -> dict[str, Result]:
    """Make releases that behave the same, or otherwise."""
    kinds_of_result = {"same": result(on(SEEN)), "other": result(on(completed()))}
    return {version.lstrip("v").replace("_", "."): kinds_of_result[kind] for version, kind in kinds.items()}


@pytest.mark.parametrize(
    ("kinds", "epoch", "before", "after"),
    [
        pytest.param({}, ("1.1",), "", "", id="no other release"),
        pytest.param({"v1_0": "same", "v1_2": "same"}, ("1.0", "1.1", "1.2"), "", "", id="all behave the same"),
        pytest.param({"v1_0": "other", "v1_2": "other"}, ("1.1",), "1.0", "1.2", id="unlike its neighbours"),
        pytest.param(
            {"v0_8": "other", "v0_9": "other", "v1_0": "same", "v1_2": "other", "v1_3": "other"},
            ("1.0", "1.1"),
            "0.9",
            "1.2",
            id="nearest releases that differ",
        ),
    ],
)
def test_a_release_stands_in_its_epoch(kinds: dict[str, str], epoch: tuple[str, ...], before: str, after: str) -> None:
    """Check the releases before and after it."""
    explanation = explained(on(SEEN), others=others(**kinds))
    assert (epoch, before, after) == (explanation.epoch, explanation.before, explanation.after)


def test_the_index_and_the_cell_describe_a_release() -> None:
    """Check each field."""
    explanation = explained(
        result(on(SEEN), lock=lock(httpx="0.28.1", h11="0.16.0")), requires_python=">=3.9", yanked="broken"
    )
    assert (">=3.9", "broken") == (explanation.requires_python, explanation.yanked)
    assert ("1.1", Lane.TODAY, DEFAULT_PYTHON, Outcome.COMPLETED) == (
        explanation.version,
        explanation.lane,
        explanation.python,
        explanation.outcome,
    )
    assert (PROVENANCE, {"httpx": "0.28.1", "h11": "0.16.0"}) == (explanation.measured, explanation.lock)


def test_a_release_that_could_not_be_locked_has_no_lock() -> None:
    """Check that no dependency is named."""
    assert {} == explained(result({}, outcome=Outcome.CANNOT_INSTALL, lock=None)).lock


# The evidence.


def test_the_evidence_of_a_call_is_complete() -> None:
    """Check bytes, expectation, observation, outcomes, and the command that plays it again."""
    (evidence,) = explained(on(SEEN), MID, MAIN).told
    assert (MID, CATALOGUE[MID].title, (MAIN,), SEEN) == (
        evidence.scenario,
        evidence.title,
        evidence.surfaces,
        evidence.observation,
    )
    assert evidence.ideal.startswith("Documented: code 529")
    assert f"matrix run --versions 1.1 --lane today --scenario {MID} --surface {MAIN}" == evidence.command
    assert {"one": HandlerOutcome.RIGHT, "other": HandlerOutcome.CRASHED} == evidence.worths
    assert VerdictKind.RIGHT is evidence.remedy


def test_the_bytes_are_those_that_the_server_sent() -> None:
    """Check the dialect of the call."""
    sent = {
        surface: "".join(
            data for verb, data in explained(on(SEEN, MID, surface), MID, surface).told[0].wire if verb == "send"
        )
        for surface in (MAIN, "completions.create")
    }
    assert all("event: error" in each and "overloaded_error" in each for each in sent.values())
    assert ["event: message_start" in each for each in sent.values()] == [True, False]


@pytest.mark.parametrize(
    ("attributes", "documented", "maintainers"),
    [
        ({"status_code": 200, "type": "overloaded_error"}, VerdictKind.WRONG, VerdictKind.RIGHT),
        ({"status_code": 529, "type": "overloaded_error"}, VerdictKind.RIGHT, VerdictKind.WRONG),
        ({"status_code": 200}, VerdictKind.WRONG, VerdictKind.WRONG),
    ],
)
def test_a_call_has_verdicts_by_both_yardsticks(
    attributes: dict[str, Any], documented: VerdictKind, maintainers: VerdictKind
) -> None:
    """Check that the release's own control is used."""
    observation = raised(error("anthropic.OverloadedError", *STATUS, attributes=attributes))
    control = raised(error("anthropic.OverloadedError", *STATUS, attributes={"status_code": 529}))
    (evidence,) = explained(on(observation, MID) | on(control, "http-overloaded_error"), MID, MAIN).told
    expected = {Yardstick.DOCUMENTED: documented, Yardstick.MAINTAINERS: maintainers}
    assert expected == {yardstick: verdict.kind for yardstick, verdict in evidence.verdicts.items()}


def test_every_call_of_the_suite_can_be_explained() -> None:
    """Check every scenario on the main call, and one on every call."""
    behaviour: Behaviour = {Call(MAIN, scenario): SEEN for scenario in CATALOGUE} | on(SEEN, MID, *ANTHROPIC.surfaces)
    playable = {*CATALOGUE} - {"unknown"}
    assert playable == {evidence.scenario for scenario in playable for evidence in explained(behaviour, scenario).told}
    assert set(ANTHROPIC.surfaces) == {
        surface for evidence in explained(behaviour, MID).told for surface in evidence.surfaces
    }
