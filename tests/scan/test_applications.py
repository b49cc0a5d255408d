"""Whole programs as people write them: what each of their places does."""

from pathlib import Path
from typing import Final

import pytest

from matrix.scan import scan
from matrix.scan.catches import PlaceRole
from tests.scan.places import VERSION, open_release, summarise

FOLDER: Final = Path(__file__).parent / "applications"
"""Programs as text files: they import packages that are not installed here."""

LIBRARIES: Final = ("backoff", "fastapi", "httpx", "openai", "pydantic", "tenacity")
"""The packages that their projects bring."""

MID: Final = "mid-400 mid-429 mid-529"

EXPECTED: Final = {
    "assistant": {
        (38, "Assistant._with_retry"): {"fail": "400", "retry": "429 529"},
        (64, "Assistant.ask_streaming"): {
            "fail": f"400 429 529 {MID} reset",
            "fail raises RuntimeError": "cut html json",
        },
        (71, "Assistant.ask_carefully"): {"undecided": "400 429 529"},
    },
    "chat_model": {
        (54, "ChatAnthropic._stream"): {
            "fail raises ProviderError": "400 429 mid-400 mid-429",
            "fail raises OverloadedError": "529 mid-529",
            "accept": "cut html json",
            "fail": "reset",
        },
        (65, "ChatAnthropic.invoke"): {
            "fail raises ProviderError": "400 429 mid-400 mid-429",
            "retry": "529 mid-529",
            "accept": "cut html json",
            "fail": "reset",
        },
    },
    "cli": {(22, "show"): {"fail": f"400 429 529 {MID} reset", "accept": "cut"}},
    "gateway": {
        (45, "collect"): {"fail": f"400 529 {MID} reset", "retry": "429", "accept": "cut"},
        (61, "count"): {"fail": "400", "retry": "429 529"},
        (71, "ask_once"): {
            "fail raises HTTPException": f"400 429 529 {MID}",
            "accept": "cut",
            "fail": "reset",
        },
        (87, "ask_stream.events"): {"fail goes on": f"400 429 529 {MID} reset", "accept": "cut"},
    },
    "worker": {
        (23, "summarise"): {"fail": "400", "retry": "429 529"},
        (31, "extract"): {"fail": f"400 429 {MID} reset", "retry": "529", "accept": "cut"},
        (45, "translate"): {
            "fail returns None": "400 mid-400 reset",
            "retry": "429 529 mid-429 mid-529",
            "accept": "cut",
        },
    },
}
"""The line and the function of each place, and what it does."""


def read_application(name: str) -> str:
    """Read the source of a program."""
    return (FOLDER / f"{name}.py.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXPECTED)
def test_scan_finds_these_places_in_a_program(name: str) -> None:
    """It finds no others."""
    scanned = scan(open_release(VERSION, *LIBRARIES), read_application(name), f"{name}.py")
    assert () == scanned.problems
    places = [catch for catch in scanned.catches if catch.role is not PlaceRole.CLIENT]
    assert EXPECTED[name] == {(catch.place.line, catch.function): summarise(catch) for catch in places}


def test_clients_that_retry_are_notes() -> None:
    """A command line leaves everything to the SDK."""
    scanned = scan(open_release(), read_application("cli"), "cli.py")
    clients = [catch for catch in scanned.catches if catch.role is PlaceRole.CLIENT]
    assert [(33, "once"), (40, "main")] == [(catch.place.line, catch.function) for catch in clients]
    assert {0} == {len(catch.decisions) for catch in clients}


def test_every_program_has_expected_places() -> None:
    """The table names each file of the folder."""
    assert set(EXPECTED) == {path.name.partition(".")[0] for path in FOLDER.iterdir()}
