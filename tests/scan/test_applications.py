"""Whole programs as people write them: the line, the handler and the note of each place."""

from pathlib import Path

import pytest

from matrix.scan import scan
from matrix.targets import ANTHROPIC

FOLDER = Path(__file__).parent / "applications"
"""Programs as text files: they import packages that are not installed here."""

EXPECTED = {
    "assistant": [
        (
            28,
            "type-attr",
            "Assistant._with_retry",
            (
                "it does not cover rate_limit_error inside a stream (status 200) or status 500; "
                "it also covers APIConnectionError or a lost connection that httpx reports"
            ),
        ),
        (64, "stop-reason", "Assistant.ask_streaming", ""),
        (
            71,
            "",
            "Assistant.ask_carefully",
            "cannot judge: RETRYABLE_CODES comes from .settings, which was not scanned",
        ),
    ],
    "chat_model": [
        (
            56,
            "body-type",
            "ChatAnthropic._stream",
            (
                "it does not cover rate_limit_error inside a stream (status 200), a rate limit outside a stream (429) "
                "or status 500"
            ),
        ),
    ],
    "cli": [(33, "sdk-retries", "once", ""), (40, "sdk-retries", "main", "")],
    "gateway": [
        (
            40,
            "connection",
            "collect",
            "it does not cover an overloaded server outside a stream (529) or a lost connection that httpx reports",
        ),
        (61, "class-5xx-429", "count", ""),
        (
            73,
            "class-rate-limit",
            "ask_once",
            "an error inside a stream goes to `except anthropic.APIStatusError` in line 75",
        ),
        (87, "any-exception", "ask_stream.events", ""),
    ],
    "worker": [
        (23, "class-all-transient", "summarise", ""),
        (31, "class-private", "extract", ""),
        (47, "str-overloaded", "translate", ""),
    ],
}


def list_notes(name: str) -> list[tuple[int, str, str, str]]:
    """List the line, the handler, the function and the note of each place."""
    scanned = scan(ANTHROPIC, (FOLDER / f"{name}.py.txt").read_text(encoding="utf-8"), f"{name}.py")
    return [(catch.place.line, catch.handler, catch.function, catch.note) for catch in scanned.catches]


@pytest.mark.parametrize("name", EXPECTED)
def test_scan_finds_these_places_in_a_program(name: str) -> None:
    """It finds no others."""
    assert EXPECTED[name] == list_notes(name)


def test_every_program_has_expected_places() -> None:
    """The table names each file of the folder."""
    assert set(EXPECTED) == {path.name.partition(".")[0] for path in FOLDER.iterdir()}
