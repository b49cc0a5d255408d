"""The scan of programs of Pydantic AI: what of an agent was measured, and where its streams are opened and read."""

import textwrap

import pytest

from matrix.scan.catches import Catch
from matrix.scan.scanning import scan
from tests.scan.places import describe, open_release

NEWEST = "2.68.0"
BEFORE_CLASSES = "2.28.0"
"""A release that has no class for an overloaded server, nor for a lost connection."""
PASSES_ON = "1.75.0"
"""A release that passes on the SDK's exceptions for errors inside a stream."""


def scan_one(text: str, version: str = NEWEST) -> Catch:
    """Scan a source, and return the only place in it."""
    scanned = scan(open_release(version, of="pydantic-ai"), textwrap.dedent(text), "app.py")
    assert () == scanned.problems
    (catch,) = scanned.catches
    return catch


def list_decisions(text: str, version: str = NEWEST) -> dict[str, str]:
    """List what the only place in a source does, by scenario."""
    return {scenario: describe(decision) for scenario, decision in scan_one(text, version).decisions.items()}


RETRIES = """
    import anthropic, pydantic_ai
    from pydantic_ai import Agent, exceptions
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.models.fallback import FallbackModel
    from pydantic_ai.models.openai import OpenAIChatModel
    {head}
    async def ask():
        for _ in range(3):
            try:
                {call}
            except {caught}:
                continue
"""
AGENT = 'agent = Agent("anthropic:claude-3-haiku-20240307")'
TEXT = """async with agent.run_stream("Hi") as result:
                    return [text async for text in result.stream_text()]"""


@pytest.mark.parametrize(
    ("caught", "version", "expected"),
    [
        ("exceptions.ModelOverloadedError", NEWEST, "retry"),
        ("pydantic_ai.ModelOverloadedError", NEWEST, "retry"),
        ("exceptions.ModelRateLimitError", NEWEST, "fail"),
        ("exceptions.ModelHTTPError", NEWEST, "retry"),
        ("anthropic.APIStatusError", NEWEST, "fail"),
        ("exceptions.ModelOverloadedError", BEFORE_CLASSES, "crash AttributeError"),
        ("exceptions.ModelConnectionError", BEFORE_CLASSES, "crash AttributeError"),
        ("exceptions.ModelHTTPError", BEFORE_CLASSES, "fail"),
        ("exceptions.ModelAPIError", BEFORE_CLASSES, "retry"),
        ("anthropic.APIStatusError", PASSES_ON, "retry"),
        ("exceptions.ModelAPIError", PASSES_ON, "fail"),
    ],
)
def test_a_clause_may_name_the_classes_of_the_release_and_of_the_sdk(caught: str, version: str, expected: str) -> None:
    """Catch an overloaded server in a stream."""
    source = RETRIES.format(head=AGENT, call=TEXT, caught=caught)
    assert expected == list_decisions(source, version)["mid-overloaded_error"]


AGENTS = {
    'agent = Agent("openai:gpt-5")': "Agent of openai:gpt-5",
    'agent = Agent(model="google-gla:gemini-3")': "Agent of google-gla:gemini-3",
    'agent = Agent(OpenAIChatModel("gpt-5"))': "Agent of models.openai.OpenAIChatModel",
    'model = FallbackModel(AnthropicModel("claude-3"), OpenAIChatModel("gpt-5"))\n    agent = Agent(model)': (
        "Agent of models.fallback.FallbackModel"
    ),
    f"{AGENT[:-1]}, retries=3)": "Agent(retries=3)",
    f"{AGENT[:-1]}, tools=[print])": "Agent(tools=[print])",
    f"{AGENT[:-1]}, output_type=list[str])": "Agent(output_type=list[str])",
    f"{AGENT}\n    @agent.tool_plain\n    def now(): return 1": "Agent.tool_plain",
    f"{AGENT}\n    @agent.output_validator\n    def check(data): return data": "Agent.output_validator",
}
"""Each agent of which nothing was measured, with what it is called."""


@pytest.mark.parametrize("agent", AGENTS)
def test_what_was_not_measured_of_an_agent_is_not_judged(agent: str) -> None:
    """Choose another provider, or let the agent ask the model again by itself."""
    catch = scan_one(RETRIES.format(head=agent, call=TEXT, caught="exceptions.ModelHTTPError"))
    assert (AGENTS[agent], {}) == (catch.unmeasured, catch.decisions)


CALLS = {
    'return agent.run_stream_sync("Hi").get_output()': "run_stream_sync",
    'return await agent.run("Hi", model="openai:gpt-5")': "run of openai:gpt-5",
    'return await agent.run("Hi", output_type=int)': "run(output_type=...)",
    'return await agent.run("Hi", event_stream_handler=show)': "run(event_stream_handler=...) that catches errors",
}
"""Each call of which nothing was measured, with what it is called."""


