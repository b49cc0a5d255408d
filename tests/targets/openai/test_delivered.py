"""What a call of the OpenAI SDK delivers: the text and the end, from every kind of event that it gives."""

from types import SimpleNamespace
from typing import Any, Final

import pytest

from matrix.targets import OPENAI
from tests.support.probe_modules import load
from tests.targets.openai.releases import chunk

delivered_module: Final = load(OPENAI.probe / "probe_delivered.py")

EVENT: Final = SimpleNamespace


def responses(status: str) -> list[Any]:
    """Make the events of a response that ends with a status."""
    return [
        EVENT(type="response.output_text.delta", delta="Hello"),
        EVENT(type="response.output_text.delta", delta=" world"),
        EVENT(type=f"response.{status}", response=EVENT(status=status)),
    ]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([], ([], "", None), id="nothing"),
        pytest.param(
            [chunk(""), chunk("Hello"), chunk(" world"), chunk(finish_reason="stop")],
            (["chat.completion.chunk"] * 4, "Hello world", "stop"),
            id="chunks",
        ),
        pytest.param(
            [{"object": "text_completion", "choices": [{"text": "Hello", "finish_reason": None}]}],
            (["text_completion"], "Hello", None),
            id="a dictionary, as before 1.0",
        ),
        pytest.param([EVENT(object="x", choices=[])], (["x"], "", None), id="a chunk without a choice"),
        pytest.param([EVENT(error="x")], (["SimpleNamespace"], "", None), id="an event of no kind"),
        pytest.param(
            [EVENT(type="chunk", chunk=chunk("Hello")), EVENT(type="content.delta", delta="Hello")],
            (["chunk", "content.delta"], "Hello", None),
            id="the helper gives each text once",
        ),
        pytest.param(
            responses("completed"),
            (["response.output_text.delta"] * 2 + ["response.completed"], "Hello world", "completed"),
            id="a response",
        ),
        pytest.param(
            responses("failed"),
            (["response.output_text.delta"] * 2 + ["response.failed"], "Hello world", None),
            id="a response that failed has no end",
        ),
    ],
)
def test_events_have_kinds_and_text(events: list[Any], expected: tuple[list[str], str, str | None]) -> None:
    """A stop reason is the finish reason of a chunk, or the status of a response."""
    delivered = delivered_module.Delivered()
    for event in events:
        delivered.event(event)
    facets = delivered.facets()
    assert expected == (facets["events"], facets["text"], facets["stop_reason"])
