"""The scan of programs of Agno: events that report errors, and what of an agent was measured."""

import textwrap

import pytest

from matrix.scan.catches import Catch, PlaceRole
from matrix.scan.scanning import scan
from tests.scan.places import describe, open_release

NEWEST = "3.1.10"
"""A release that reports errors by an event, and raises none."""
RAISES = "2.3.14"
"""A release that raises an exception of its own in a stream, and reports it by an event in an asynchronous one."""
PASSES_ON = "1.1.8"
"""A release that passes on the SDK's exceptions for errors inside a stream."""


def scan_one(text: str, version: str = NEWEST) -> Catch:
    """Scan a source, and return the only place in it."""
    scanned = scan(open_release(version, of="agno"), textwrap.dedent(text), "app.py")
    assert () == scanned.problems
    (catch,) = scanned.catches
    return catch


def list_decisions(text: str, version: str = NEWEST) -> dict[str, str]:
    """List what the only place in a source does, by scenario."""
    return {scenario: describe(decision) for scenario, decision in scan_one(text, version).decisions.items()}


HEAD = """
    import anthropic
    from agno import exceptions
    from agno.agent import Agent
    from agno.models.anthropic import Claude
    from agno.models.aws import Claude as BedrockClaude
    from agno.models.openai import OpenAIChat
    from agno.run.agent import RunContentEvent, RunErrorEvent, RunEvent
    from agno.team import Team
    {head}
"""
AGENT = 'agent = Agent(model=Claude(id="claude-3-haiku-20240307"))'
RETRIES = (
    HEAD
    + """
    def ask():
        for _ in range(3):
            try:
                return {call}
            except {caught}:
                continue
"""
)
STREAM = 'list(agent.run("Hi", stream=True))'


@pytest.mark.parametrize(
    ("caught", "version", "expected"),
    [
        ("exceptions.ModelProviderError", RAISES, "retry"),
        ("exceptions.ModelRateLimitError", RAISES, "fail"),
        ("anthropic.APIStatusError", RAISES, "fail"),
        ("anthropic.APIStatusError", PASSES_ON, "retry"),
        ("exceptions.ModelProviderError", PASSES_ON, "fail"),
        ("exceptions.ModelProviderError", NEWEST, "accept"),
    ],
)
def test_a_clause_may_name_the_classes_of_the_release_and_of_the_sdk(caught: str, version: str, expected: str) -> None:
    """Catch an overloaded server in a stream."""
    source = RETRIES.format(head=AGENT, call=STREAM, caught=caught)
    assert expected == list_decisions(source, version)["mid-overloaded_error"]


CHECK = (
    HEAD
    + """
    def ask():
        for event in agent.run("Hi", stream=True):
            {check}
        return "done"
"""
)


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("if event.event == 'RunError': raise ValueError(event.content)", "fail raises ValueError"),
        ("if event.event == RunEvent.run_error: raise ValueError", "fail raises ValueError"),
        ("if event.event == RunEvent.run_error.value: raise ValueError", "fail raises ValueError"),
        ("if isinstance(event, RunErrorEvent): return None", "fail returns None"),
        (f"if isinstance(event, RunErrorEvent): return {STREAM}", "retry"),
        (f"match event:\n                case RunErrorEvent(): return {STREAM}", "retry"),
        (f"if isinstance(event, RunErrorEvent): return None\n            else: print({STREAM})", "fail returns None"),
        ("if event.event == 'RunError' and 'overloaded' in event.content: raise ValueError", "undecided"),
    ],
)
def test_code_is_followed_to_the_event_that_reports_an_error(check: str, expected: str) -> None:
    """Compare the type of an event, or its class, before the stream and inside it; a cut stream has no such event."""
    catch = scan_one(CHECK.format(head=AGENT, check=check))
    decisions = {id_: describe(each) for id_, each in catch.decisions.items()}
    assert PlaceRole.CHECK is catch.role
    assert (expected, expected) == (decisions["http-overloaded_error"], decisions["mid-overloaded_error"])
    assert "accept" == decisions["eof-mid"]


@pytest.mark.parametrize("check", ["print(event.content)", "if event.event == RunEvent.run_content: print(event)"])
def test_code_that_looks_at_text_alone_notices_no_error(check: str) -> None:
    """Look at no event that reports an error."""
    catch = scan_one(CHECK.format(head=AGENT, check=check))
    decisions = {describe(each) for each in catch.decisions.values()}
    assert (PlaceRole.STREAM, {"accept"}) == (catch.role, decisions)


AGENTS = {
    "agent = Agent()": "Agent of models.openai.OpenAIChat",
    'agent = Agent(model=OpenAIChat(id="gpt-5"))': "Agent of models.openai.OpenAIChat",
    'agent = Agent(model=BedrockClaude(id="claude-3"))': "Agent of models.aws.Claude",
    'agent = Agent(model=Claude(id="claude-3", retries=2))': "Agent of retries=2 in models.anthropic.Claude",
    'agent = Agent(model="openai:gpt-5")': "Agent of openai:gpt-5",
    f"{AGENT[:-1]}, retries=2)": "Agent(retries=2)",
    f"{AGENT[:-1]}, tools=[print])": "Agent(tools=[print])",
    f"{AGENT}\n    agent.add_tool(print)": "Agent.add_tool",
    "agent = Team(members=[])": "Team",
}
"""Each agent of which nothing was measured, with what it is called."""


@pytest.mark.parametrize("agent", AGENTS)
def test_what_was_not_measured_of_an_agent_is_not_judged(agent: str) -> None:
    """Choose another provider, or let the agent ask the model again by itself."""
    catch = scan_one(RETRIES.format(head=agent, call=STREAM, caught="exceptions.ModelProviderError"), RAISES)
    assert (AGENTS[agent], {}) == (catch.unmeasured, catch.decisions)


CALLS = {
    'list(agent.run("Hi", stream=True, stream_events=True))': "run(stream_events=...)",
    'agent.print_response("Hi", stream=True)': "print_response",
}
"""Each call of which nothing was measured, with what it is called."""


@pytest.mark.parametrize("call", CALLS)
def test_what_was_not_measured_of_a_call_is_not_judged(call: str) -> None:
    """Call a method that was not measured, or one with options."""
    catch = scan_one(RETRIES.format(head=AGENT, call=call, caught="exceptions.ModelProviderError"), RAISES)
    assert (CALLS[call], {}) == (catch.unmeasured, catch.decisions)


def test_what_an_agent_holds_sends_no_request() -> None:
    """Call a method of an object of the user's, which an agent holds."""
    source = RETRIES.format(head=AGENT, call="agent.db.upsert(1)", caught="KeyError")
    assert () == scan(open_release(NEWEST, of="agno"), textwrap.dedent(source), "app.py").catches


def test_a_run_without_a_stream_is_judged_where_streams_raise() -> None:
    """Ask without a stream: what such a run returns where streams report errors by an event was not measured."""
    source = RETRIES.format(head=AGENT, call='agent.run("Hi").content', caught="exceptions.ModelProviderError")
    decisions = list_decisions(source, PASSES_ON)
    assert ("retry", False) == (decisions["http-overloaded_error"], "mid-overloaded_error" in decisions)
    assert ["run without a stream"] * 2 == [scan_one(source, version).unmeasured for version in (RAISES, NEWEST)]
