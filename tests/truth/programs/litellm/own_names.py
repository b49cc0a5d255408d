"""Calls and classes as users of LiteLLM import them, and what its exceptions have."""

import asyncio
import functools

import litellm
from litellm import acompletion, completion
from litellm.exceptions import APIConnectionError, InternalServerError, RateLimitError, ServiceUnavailableError, Timeout
from tenacity import retry, retry_if_exception_type, stop_after_attempt

MODEL = "anthropic/claude-3-haiku-20240307"
Q = [{"role": "user", "content": "Hi"}]
PARAMETERS = {"model": MODEL, "messages": Q, "stream": True}
TRANSIENT = (RateLimitError, InternalServerError, ServiceUnavailableError, Timeout, APIConnectionError)
PLACES = {"ask_class": "Llm.ask"}
PLAIN = ("ask_whole", "ask_whole_async")


def ask_imported():
    """Call an imported function, and retry imported classes."""
    for _ in range(3):
        try:
            return [chunk.choices[0].delta.content for chunk in completion(MODEL, Q, stream=True)]
        except TRANSIENT:
            continue
    return None


async def ask_imported_async():
    """Call the asynchronous function, and retry one class."""
    for attempt in range(2):
        try:
            response = await acompletion(model=MODEL, messages=Q, stream=True)
            return [chunk async for chunk in response]
        except litellm.InternalServerError:
            if attempt:
                raise
    return None


def ask_service_unavailable():
    """Retry the base class of what some releases raise inside a stream."""
    for _ in range(2):
        try:
            return list(litellm.completion(**PARAMETERS))
        except litellm.exceptions.ServiceUnavailableError:
            continue
        except litellm.RateLimitError:
            return "busy"
    return None


def ask_provider():
    """Read the attributes that every exception has."""
    try:
        return list(litellm.completion(**PARAMETERS))
    except Exception as error:
        if getattr(error, "llm_provider", "") == "anthropic" and error.status_code >= 500:
            return "down"
        raise


def ask_text():
    """Look for words in the text of the error."""
    try:
        return list(litellm.completion(**PARAMETERS, max_retries=0))
    except Exception as error:
        if "overloaded" in str(error).lower() or "connection" in str(error).lower():
            return list(litellm.completion(**PARAMETERS, max_retries=0))
        raise


def ask_whole():
    """Ask without a stream."""
    for _ in range(3):
        try:
            return completion(model=MODEL, messages=Q).choices[0].message.content
        except (RateLimitError, litellm.InternalServerError):
            continue
    raise RuntimeError("no answer")


async def ask_whole_async():
    """Ask without a stream, asynchronously."""
    try:
        answer = await acompletion(model=MODEL, messages=Q)
        return answer.choices[0].message.content
    except RateLimitError as error:
        raise ValueError("slow down") from error


def ask_finish():
    """Require a finish reason."""
    reason = None
    for chunk in completion(**PARAMETERS):
        reason = chunk.choices[0].finish_reason or reason
    if reason != "stop":
        raise ValueError("cut")
    return reason


def ask_generator():
    """Yield the text, and an apology."""
    try:
        for chunk in completion(**PARAMETERS):
            yield chunk.choices[0].delta.content or ""
    except litellm.APIConnectionError:
        yield "sorry"


async def ask_async_generator():
    """Yield the text of an asynchronous stream."""
    try:
        async for chunk in await acompletion(**PARAMETERS):
            yield chunk.choices[0].delta.content or ""
    except (litellm.RateLimitError, litellm.InternalServerError) as error:
        yield f"sorry: {error.status_code}"


async def ask_thread():
    """Open the stream in a thread."""
    try:
        return list(await asyncio.to_thread(litellm.completion, model=MODEL, messages=Q, stream=True))
    except litellm.RateLimitError:
        return None


ask_haiku = functools.partial(litellm.completion, model=MODEL, stream=True)


def ask_partial():
    """Call a function with some arguments."""
    try:
        return list(ask_haiku(messages=Q))
    except litellm.BadRequestError:
        return None
    except litellm.InternalServerError:
        return list(ask_haiku(messages=Q))


@retry(retry=retry_if_exception_type(TRANSIENT), stop=stop_after_attempt(3), reraise=True)
def ask_tenacity():
    """Read the whole stream under tenacity."""
    return list(completion(**PARAMETERS))


@retry(retry=retry_if_exception_type(litellm.InternalServerError), stop=stop_after_attempt(3))
async def ask_tenacity_async():
    """Read the whole asynchronous stream under tenacity."""
    return [chunk async for chunk in await acompletion(**PARAMETERS)]


@retry(retry=retry_if_exception_type(TRANSIENT), stop=stop_after_attempt(3), reraise=True)
def ask_tenacity_generator():
    """Decorate a generator, which tenacity leaves before it reads the stream."""
    yield from completion(**PARAMETERS)


class Busy(Exception):
    """The model is busy."""


def translate(error):
    """Make an exception of our own."""
    if isinstance(error, litellm.RateLimitError | litellm.InternalServerError):
        return Busy(str(error))
    return RuntimeError(str(error))


def ask_translated():
    """Raise what a function makes of the error."""
    try:
        return list(completion(**PARAMETERS))
    except Exception as error:
        raise translate(error) from error


class Llm:
    """Holds a model."""

    def __init__(self, model):
        self.model = model

    def ask(self):
        """Ask the model, and fall through to None."""
        for _ in range(2):
            try:
                return list(litellm.completion(model=self.model, messages=Q, stream=True))
            except (litellm.InternalServerError, litellm.Timeout):
                pass


def ask_class():
    """Ask by an object."""
    return Llm(MODEL).ask()


def ask_original():
    """Look at the exception behind the one that is raised inside a stream."""
    try:
        return list(completion(**PARAMETERS))
    except Exception as error:
        if isinstance(getattr(error, "original_exception", error), litellm.InternalServerError):
            return list(completion(**PARAMETERS))
        raise
