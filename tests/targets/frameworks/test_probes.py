"""What the probes of the frameworks report of made-up chunks and events, and how they warm up."""

import os
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from matrix.targets import AGNO, INSTRUCTOR, LANGCHAIN_ANTHROPIC, LITELLM, PYDANTIC_AI, Target
from matrix.targets.sources import PYTHON_PROBE
from tests.support.probe_modules import load
from tests.targets.frameworks.test_targets import each_framework


@pytest.fixture
def probe_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that loads the calls of a target; what a probe sets in the environment is undone."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    support = load(PYTHON_PROBE / "probe_support.py")
    return lambda target: load(target.probe / "probe_surfaces.py", probe_support=support)


def chunk(content: object, finish_reason: str | None = None) -> SimpleNamespace:
    """Make a chunk of LiteLLM."""
    choice = SimpleNamespace(delta=SimpleNamespace(content=content), finish_reason=finish_reason)
    return SimpleNamespace(object="chat.completion.chunk", choices=[choice])


def run_event(event: object, **fields: object) -> SimpleNamespace:
    """Make an event of an Agno run."""
    return SimpleNamespace(event=event, **fields)


class Message(SimpleNamespace):
    """A chunk of LangChain."""


class Started(SimpleNamespace):
    """An event of Pydantic AI that begins a part."""


TEXT = SimpleNamespace(part_kind="text", content="Hello")
THOUGHT = SimpleNamespace(part_kind="thinking", content="Hm")

CASES = {
    "LiteLLM": (
        LITELLM,
        [chunk("Hello"), chunk(None), SimpleNamespace(choices=[]), chunk(" world", "stop")],
        (["chat.completion.chunk"] * 2 + ["SimpleNamespace", "chat.completion.chunk"], "Hello world", "stop"),
    ),
    "LangChain, a text": (LANGCHAIN_ANTHROPIC, [Message(content="Hello")], (["Message"], "Hello", None)),
    "LangChain, blocks and a stop reason": (
        LANGCHAIN_ANTHROPIC,
        [
            Message(content=[{"type": "text", "text": "Hello"}, {"type": "tool_use"}], response_metadata={}),
            Message(content="", response_metadata={"stop_reason": "end_turn"}),
        ],
        (["Message", "Message"], "Hello", "end_turn"),
    ),
    "Pydantic AI, a stream of text": (PYDANTIC_AI, ["Hello", " world"], (["text", "text"], "Hello world", None)),
    "Pydantic AI, events": (
        PYDANTIC_AI,
        [
            Started(event_kind="part_start", part=THOUGHT),
            Started(event_kind="part_start", part=TEXT),
            Started(event_kind="part_delta", delta=SimpleNamespace(content_delta=" world")),
            Started(event_kind="part_end", part=TEXT),
        ],
        (["Started"] * 4, "Hello world", None),
    ),
    "Instructor": (
        INSTRUCTOR,
        [SimpleNamespace(text=None), SimpleNamespace(text="Hello"), SimpleNamespace(text="Hello world")],
        (["partial"] * 3, "Hello world", None),
    ),
    "Agno": (
        AGNO,
        [run_event("RunContent", content="Hello"), run_event(SimpleNamespace(value="RunCompleted"), content="Hello")],
        (["RunContent", "RunCompleted"], "Hello", None),
    ),
}


@pytest.mark.parametrize(("target", "events", "expected"), CASES.values(), ids=CASES)
def test_a_delivery_has_the_events_the_text_and_the_stop_reason(
    probe_of: Any, target: Target, events: list[Any], expected: tuple[list[str], str, str | None]
) -> None:
    """A part that is no text adds none."""
    delivered = probe_of(target).Delivered()
    for event in events:
        delivered.event(event)
    facets = delivered.facets()
    assert expected == (facets["events"], facets["text"], facets["stop_reason"])
    assert "reported" not in facets


def test_an_event_that_reports_an_error_is_no_text_of_the_answer(probe_of: Any) -> None:
    """Its fields that are texts are reported, and its other ones may differ from run to run."""
    delivered = probe_of(AGNO).Delivered()
    delivered.event(run_event("RunContent", content="Hello"))
    delivered.event(run_event("RunError", content="Overloaded", error_type="model_provider_error", error_id=None))
    assert {
        "events": ["RunContent", "RunError"],
        "text": "Hello",
        "stop_reason": None,
        "reported": {"event": "RunError", "content": "Overloaded", "error_type": "model_provider_error"},
    } == delivered.facets()


@each_framework
def test_a_release_that_lacks_everything_can_be_warmed_up(probe_of: Any, target: Target) -> None:
    """The calls of the plan show what it lacks."""
    probe_of(target).prepare(ModuleType(target.module))


@pytest.mark.parametrize("target", [LITELLM, LANGCHAIN_ANTHROPIC, AGNO], ids=lambda target: target.id)
def test_a_probe_turns_reports_and_downloads_off_before_the_framework_is_imported(
    probe_of: Any, target: Target
) -> None:
    """The frameworks read these variables while they are imported."""
    before = set(os.environ)
    probe_of(target)
    assert {
        "litellm": {
            "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS",
            "LITELLM_LOCAL_BLOG_POSTS",
            "LITELLM_LOCAL_MODEL_COST_MAP",
        },
        "langchain-anthropic": {"LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING"},
        "agno": {"AGNO_MONITOR", "AGNO_TELEMETRY"},
    }[target.id] == set(os.environ) - before
