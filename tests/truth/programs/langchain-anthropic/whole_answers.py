"""Calls that return a whole message, which a model with `streaming=True` reads from a stream."""

import asyncio

import anthropic
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage
from tenacity import retry, retry_if_exception_type, stop_after_attempt

NAME = "claude-3-haiku-20240307"
llm = ChatAnthropic(model=NAME)
streaming = ChatAnthropic(model=NAME, streaming=True)
TRANSIENT = (anthropic.RateLimitError, anthropic.InternalServerError, anthropic.APIConnectionError)
PLAIN = ("ask_whole", "ask_whole_async", "ask_not_streaming", "ask_with_retry_whole", "ask_with_retry_async")
PLACES = {"ask_class": "Assistant.answer", "ask_helper": "answer"}


class Cut(Exception):
    """The answer is not whole."""


def ask_streaming():
    """Retry the classes of the SDK around a call that reads a stream by itself."""
    for _ in range(3):
        try:
            return streaming.invoke("Hi").content
        except TRANSIENT:
            continue
    raise Cut


def ask_streaming_status():
    """Retry by the status that the error has."""
    for attempt in range(2):
        try:
            return streaming.invoke([HumanMessage("Hi")]).content
        except anthropic.APIStatusError as error:
            if error.status_code < 429 or attempt:
                raise
    return None


def ask_streaming_type():
    """Retry by the type that newer releases of the SDK name."""
    try:
        return streaming.invoke("Hi").content
    except anthropic.APIStatusError as error:
        if getattr(error, "type", None) == "overloaded_error":
            return streaming.invoke("Hi").content
        raise Cut("no answer") from error


def ask_streaming_body():
    """Retry by the type in the body of the error."""
    for _ in range(2):
        try:
            return streaming.invoke("Hi").content
        except anthropic.APIStatusError as error:
            if error.body["error"]["type"] not in ("overloaded_error", "rate_limit_error"):
                raise
    return None


def ask_stop_reason():
    """Raise if the message has no reason to end."""
    message = streaming.invoke("Hi")
    if message.response_metadata.get("stop_reason") != "end_turn":
        raise Cut
    return message.content


def ask_stop_reason_again():
    """Ask again if the message has no reason to end, or if the server is busy."""
    for _ in range(3):
        try:
            message = streaming.invoke("Hi")
            if message.response_metadata.get("stop_reason") is None:
                continue
            return message.content
        except TRANSIENT:
            continue
    raise RuntimeError("no answer")


@retry(retry=retry_if_exception_type(anthropic.APIStatusError), stop=stop_after_attempt(3), reraise=True)
def ask_streaming_tenacity():
    """Retry by tenacity."""
    return ChatAnthropic(model=NAME, streaming=True).invoke("Hi").content


def answer(question):
    """Ask, and make an error of our own."""
    try:
        return streaming.invoke(question)
    except (anthropic.APIError, ValueError) as error:
        raise Cut(str(error)) from error


def ask_helper():
    """Ask by a function that translates errors."""
    return answer("Hi").content


async def ask_thread():
    """Ask in a thread."""
    try:
        return await asyncio.to_thread(streaming.invoke, "Hi")
    except anthropic.APIStatusError:
        return None


def ask_whole():
    """Ask without a stream."""
    for _ in range(3):
        try:
            return llm.invoke("Hi").content
        except TRANSIENT:
            continue
    raise RuntimeError("no answer")


async def ask_whole_async():
    """Ask without a stream, asynchronously."""
    for _ in range(2):
        try:
            return (await llm.ainvoke("Hi")).content
        except anthropic.RateLimitError:
            continue
        except anthropic.APIStatusError as error:
            raise Cut(error.message) from error
    return None


def ask_not_streaming():
    """Say that the model does not stream."""
    try:
        return ChatAnthropic(model=NAME, streaming=False).invoke("Hi").content
    except anthropic.BadRequestError:
        return "bad"
    except anthropic.APIStatusError:
        return ChatAnthropic(model=NAME, streaming=False).invoke("Hi").content


class Assistant:
    """Holds a model."""

    def __init__(self):
        self.llm = ChatAnthropic(model_name=NAME, temperature=0, streaming=True)

    def answer(self):
        """Ask, and fall through to None."""
        for _ in range(2):
            try:
                return self.llm.invoke("Hi").content
            except anthropic.InternalServerError:
                pass


def ask_class():
    """Ask by an object."""
    return Assistant().answer()


def ask_with_retry():
    """Let LangChain retry a call that reads a stream by itself."""
    chain = streaming.with_retry(retry_if_exception_type=(anthropic.APIStatusError,), wait_exponential_jitter=False)
    return chain.invoke("Hi")


def ask_with_retry_whole():
    """Let LangChain retry a call without a stream."""
    chain = llm.with_retry(retry_if_exception_type=TRANSIENT, stop_after_attempt=2, wait_exponential_jitter=False)
    return chain.invoke("Hi")


def ask_with_retry_stream():
    """Let LangChain retry a stream, which it never does."""
    chain = llm.with_retry(retry_if_exception_type=(anthropic.APIStatusError,), wait_exponential_jitter=False)
    return list(chain.stream("Hi"))


def ask_with_fallbacks():
    """Ask the same model again if the first answer fails."""
    chain = streaming.with_fallbacks([streaming], exceptions_to_handle=(anthropic.RateLimitError,))
    return chain.invoke("Hi")


def ask_with_fallbacks_stream():
    """Ask the same model again if the stream fails before it begins."""
    chain = llm.with_fallbacks([llm], exceptions_to_handle=(anthropic.APIError, ValueError))
    return list(chain.stream("Hi"))


async def ask_with_retry_async():
    """Let LangChain retry an asynchronous call without a stream."""
    return await llm.with_retry(
        retry_if_exception_type=(anthropic.RateLimitError,), wait_exponential_jitter=False
    ).ainvoke("Hi")
