"""Small programs, each of a kind that real projects have: what every place of theirs does with every telling failure.

The answers come from running the programs against the backend on the release that the scan is asked about.
"""

from pathlib import Path
from typing import Final

import msgspec
import pytest

from matrix.model import Frozen
from matrix.scan.catches import Catch, PlaceRole
from tests.scan.places import VERSION, scan_text, summarise

FOLDER: Final = Path(__file__).parent / "cases"
"""Programs as text files: they import packages that are not installed here."""

BROUGHT: Final = ("httpx",)
"""The package that every project has, besides those of the release."""

MID: Final = "mid-400 mid-429 mid-529"
"""Errors inside a stream: from 0.87.0 on, they have status 200 and no class of their own."""

ENDS: Final = "cut html json"
"""Streams that end early or are none: `create` raises nothing. Other calls were measured with the first alone."""


class Expected(Frozen, frozen=True, kw_only=True):
    """What one place should be.

    Attributes:
        function: The function around it.
        line: Its line.
        does: What it does, to the short names of the scenarios in which it does so.
        role: What kind of place it is.
        runs_out: Whether it falls through to None after the last attempt.
        passes_status: Whether it passes the status on to its own client.
        unmeasured: The client that was not measured.
    """

    function: str
    line: int
    does: dict[str, str] = msgspec.field(default_factory=dict)
    role: PlaceRole = PlaceRole.CATCH
    runs_out: bool = False
    passes_status: bool = False
    unmeasured: str = ""


RETRIES_TRANSIENT: Final = {"fail": f"400 {MID} reset", "retry": "429 529", "accept": ENDS}

CASES: Final = {
    "match_return": [
        Expected(
            function="ask",
            line=22,
            does={
                "fail raises Other": f"400 {MID}",
                "fail raises Busy": "429",
                "fail raises Down": "529",
                "accept": "cut",
                "fail": "reset",
            },
        )
    ],
    "enum_decision": [Expected(function="ask", line=27, does=RETRIES_TRANSIENT, runs_out=True)],
    "grown_tuple": [Expected(function="ask", line=18, does=RETRIES_TRANSIENT, runs_out=True)],
    "uses_langchain": [
        Expected(
            function="one",
            line=7,
            does={"fail": f"400 529 {MID} reset", "retry": "429"},
            role=PlaceRole.RETRIES,
        ),
        Expected(
            function="two",
            line=10,
            does={"fail": f"400 {MID} reset", "retry": "429 529"},
            role=PlaceRole.RETRIES,
        ),
        Expected(
            function="three",
            line=13,
            does={"fail": f"400 529 {MID} reset", "retry": "429"},
            role=PlaceRole.RETRIES,
        ),
    ],
    "suppress_files": [
        Expected(function="drop", line=7, does={"fail": "400 429 529"}),
        Expected(function="models", line=13, does={"fail": "400 429 529"}),
        Expected(function="count", line=19, does={"fail returns None": "400 429 529"}),
        Expected(function="batch", line=25, does={"fail": "400 529", "fail returns None": "429"}),
    ],
    "generator": [
        Expected(
            function="words", line=8, does={"fail": f"400 429 529 {MID} reset", "accept": "cut"}, role=PlaceRole.RETRIES
        ),
        Expected(
            function="awords",
            line=13,
            does={"fail": f"400 429 529 {MID} reset", "accept": "cut"}, role=PlaceRole.RETRIES
        ),
        Expected(
            function="bwords",
            line=19,
            does={"fail": f"400 429 529 {MID} reset", "accept": ENDS}, role=PlaceRole.RETRIES
        ),
        Expected(
            function="opened",
            line=24,
            does={"retry": "400 429 529", "fail": f"{MID} reset"},
            role=PlaceRole.RETRIES,
        ),
    ],
    "helper_reraises": [
        Expected(
            function="patient.wrapper",
            line=18,
            does={"fail": f"400 {MID} reset", "retry": "429 529", "accept": "cut"},
        ),
        Expected(function="ask_inline", line=33, does=RETRIES_TRANSIENT),
    ],
    "kwargs": [
        Expected(function="two", line=19, does={"fail raises RuntimeError": "400 429 529"}),
        Expected(function="C.three", line=31, does={"fail": "400 529", "fail raises RuntimeError": "429"}),
    ],
    "httpx_classes": [
        Expected(
            function="ask",
            line=10,
            does={"fail": f"400 {MID} reset", "retry": "429 529", "accept": "cut"},
            runs_out=True,
        )
    ],
    "opened_only": [
        Expected(
            function="opened",
            line=10,
            does={"retry": "400 429 529", "fail": f"{MID} reset"},
            runs_out=True,
        ),
        Expected(
            function="local",
            line=19,
            does={"fail returns None": "400 429 529", "fail": f"{MID} reset"},
        ),
    ],
    "translate_module": [
        Expected(
            function="chat.events",
            line=12,
            does={"fail goes on": f"400 429 529 {MID}", "accept": "cut", "fail": "reset"},
        ),
        Expected(
            function="proxied",
            line=20,
            does={"fail raises HTTPException": f"400 429 529 {MID}", "accept": "cut", "fail": "reset"},
            passes_status=True,
        ),
    ],
    "table": [
        Expected(
            function="ask",
            line=32,
            does={
                "fail raises Bad": f"400 {MID}",
                "fail raises Busy": "429",
                "fail raises Unavailable": "529",
                "accept": ENDS,
                "fail": "reset",
            },
        )
    ],
    "failure_or_none": [],
    "chain": [
        Expected(
            function="ask",
            line=14,
            does={"fail": f"400 529 {MID} reset", "fail raises Throttled": "429", "accept": "cut"},
        )
    ],
    "reexport": [
        Expected(function="S.opened", line=11, does={"fail": f"400 429 529 {MID} reset"}),
        Expected(
            function="S.process",
            line=21,
            does={"fail goes on": f"400 429 529 {MID} reset", "accept": "cut"},
        ),
    ],
    "bedrock": [Expected(function="ask", line=11, unmeasured="AnthropicBedrock")],
    "uses_litellm": [Expected(function="ask", line=8, unmeasured="litellm")],
}  # fmt: skip

