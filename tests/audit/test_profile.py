"""Profiles: which failures are played to which requests, and how long."""

import pytest

from matrix.audit.profile import CONTROL, HEADLINE, prolong, select_failures
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Hold, Pause
from matrix.targets import ANTHROPIC, OPENAI, TARGETS, Target

APIS = [
    (ANTHROPIC, Dialect.MESSAGES),
    (ANTHROPIC, Dialect.BEDROCK),
    (OPENAI, Dialect.CHAT),
    (OPENAI, Dialect.RESPONSES),
]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_headline_of_every_target_has_a_kind_of_each(target: Target) -> None:
    """A target without its own errors in the profile has the headlines of its suite."""
    dialects = {dialect for scenario in target.suite.playable.values() for dialect in scenario.dialects}
    failures = select_failures(target.suite, dialects, "headline")
    assert 11 <= len(failures) <= 22
    ids = {failure.id for failure in failures}
    assert {"stall", "eof-mid", "reset"} <= ids
    assert any(id_.startswith("mid-") for id_ in ids)
    assert any(id_.startswith("http-") for id_ in ids)


@pytest.mark.parametrize(("target", "dialect"), APIS)
def test_the_headline_has_about_16_failures_of_each_api(target: Target, dialect: Dialect) -> None:
    """Each exists in the dialect, and those that a program may wait for come first."""
    failures = select_failures(target.suite, [dialect], "headline")
    assert 14 <= len(failures) <= 18
    assert all(dialect in failure.dialects for failure in failures)
    assert CONTROL not in {failure.id for failure in failures}
    waiting = [failure.timeout is not None for failure in failures]
    assert sorted(waiting, reverse=True) == waiting


def test_every_failure_of_the_headline_exists() -> None:
    """A published id never changes, but a typing error is possible."""
    known = {*ANTHROPIC.suite.playable, *OPENAI.suite.playable}
    assert [] == [id_ for id_ in HEADLINE if id_ not in known]
    assert len({*HEADLINE}) == len(HEADLINE)


def test_the_full_profile_has_every_scenario_of_a_dialect_but_the_control() -> None:
    """Check the Messages API."""
    failures = select_failures(ANTHROPIC.suite, [Dialect.MESSAGES], "full")
    playable = ANTHROPIC.suite.playable.values()
    assert {each.id for each in playable if Dialect.MESSAGES in each.dialects} == {each.id for each in failures} | {
        CONTROL
    }


def test_named_failures_are_played_if_the_requests_can_carry_them() -> None:
    """A byte order mark has no meaning in frames."""
    ids = ["bom", "reset"]
    assert {"bom", "reset"} == {each.id for each in select_failures(ANTHROPIC.suite, [Dialect.MESSAGES], "full", ids)}
    assert {"reset"} == {each.id for each in select_failures(ANTHROPIC.suite, [Dialect.BEDROCK], "full", ids)}


def test_pings_and_drips_are_prolonged_and_nothing_else() -> None:
    """The pauses last for as long as is asked, and the beginning and the end stay."""
    prolonged = set()
    for scenario in ANTHROPIC.suite.playable.values():
        longer = prolong(scenario, 30)
        if longer != scenario:
            prolonged.add(scenario.id)
            assert 30 <= sum(step.seconds for step in longer.steps if isinstance(step, Pause)) < 33
            assert (scenario.steps[0], scenario.steps[-1]) == (longer.steps[0], longer.steps[-1])
            assert not isinstance(scenario.steps[-1], Hold)
    assert {"pings-only", "slow-drip"} == prolonged
