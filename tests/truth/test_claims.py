"""The places that the scan finds become claims."""

import pytest

from matrix.findings.model import Place
from matrix.observation import Call, FinalMessage, Observation, Outcome, Raised
from matrix.scan.catches import Catch, Decision, PlaceRole
from matrix.scan.catches import Choice as Decided
from tests.truth.campaign import ClaimedPlace
from tests.truth.cells import find_cell
from tests.truth.claims import claim, list_raised, to_place
from tests.truth.comparison import Choice, Claim
from tests.truth.program import read_programs
from tests.truth.subject import SUBJECTS


def raising(name: str) -> Observation:
    """Make the observation of a call that raised."""
    return Observation(
        outcome=Outcome.RAISED, exception=Raised(name=name, bases=(), exported=True, attributes={}, text="")
    )


def test_a_place_has_a_claim_for_each_scenario_that_reaches_it() -> None:
    """Make one with the errors that a call may raise there."""
    catch = Catch(
        place=Place("app.py", 7, 5),
        code="except APIError:",
        role=PlaceRole.CATCH,
        function="Gateway.ask",
        decisions={"mid": Decision(Decided.FAIL), "eof": Decision(Decided.FAIL, "returns None")},
        taken=("eof",),
        runs_out=True,
    )
    claims = {"mid": Claim(Choice.FAIL, "", ("a.E",)), "eof": Claim(Choice.FAIL, "returns None")}
    expected = ClaimedPlace(function="Gateway.ask", line=7, claims=claims, runs_out=True)
    assert expected == to_place(catch, {"mid": ("a.E",)})


def test_the_errors_of_a_scenario_are_those_of_all_calls() -> None:
    """Collect their classes by scenario."""
    behaviour = {
        Call("messages.create", "mid"): raising("a.E"),
        Call("messages.stream", "mid"): raising("a.F"),
        Call("messages.create", "clean"): Observation(outcome=Outcome.COMPLETED),
        Call("messages.stream", "html"): Observation(
            outcome=Outcome.COMPLETED, final=FinalMessage(raised="AssertionError")
        ),
    }
    assert {"mid": ("a.E", "a.F"), "html": ("builtins.AssertionError",)} == list_raised(behaviour)


@pytest.mark.parametrize(
    ("id_", "version"),
    [
        ("anthropic", "1.0.0"),
        ("openai", "2.2.0"),
        ("groq", "1.7.0"),
        ("together", "3.1.1"),
        ("ollama", "0.6.3"),
        ("cohere", "7.3.1"),
        ("mistralai", "2.4.5"),
        ("google-genai", "2.20.0"),
        ("litellm", "1.80.10"),
        ("langchain-anthropic", "1.7.10"),
        ("instructor", "1.17.0"),
    ],
)
def test_every_program_is_scanned(id_: str, version: str) -> None:
    """Scan them for one release, and find places in each that should have some."""
    subject = SUBJECTS[id_]
    claims = claim(subject, find_cell(subject, version))
    assert {program.name for program in read_programs(subject)} == claims.keys()
    assert all(claims.values())
