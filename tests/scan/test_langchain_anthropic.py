"""The scan of programs of ChatAnthropic: its lazy streams, whole answers, and what is made of a model."""

import textwrap

import pytest

from matrix.scan.catches import Catch, PlaceRole
from matrix.scan.recorded import Recorded
from matrix.scan.scanning import scan
from tests.scan.places import describe, open_release

NEWEST = "1.7.10"
NOT_READ = "0.3.22"
"""A release that raises `httpx.ResponseNotRead` for an error inside a stream."""

PRIVATE = "1.0.3"
"""A release that was measured only with an SDK whose class of an overloaded server is private."""


def scan_all(text: str, version: str = NEWEST) -> list[Catch]:
    """Scan a source."""
    scanned = scan(open_release(version, of="langchain-anthropic"), textwrap.dedent(text), "app.py")
    assert () == scanned.problems
    return list(scanned.catches)


def scan_one(text: str, version: str = NEWEST) -> Catch:
    """Scan a source, and return the only place in it."""
    (catch,) = scan_all(text, version)
    return catch


def list_decisions(text: str, version: str = NEWEST) -> dict[str, str]:
    """List what the only place in a source does, by scenario."""
    return {scenario: describe(decision) for scenario, decision in scan_one(text, version).decisions.items()}


INIT = "import anthropic\nfrom langchain.chat_models import init_chat_model\n"
HEAD = "import anthropic\nfrom langchain_anthropic import ChatAnthropic\nllm = ChatAnthropic(model='claude-3')\n"
RETRIES = """{head}
def ask():
    for _ in range(3):
        try:
            return {call}
        except {caught}:
            continue
"""


def retry(call: str, caught: str = "anthropic.APIStatusError", head: str = HEAD) -> str:
    """Write a function that retries a call."""
    return RETRIES.format(head=head, call=call, caught=caught)


@pytest.mark.parametrize(
    "head",
    [
        HEAD,
        HEAD.replace("langchain_anthropic", "langchain_anthropic.chat_models"),
        "import anthropic, langchain_anthropic as la\nllm = la.ChatAnthropic(model='claude-3')\n",
        f"{INIT}llm = init_chat_model('anthropic:claude-3')",
        f"{INIT}N = 'claude-3'\nllm = init_chat_model(model=N)",
        "import anthropic, langchain.chat_models as m\nllm = m.init_chat_model('c', model_provider='anthropic')",
    ],
)
def test_a_model_is_made_in_several_ways(head: str) -> None:
    """Read its stream, in which the newest release raises an error of the SDK."""
    decisions = list_decisions(retry("list(llm.stream('Hi'))", head=head))
    assert ["retry", "retry"] == [decisions[each] for each in ("mid-overloaded_error", "http-overloaded_error")]


@pytest.mark.parametrize(
    "head",
    [
        f"{INIT}llm = init_chat_model('openai:gpt-4o')",
        f"{INIT}llm = init_chat_model(name)",
        "import anthropic, langchain.chat_models as m\nllm = m.init_chat_model('claude-3', model_provider='bedrock')",
        "import anthropic\nfrom langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model='claude-3')",
    ],
)
def test_other_models_are_not_its_own(head: str) -> None:
    """Make one of another provider, or one that the source does not show."""
    assert [] == scan_all(retry("list(llm.stream('Hi'))", head=head))


def test_no_call_is_guessed_by_its_name() -> None:
    """Every object of LangChain has such methods, and so has the client of an HTTP library."""
    head = "import httpx, langchain_anthropic, anthropic\nclient = httpx.Client()\n"
    assert [] == scan_all(retry("client.stream('GET', url)", head=head))


@pytest.mark.parametrize(
    ("caught", "version", "expected"),
    [
        ("anthropic.APIStatusError", NEWEST, "retry"),
        ("anthropic.APIStatusError", NOT_READ, "fail"),
        ("anthropic.InternalServerError", NEWEST, "fail"),
        ("langchain_anthropic.RateLimitError", NEWEST, "crash AttributeError"),
    ],
)
def test_a_clause_names_the_classes_of_the_sdk(caught: str, version: str, expected: str) -> None:
    """Those of the same name are not in the integration."""
    source = retry("list(llm.stream('Hi'))", caught, head=f"import langchain_anthropic\n{HEAD}")
    assert expected == list_decisions(source, version)["mid-overloaded_error"]


