"""The classes by which users of ChatAnthropic tell errors apart: those of the SDK, which it passes on."""

import anthropic
import httpx
from anthropic import APIConnectionError, APIStatusError, RateLimitError
from langchain_anthropic import ChatAnthropic
from langchain_anthropic.chat_models import ChatAnthropic as Chat

model = ChatAnthropic(model="claude-3-haiku-20240307", max_retries=0)
OVERLOADED = getattr(anthropic, "OverloadedError", anthropic.InternalServerError)
RETRYABLE = {408, 409, 429, 500, 502, 503, 504, 529}


class Busy(Exception):
    """The server has too much to do."""


class Down(Exception):
    """The server does not answer."""


def ask_overloaded():
    """Retry the class of an overloaded server, as newer releases export it."""
    for _ in range(2):
        try:
            return list(model.stream("Hi"))
        except OVERLOADED:
            continue
    return None


def ask_exported():
    """Name a class that not every release of the SDK exports."""
    for _ in range(2):
        try:
            return list(model.stream("Hi"))
        except anthropic.OverloadedError:
            continue
    return None


def ask_private():
    """Name that class where the SDK has it."""
    try:
        return list(model.stream("Hi"))
    except anthropic._exceptions.OverloadedError:
        return list(model.stream("Hi"))


def ask_order():
    """Catch the special classes before the general ones."""
    try:
        return [chunk.content for chunk in model.stream("Hi")]
    except RateLimitError as error:
        raise Busy from error
    except APIStatusError as error:
        if error.status_code >= 500:
            raise Down from error
        raise
    except APIConnectionError:
        return []


def ask_base():
    """Catch the base class of all errors of the SDK."""
    for _ in range(3):
        try:
            return list(Chat(model="claude-3-haiku-20240307").stream("Hi"))
        except anthropic.AnthropicError:
            continue
    raise Down


def ask_not_of_langchain():
    """Name a class that LangChain does not have."""
    import langchain_anthropic

    try:
        return list(model.stream("Hi"))
    except langchain_anthropic.RateLimitError:
        return None


async def ask_status_async():
    """Compare the status of any error with a set."""
    for _ in range(3):
        try:
            return [chunk async for chunk in model.astream("Hi")]
        except Exception as error:
            if getattr(error, "status_code", None) not in RETRYABLE:
                raise
    raise Busy


def ask_response():
    """Read a header of the response, and the status there."""
    try:
        return list(model.stream("Hi"))
    except APIStatusError as error:
        if error.response.status_code == 429:
            return list(model.stream("Hi"))
        if error.response.headers.get("content-type", "").startswith("text/event-stream"):
            return "in the stream"
        raise


def ask_value_error():
    """Take the error of LangChain for a stream without an event."""
    for _ in range(2):
        try:
            return list(model.stream("Hi"))
        except (ValueError, httpx.HTTPError):
            continue
    return None


def ask_not_read():
    """Retry what LangChain raises if it reads a response that was streamed."""
    for _ in range(2):
        try:
            return list(model.stream("Hi"))
        except httpx.ResponseNotRead:
            continue
        except APIStatusError as error:
            raise Busy(error.request_id) from error
    return None


def ask_by_name():
    """Compare the name of the class."""
    try:
        return list(model.stream("Hi"))
    except Exception as error:
        if type(error).__name__ in ("RateLimitError", "OverloadedError", "APIConnectionError"):
            return list(model.stream("Hi"))
        return "failed"