VERSIONS: Final = {"bedrock": "0.87.0"}
"""Cases that are about another release than the usual one."""


def read_case(name: str) -> str:
    """Read the source of a case."""
    return (FOLDER / f"{name}.py.txt").read_text(encoding="utf-8")


def to_expected(catch: Catch) -> Expected:
    """Reduce a place to what a case says of it."""
    return Expected(
        function=catch.function,
        line=catch.place.line,
        does={} if catch.unmeasured else summarise(catch),
        role=catch.role,
        runs_out=catch.runs_out,
        passes_status=catch.passes_status,
        unmeasured=catch.unmeasured,
    )


@pytest.mark.parametrize("name", CASES)
def test_every_place_of_a_case_does_what_happens_when_it_runs(name: str) -> None:
    """The scan finds no other places."""
    assert CASES[name] == [
        to_expected(catch) for catch in scan_text(read_case(name), VERSIONS.get(name, VERSION), BROUGHT)
    ]


def test_a_place_on_an_unmeasured_client_decides_nothing() -> None:
    """What the first-party client does is no answer for it."""
    for name in ("bedrock", "uses_litellm"):
        (catch,) = scan_text(read_case(name), VERSIONS.get(name, VERSION), BROUGHT)
        assert {"undecided"} >= {str(decision.choice) for decision in catch.decisions.values()}


def test_two_places_that_decide_alike_have_the_same_counts() -> None:
    """An enum and a tuple that grows retry the same failures, and take the same errors."""
    (enum,), (grown,) = scan_text(read_case("enum_decision")), scan_text(read_case("grown_tuple"))
    assert (enum.decisions, enum.taken) == (grown.decisions, grown.taken)


def test_every_case_has_expected_places() -> None:
    """The table names each file of the folder."""
    assert set(CASES) == {path.name.partition(".")[0] for path in FOLDER.iterdir()}