@pytest.mark.parametrize(
    ("version", "caught", "expected"),
    [
        (PRIVATE, "anthropic.OverloadedError", "crash AttributeError"),
        (PRIVATE, "anthropic._exceptions.OverloadedError", "retry"),
        (NEWEST, "anthropic.OverloadedError", "retry"),
        ("0.1.22", "anthropic.OverloadedError", "crash AttributeError"),
        ("0.1.22", "anthropic.RateLimitError", "fail"),
    ],
)
def test_the_sdk_in_the_lock_may_lack_a_class(version: str, caught: str, expected: str) -> None:
    """It was private in 0.72, and did not exist in 0.32."""
    assert expected == list_decisions(retry("list(llm.stream('Hi'))", caught), version)["http-overloaded_error"]


def test_an_import_of_a_class_that_the_sdk_lacks_crashes() -> None:
    """Import it from the SDK at the top of the file."""
    source = retry("list(llm.stream('Hi'))", "OverloadedError", head=f"from anthropic import OverloadedError\n{HEAD}")
    decisions = list_decisions(source, PRIVATE)
    assert {"crash ImportError"} == set(decisions.values())
    assert "retry" == list_decisions(source)["http-overloaded_error"]


WHOLE = {
    "ChatAnthropic(model='c', streaming=True).invoke('Hi')": "retry",
    "ChatAnthropic(model='c', streaming=False).invoke('Hi')": None,
    "ChatAnthropic(model='c').invoke('Hi')": None,
    "ChatAnthropic(**OPTIONS).invoke('Hi')": "undecided",
    "ChatAnthropic(model='c', streaming=fast).invoke('Hi')": "undecided",
}
"""Each call that returns a whole answer, with what the code does about an error inside a stream."""


@pytest.mark.parametrize("call", WHOLE)
def test_streaming_decides_whether_a_whole_answer_is_read_from_a_stream(call: str) -> None:
    """Retry the base class of the SDK."""
    decisions = list_decisions(retry(call))
    assert ("retry", WHOLE[call]) == (decisions["http-rate_limit_error"], decisions.get("mid-overloaded_error"))


def test_streaming_may_be_set_later() -> None:
    """Then nothing is claimed of errors inside a stream."""
    decisions = list_decisions(retry("llm.invoke('Hi')", head=f"{HEAD}llm.streaming = True\n"))
    assert "undecided" == decisions["mid-overloaded_error"]


def test_an_asynchronous_whole_answer_from_a_stream_was_not_measured() -> None:
    """Without `streaming`, it fails as other calls do before a stream."""
    source = HEAD + (
        "async def ask(llm=ChatAnthropic(model='c'{})):\n    try:\n        return await llm.ainvoke('Hi')\n"
        "    except anthropic.RateLimitError:\n        return None\n"
    )
    assert "ainvoke" == scan_one(source.format(", streaming=True")).unmeasured
    assert "fail returns None" == list_decisions(source.format(""))["http-rate_limit_error"]


UNMEASURED = {
    "llm.bind_tools([]).invoke('Hi')": "ChatAnthropic.bind_tools",
    "list(llm.with_structured_output(Answer).stream('Hi'))": "ChatAnthropic.with_structured_output",
    "llm.with_retry().invoke('Hi')": "ChatAnthropic.with_retry",
    "list((prompt | llm).stream({}))": "ChatAnthropic | ...",
    "list((prompt | llm | parser).stream({}))": "ChatAnthropic | ... | ...",
    "create_agent(llm, []).invoke({})": "create_agent",
    "create_agent(model=llm, tools=[]).invoke({})": "create_agent",
    "llm.batch(['Hi'])": "batch",
    "list(ChatAnthropic(model='c', disable_streaming=True).stream('Hi'))": "ChatAnthropic(disable_streaming=True)",
    "list(AnthropicLLM(model='c').stream('Hi'))": "AnthropicLLM",
    "list(ChatAnthropicMessages(model='c').stream('Hi'))": "ChatAnthropicMessages",
}
"""Each call of which nothing was measured, with what it is called."""


