"""What the target says of the TypeScript SDK: its words, its links, and what its pages leave out."""

import pytest

from matrix.catalogue.dialect import Dialect
from matrix.compare.facets import facet_changes
from matrix.observation import UNDEFINED, Call, Observation, Outcome, Raised
from matrix.targets import ANTHROPIC, ANTHROPIC_TYPESCRIPT
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge
from matrix.verdicts.wording import describe_ideal, describe_observation

CALL = Call("messages.create", "mid-overloaded_error")
SCENARIO = ANTHROPIC_TYPESCRIPT.catalogue[CALL.scenario]


def raised(**attributes: object) -> Observation:
    """Make the observation of an `APIError` with these attributes."""
    error = Raised(name="@anthropic-ai/sdk.APIError", bases=("Error",), exported=True, attributes=attributes, text="x")
    return Observation(outcome=Outcome.RAISED, exception=error)


@pytest.mark.parametrize(
    ("version", "tag"),
    [("0.4.2", "v0.4.2"), ("0.12.3", "v0.12.3"), ("0.12.4", "sdk-v0.12.4"), ("1.14.0", "sdk-v1.14.0")],
)
def test_the_tags_of_its_repository_changed(version: str, tag: str) -> None:
    """Check the day on which it became a repository of several packages."""
    assert ANTHROPIC_TYPESCRIPT.links.release(version).endswith(f"/releases/tag/{tag}")


def test_the_tags_of_two_releases_can_differ() -> None:
    """Check the comparison over the change."""
    assert ANTHROPIC_TYPESCRIPT.links.diff("0.12.3", "0.12.4").endswith("/compare/v0.12.3...sdk-v0.12.4")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"status_code": UNDEFINED, "type": "overloaded_error"}, VerdictKind.RIGHT),
        ({"status_code": None, "type": "overloaded_error"}, VerdictKind.RIGHT),
        ({"type": "overloaded_error"}, VerdictKind.RIGHT),
        ({"status_code": 200, "type": "overloaded_error"}, VerdictKind.WRONG),
        ({"status_code": UNDEFINED, "type": None}, VerdictKind.WRONG),
        ({"status_code": UNDEFINED}, VerdictKind.WRONG),
    ],
)
def test_its_maintainers_leave_an_error_in_a_stream_without_a_status(
    attributes: dict[str, object], expected: VerdictKind
) -> None:
    """Check that it is right only with the type and without a status."""
    verdict = judge(ANTHROPIC_TYPESCRIPT, SCENARIO, raised(**attributes), None, Yardstick.MAINTAINERS)
    assert expected is verdict.kind


def test_undefined_is_no_status_in_words() -> None:
    """Check the words of an observation and of an ideal."""
    observation = raised(status_code=UNDEFINED, type="overloaded_error")
    assert "APIError, type overloaded_error" == describe_observation(observation)
    assert "Maintainers': no code, and type overloaded_error." in describe_ideal(ANTHROPIC_TYPESCRIPT, SCENARIO)
    assert "Maintainers': code 200, and type overloaded_error." in describe_ideal(ANTHROPIC, SCENARIO)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (UNDEFINED, 529, "error.status has a value now, it was undefined"),
        (529, UNDEFINED, "error.status is undefined now"),
        (None, 529, "error.status has a value now, it was null"),
        (None, UNDEFINED, "error.status has another value"),
    ],
)
def test_a_change_is_told_in_the_words_of_its_users(before: object, after: object, what: str) -> None:
    """Check the attribute that Python calls status_code."""
    changes = facet_changes(ANTHROPIC_TYPESCRIPT, CALL.scenario, raised(status_code=before), raised(status_code=after))
    assert [what] == [change.what for change in changes]


def test_its_scenarios_are_those_of_server_sent_events() -> None:
    """Check that the frames of another package's client are left out, and every other scenario is there."""
    missing = ANTHROPIC.catalogue.keys() - ANTHROPIC_TYPESCRIPT.catalogue.keys()
    assert {frozenset({Dialect.BEDROCK})} == {ANTHROPIC.catalogue[id_].dialects for id_ in missing}


def test_a_requirement_for_one_release_is_written_as_its_installer_takes_it() -> None:
    """Check both installers."""
    assert "@anthropic-ai/sdk@1.14.0" == ANTHROPIC_TYPESCRIPT.pin("1.14.0")
    assert "anthropic==1.14.0" == ANTHROPIC.pin("1.14.0")