@pytest.mark.parametrize("call", CALLS)
def test_what_was_not_measured_of_a_call_is_not_judged(call: str) -> None:
    """Call a method that was not measured, or one with options."""
    show = """
    async def show(context, events):
        try:
            async for event in events:
                print(event)
        except ValueError:
            pass
    """
    catch = scan_one(RETRIES.format(head=AGENT + show, call=call, caught="exceptions.ModelHTTPError"))
    assert (CALLS[call], {}) == (catch.unmeasured, catch.decisions)


@pytest.mark.parametrize(
    "agent",
    [
        "agent = Agent(os.environ['MODEL'])",
        "agent = Agent(AnthropicModel('claude-3'), output_type=str, tools=[], retries=0)",
        "agent = Agent[None, str]('anthropic:claude-3')",
        "other = Agent('anthropic:claude-3', tools=[print])\n    agent = Agent('anthropic:claude-3')",
        "import app\n    agent = app.agent",
    ],
)
def test_an_agent_that_may_be_as_measured_is_judged(agent: str) -> None:
    """Take the model from elsewhere, or give it as an object."""
    source = RETRIES.format(head=agent, call=TEXT, caught="exceptions.ModelHTTPError")
    assert "retry" == list_decisions(source)["mid-overloaded_error"]


AROUND_READING = """
    from pydantic_ai import Agent
    from pydantic_ai.exceptions import AgentRunError
    agent = Agent("anthropic:claude-3")
    async def ask():
        async with agent.run_stream("Hi") as result:
            try:
                return [text async for text in result.stream_text()]
            except AgentRunError:
                return None
"""


def test_a_stream_that_fails_before_its_answer_begins_fails_where_it_is_opened() -> None:
    """Catch only what is raised while the stream is read."""
    decisions = list_decisions(AROUND_READING)
    assert ("fail returns None", "fail") == (decisions["mid-overloaded_error"], decisions["first-overloaded_error"])


def test_time_decides_how_much_text_comes_before_a_failure() -> None:
    """Retry only if nothing came; an answer that does not depend on it is known."""
    source = """
        from pydantic_ai import Agent
        from pydantic_ai.exceptions import AgentRunError
        agent = Agent("anthropic:claude-3")
        async def ask():
            for _ in range(2):
                parts = []
                try:
                    async with agent.run_stream("Hi") as result:
                        async for text in result.stream_text(delta=True):
                            parts.append(text)
                except AgentRunError:
                    {then}
    """
    taken = [
        list_decisions(source.format(then=then))["mid-overloaded_error"]
        for then in ("if parts: return parts", "return ''.join(parts)")
    ]
    assert ["undecided", "fail returns a value"] == taken


STEPS = """
    from pydantic_ai import Agent
    from pydantic_ai.exceptions import ModelHTTPError
    agent = Agent("anthropic:claude-3")
    async def show(node, run):
        async with node.stream(run.ctx) as stream:
            return [event async for event in stream]
    async def ask():
        for _ in range(2):
            try:
                async with agent.iter("Hi") as run:
                    {loop}
            except ModelHTTPError:
                continue
"""


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        ("async for node in run: print(node)", ""),
        (
            "async for node in run:\n" + 24 * " " + "async with node.stream(run.ctx) as s: [each async for each in s]",
            "retry",
        ),
        ("async for node in run: await show(node, run)", "undecided"),
        ("await run.next(run.next_node)", "undecided"),
    ],
)
def test_the_steps_of_a_run_may_be_streamed(loop: str, expected: str) -> None:
    """Go through the steps of a run: its requests fail as plain HTTP does, unless a step is streamed."""
    decisions = list_decisions(STEPS.format(loop=loop))
    assert ("retry", expected) == (decisions["http-overloaded_error"], decisions.get("mid-overloaded_error", ""))


PARTS = """
    from pydantic_ai import Agent, PartStartEvent
    from pydantic_ai.exceptions import AgentRunError
    agent = Agent("anthropic:claude-3")
    async def ask():
        for _ in range(2):
            parts = []
            try:
                async with agent.run_stream_events("Hi") as events:
                    async for event in events:
                        if isinstance(event, PartStartEvent):
                            parts.append(event.part.content)
                return parts
            except AgentRunError:
                if parts:
                    return parts[0]
"""


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("http-invalid_request_error", "retry"),
        ("first-rate_limit_error", "retry"),
        ("mid-api_error", "fail returns 'Hello'"),
    ],
)
def test_what_comes_before_a_failure_is_that_of_the_same_call(scenario: str, expected: str) -> None:
    """Keep the parts that came, in scenarios that were played to another call only."""
    assert expected == list_decisions(PARTS)[scenario]