@pytest.mark.parametrize("call", UNMEASURED)
def test_what_was_not_measured_is_not_judged(call: str) -> None:
    """Make something else of a model, or ask it in another way."""
    head = (
        "from langchain_anthropic import AnthropicLLM, ChatAnthropicMessages\n"
        f"from langchain.agents import create_agent\n{HEAD}"
    )
    catch = scan_one(retry(call, head=head))
    assert (UNMEASURED[call], {}) == (catch.unmeasured, catch.decisions)


MADE = """
chain = {model}.with_{method}
def ask():
    return {use}
"""


def judge_made(model: str, method: str, use: str) -> Catch:
    """Scan retries or fallbacks of a model, and return the place."""
    return scan_one(HEAD + MADE.format(model=model, method=method, use=use))


RETRY = "retry(retry_if_exception_type=(anthropic.APIStatusError,))"
FALLBACK = "fallbacks([llm], exceptions_to_handle=(anthropic.APIStatusError,))"


@pytest.mark.parametrize(
    ("model", "method", "use", "expected"),
    [
        ("ChatAnthropic(streaming=True)", RETRY, "chain.invoke('Hi')", ("retry", "retry", "retry")),
        ("llm", RETRY, "chain.invoke('Hi')", ("retry", "", "")),
        ("llm", RETRY, "list(chain.stream('Hi'))", ("fail", "fail", "fail")),
        ("llm", FALLBACK, "list(chain.stream('Hi'))", ("retry", "retry", "fail")),
        ("llm", RETRY, "None", ("retry", "retry", "retry")),
    ],
)
def test_retries_of_langchain_are_judged_by_what_is_called(
    model: str, method: str, use: str, expected: tuple[str, ...]
) -> None:
    """A stream is not retried, and falls back only before it begins."""
    catch = judge_made(model, method, use)
    scenarios = ("http-rate_limit_error", "first-overloaded_error", "mid-overloaded_error")
    decisions = [catch.decisions.get(each) for each in scenarios]
    assert expected == tuple(describe(each) if each is not None else "" for each in decisions)
    assert PlaceRole.RETRIES is catch.role


def test_retries_of_what_was_not_measured_are_not_judged() -> None:
    """Add them to a model with tools."""
    assert "ChatAnthropic.bind_tools" == judge_made("llm.bind_tools([])", RETRY, "chain.invoke('Hi')").unmeasured


def test_an_unchecked_whole_answer_is_found() -> None:
    """Read a message from a stream, and look at its stop reason, or do not."""
    head = "from langchain_anthropic import ChatAnthropic\nllm = ChatAnthropic(model='c', streaming=True)\n"
    unchecked = scan_one(f"{head}def ask():\n    return llm.invoke('Hi').content\n")
    checked = scan_one(
        f"{head}def ask():\n    answer = llm.invoke('Hi')\n"
        "    if 'stop_reason' not in answer.response_metadata:\n        raise ValueError\n    return answer\n"
    )
    assert [PlaceRole.STREAM, PlaceRole.CHECK] == [unchecked.role, checked.role]
    assert ["accept", "fail raises ValueError"] == [
        describe(each.decisions["eof-mid"]) for each in (unchecked, checked)
    ]


def test_the_releases_are_those_that_are_meant() -> None:
    """The tests above name a release for what it raises."""
    not_read = open_release(NOT_READ, of="langchain-anthropic")
    assert isinstance(not_read, Recorded)
    observation = not_read.find_observation("mid-overloaded_error")
    assert observation is not None
    assert observation.exception is not None
    assert "httpx.ResponseNotRead" == observation.exception.name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AnthropicRateLimitError", "retry"),
        ("AnthropicOverloadedError", "fail"),
        ("AnthropicTimeoutError", "undecided"),
    ],
)
def test_the_integration_has_classes_of_its_own(name: str, expected: str) -> None:
    """Catch one that the newest release raises for this failure, one for another, and one that was never seen."""
    head = f"from langchain_anthropic.chat_models import {name}\n{HEAD}"
    assert expected == list_decisions(retry("list(llm.stream('Hi'))", name, head))["http-rate_limit_error"]
