"""What one release does: what is shown of it, where it stands among the others, and the evidence."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from matrix.catalogue.scenarios import CATALOGUE
from matrix.compare.explanation import Explanation, explain
from matrix.compare.history import build_history
from matrix.errors import UsageError
from matrix.model import Lane, Release
from matrix.observation import Behaviour, Call, Outcome, RemedyResult, Result
from matrix.releases.selection import DEFAULT_PYTHON
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
"""An overload, as a release may show it."""


def explained(
    behaviour: Behaviour | Result,
    scenario: str = "",
    surface: str = "",
    *,
    others: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Explanation:
    """What 1.1 does, among others of which something is known."""
    ours = behaviour if isinstance(behaviour, Result) else result(behaviour)
    known = {**(others or {}), "1.1": ours}
    releases: dict[str, Release] = {version: release(version) for version in known} | {"1.1": release("1.1", **facts)}
    results = {cell(version): found for version, found in known.items()}
    past = build_history(ANTHROPIC, releases.values(), results, Lane.TODAY, DEFAULT_PYTHON)
    return explain(ANTHROPIC, releases["1.1"], ours, past, scenario, surface)


# What is shown.


def test_of_a_release_a_few_telling_scenarios_are_shown() -> None:
    """On its main call, in their own order, as far as they were played."""
    seen = on(completed(), CLEAN) | on(SEEN, CUT) | on(SEEN, MID, HELPER, MAIN)
    found = explained(seen)
    assert (MAIN, [(MID, (MAIN,)), (CUT, (MAIN,))]) == (
        found.surface,
        [(told.scenario, told.surfaces) for told in found.told],
    )


def test_telling_scenarios_are_played_on_every_main_call() -> None:
    """But for what a dialect lacks, none is missing."""
    for surface in ANTHROPIC.suite.main:
        played = on(completed(), CLEAN, surface)
        for scenario in ANTHROPIC.suite.telling:
            played |= on(SEEN, scenario, surface)
        assert (surface, list(ANTHROPIC.suite.telling)) == (
            (found := explained(played)).surface,
            [told.scenario for told in found.told],
        )


def test_the_main_call_is_that_of_the_release() -> None:
    """The newest of which a client can be made."""
    seen = on(LACKS, CLEAN, MAIN) | on(completed(), CLEAN, "completions.create") | on(SEEN, MID, "completions.create")
    found = explained(seen)
    assert ("completions.create", [MID]) == (found.surface, [told.scenario for told in found.told])


def test_a_scenario_is_shown_on_every_call() -> None:
    """Calls that are the same to a caller together, in the order of the suite, with the evidence of the first."""
    other = raised(error("anthropic.OverloadedError", *STATUS, attributes={"status_code": 529}))
    found = explained(on(SEEN, MID, HELPER, MAIN) | on(other, MID, ASYNC) | on(completed(), CLEAN), MID)
    assert [(MAIN, HELPER), (ASYNC,)] == [told.surfaces for told in found.told]
    assert [SEEN, other] == [told.observation for told in found.told]


def test_calls_on_which_handlers_differ_are_told_apart() -> None:
    """Though they end alike."""
    other = raised(SEEN.exception, handlers={"one": "fail", "other": "crashed: AttributeError"})
    assert 2 == len(explained(on(SEEN, MID, MAIN) | on(other, MID, ASYNC), MID).told)


def test_calls_of_which_one_is_right_are_told_apart() -> None:
    """Though both complete: one gave the whole answer, the other a part."""
    found = explained(on(completed(), CLEAN, MAIN) | on(completed("Hello"), CLEAN, ASYNC), CLEAN)
    assert [(MAIN,), (ASYNC,)] == [told.surfaces for told in found.told]


def test_what_a_caller_does_not_meet_tells_no_calls_apart() -> None:
    """Be it another crash, or another connection that is given back."""
    other = raised(SEEN.exception, connection="idle", handlers={"one": "retry", "other": "crashed: NameError"})
    assert [(MAIN, ASYNC)] == [
        told.surfaces for told in explained(on(SEEN, MID, MAIN) | on(other, MID, ASYNC), MID).told
    ]


def test_calls_that_the_release_lacks_come_last() -> None:
    """They tell least."""
    found = explained(on(LACKS, MID, MAIN, HELPER) | on(SEEN, MID, ASYNC), MID)
    assert [(ASYNC,), (MAIN, HELPER)] == [told.surfaces for told in found.told]


def test_a_call_is_shown_by_itself() -> None:
    """Whatever the others do."""
    found = explained(on(SEEN, MID, MAIN, ASYNC), MID, ASYNC)
    assert (ASYNC, [(ASYNC,)]) == (found.surface, [told.surfaces for told in found.told])


@pytest.mark.parametrize(
    ("scenario", "surface", "message", "hint"),
    [
        pytest.param(
            CUT, HELPER, f"{CUT} is not played on {HELPER}.", f"Surfaces that play it: {MAIN}.", id="on this call"
        ),
        pytest.param(
            "reset",
            MAIN,
            f"reset is not played on {MAIN}.",
            "List the scenarios: `matrix list scenarios`.",
            id="on any call",
        ),
        pytest.param("reset", "", "reset is not played.", "List the scenarios: `matrix list scenarios`.", id="at all"),
    ],
)
def test_what_is_not_played(scenario: str, surface: str, message: str, hint: str) -> None:
    """Is said, with where it is."""
    with pytest.raises(UsageError) as caught:
        explained(on(SEEN, MID) | on(SEEN, CUT), scenario, surface)
    assert (message, hint) == (str(caught.value), caught.value.hint)


@pytest.mark.parametrize("outcome", [Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL])
@pytest.mark.parametrize("asked", [("", ""), (MID, ""), (MID, MAIN)])
def test_of_a_release_that_can_not_be_played_the_reason_is_told(outcome: Outcome, asked: tuple[str, str]) -> None:
    """Whatever was asked for."""
    found = explained(not_played(outcome, "why"), *asked)
    assert (outcome, "why", ()) == (found.outcome, found.reason, found.told)


def test_where_no_client_can_be_made_that_is_what_is_shown() -> None:
    """For each telling scenario."""
    found = explained(on(NO_CLIENT, CLEAN) | on(NO_CLIENT, MID))
    assert [NO_CLIENT] == [told.observation for told in found.told]


# Where it stands.


def others(**kinds: str) -> dict[str, Result]:
    """Releases that do the same, or another thing."""
    found = {"same": result(on(SEEN)), "other": result(on(completed()))}
    return {version.lstrip("v").replace("_", "."): found[kind] for version, kind in kinds.items()}


@pytest.mark.parametrize(
    ("kinds", "epoch", "before", "after"),
    [
        pytest.param({}, ("1.1",), "", "", id="alone"),
        pytest.param({"v1_0": "same", "v1_2": "same"}, ("1.0", "1.1", "1.2"), "", "", id="all the same"),
        pytest.param({"v1_0": "other", "v1_2": "other"}, ("1.1",), "1.0", "1.2", id="unlike its neighbours"),
        pytest.param(
            {"v0_8": "other", "v0_9": "other", "v1_0": "same", "v1_2": "other", "v1_3": "other"},
            ("1.0", "1.1"),
            "0.9",
            "1.2",
            id="the nearest that differ",
        ),
    ],
)
def test_where_a_release_stands(kinds: dict[str, str], epoch: tuple[str, ...], before: str, after: str) -> None:
    """Among those of the same behaviour, and between those of another."""
    found = explained(on(SEEN), others=others(**kinds))
    assert (epoch, before, after) == (found.epoch, found.before, found.after)


def test_what_is_known_of_the_release() -> None:
    """From the index, and from its cell."""
    found = explained(
        result(on(SEEN), lock=lock(httpx="0.28.1", h11="0.16.0")), requires_python=">=3.9", yanked="broken"
    )
    assert (">=3.9", "broken") == (found.requires_python, found.yanked)
    assert ("1.1", Lane.TODAY, DEFAULT_PYTHON, Outcome.COMPLETED) == (
        found.version,
        found.lane,
        found.python,
        found.outcome,
    )
    assert (PROVENANCE, {"httpx": "0.28.1", "h11": "0.16.0"}) == (found.measured, found.lock)


def test_a_release_that_could_not_be_locked_has_no_lock() -> None:
    """And says nothing of one."""
    assert {} == explained(result({}, outcome=Outcome.CANNOT_INSTALL, lock=None)).lock


# The evidence.


def test_the_evidence_of_a_call() -> None:
    """What was sent, what ought to be, what was seen, what that is worth, and how to play it again."""
    (told,) = explained(on(SEEN), MID, MAIN).told
    assert (MID, CATALOGUE[MID].title, (MAIN,), SEEN) == (told.scenario, told.title, told.surfaces, told.observation)
    assert told.ideal.startswith("Documented: code 529")
    assert f"matrix run --versions 1.1 --lane today --scenario {MID} --surface {MAIN}" == told.command
    assert {"one": HandlerOutcome.RIGHT, "other": HandlerOutcome.CRASHED} == told.worths
    assert VerdictKind.RIGHT is told.remedy


def test_the_bytes_are_those_that_the_server_sent() -> None:
    """In the dialect of the call."""
    sent = {
        surface: "".join(
            what for verb, what in explained(on(SEEN, MID, surface), MID, surface).told[0].wire if verb == "send"
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
def test_the_verdicts_of_a_call(attributes: dict[str, Any], documented: VerdictKind, maintainers: VerdictKind) -> None:
    """By both yardsticks, with the release's own control."""
    seen = raised(error("anthropic.OverloadedError", *STATUS, attributes=attributes))
    control = raised(error("anthropic.OverloadedError", *STATUS, attributes={"status_code": 529}))
    (told,) = explained(on(seen, MID) | on(control, "http-overloaded_error"), MID, MAIN).told
    expected = {Yardstick.DOCUMENTED: documented, Yardstick.MAINTAINERS: maintainers}
    assert expected == {yardstick: verdict.kind for yardstick, verdict in told.verdicts.items()}


def test_every_call_of_the_suite_can_be_explained() -> None:
    """Every scenario on the main call, and one on every call."""
    seen: Behaviour = {Call(MAIN, scenario): SEEN for scenario in CATALOGUE} | on(SEEN, MID, *ANTHROPIC.surfaces)
    wanted = {*CATALOGUE} - {"unknown"}
    assert wanted == {told.scenario for scenario in wanted for told in explained(seen, scenario).told}
    assert set(ANTHROPIC.surfaces) == {surface for told in explained(seen, MID).told for surface in told.surfaces}
