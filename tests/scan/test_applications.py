"""Whole programs, in the shapes that one sees: each place with its line, its handler and what differs."""

from pathlib import Path

import pytest

from matrix.scan import scan
from matrix.targets.anthropic import ANTHROPIC

FOLDER = Path(__file__).parent / "applications"
"""Text, and no modules: they import what is not installed here, and are written as people write."""

EXPECTED = {
    "assistant": [
        (
            28,
            "type-attr",
            "Assistant._with_retry",
            (
                "it does not take rate_limit_error inside a stream (status 200) or status 500; "
                "it also takes APIConnectionError or a lost connection that httpx tells of"
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
                "it does not take rate_limit_error inside a stream (status 200), a rate limit outside a stream (429) "
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
            "it does not take an overloaded server outside a stream (529) or a lost connection that httpx tells of",
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


def shown(name: str) -> list[tuple[int, str, str, str]]:
    """Line, handler, function and note of each place."""
    found = scan(ANTHROPIC, (FOLDER / f"{name}.py.txt").read_text(encoding="utf-8"), f"{name}.py")
    return [(one.place.line, one.handler, one.function, one.note) for one in found.catches]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_program_has_these_places(name: str) -> None:
    """And no others."""
    assert EXPECTED[name] == shown(name)


def test_every_program_is_told_of() -> None:
    """None is forgotten."""
    assert set(EXPECTED) == {path.name.partition(".")[0] for path in FOLDER.iterdir()}
