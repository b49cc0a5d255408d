"""Streams of partial answers, as users of Instructor open them, and the exceptions that they catch."""

import asyncio

import anthropic
import instructor
from instructor.exceptions import InstructorRetryException
from pydantic import BaseModel
from tenacity import retry, retry_if_exception_type, stop_after_attempt

NAME = "claude-3-haiku-20240307"
Q = [{"role": "user", "content": "Hi"}]
SINCE = {"ask_provider": "1.9.0"}
PLACES = {"ask_class": "Extractor.extract", "ask_words": "words", "ask_helper": "extract"}


class Answer(BaseModel):
    """An answer."""

    text: str


class Busy(Exception):
    """The server has too much to do."""


client = instructor.from_anthropic(anthropic.Anthropic())
aclient = instructor.from_anthropic(anthropic.AsyncAnthropic())
PARAMETERS = {"model": NAME, "max_tokens": 64, "messages": Q, "response_model": Answer}
TRANSIENT = (anthropic.RateLimitError, anthropic.InternalServerError, anthropic.APIConnectionError)


def ask_wrapped():
    """Retry the exception that wraps all errors of a call."""
    for _ in range(3):
        try:
            return list(client.messages.create_partial(**PARAMETERS))
        except InstructorRetryException:
            continue
    return None


def ask_sdk_classes():
    """Retry the classes of the SDK, which some releases pass on."""
    for _ in range(2):
        try:
            return list(client.chat.completions.create_partial(**PARAMETERS))
        except anthropic.APIStatusError:
            continue
    raise Busy


def ask_both():
    """Tell the wrapped errors from the others."""
    try:
        return list(client.create_partial(**PARAMETERS))
    except InstructorRetryException as error:
        raise Busy(str(error)) from error
    except anthropic.APIError:
        return list(client.create_partial(**PARAMETERS))


async def ask_async():
    """Read partial answers asynchronously, and retry both kinds."""
    for _ in range(2):
        try:
            return [part async for part in aclient.messages.create_partial(**PARAMETERS)]
        except (InstructorRetryException, anthropic.APIStatusError):
            continue
    return None


async def ask_async_wrapped():
    """Retry the wrapped errors only."""
    for _ in range(2):
        try:
            parts = []
            async for part in aclient.create_partial(**PARAMETERS):
                parts.append(part)
            return parts
        except InstructorRetryException:
            await asyncio.sleep(1)
    return None


async def ask_async_made_inside():
    """Make the stream inside of the clause, and read it outside."""
    try:
        stream = aclient.create_partial(**PARAMETERS)
    except InstructorRetryException:
        return None
    return [part async for part in stream]


def ask_made_inside():
    """Make the stream inside of the clause, and read it outside: some releases read it all before they return."""
    try:
        stream = client.create_partial(**PARAMETERS)
    except (InstructorRetryException, anthropic.APIStatusError):
        return None
    return list(stream)


def ask_made_before():
    """Make the stream before the clause, and read it inside."""
    stream = client.create_partial(**PARAMETERS)
    try:
        return list(stream)
    except (InstructorRetryException, anthropic.APIStatusError):
        return None


def ask_status():
    """Compare the status of any exception, which the wrapped ones do not have."""
    for _ in range(2):
        try:
            return list(client.messages.create_partial(**PARAMETERS))
        except Exception as error:
            if getattr(error, "status_code", None) not in {429, 500, 503, 529}:
                return "failed"
    return None


def ask_status_attribute():
    """Read the status of the exception that has none."""
    try:
        return list(client.messages.create_partial(**PARAMETERS))
    except InstructorRetryException as error:
        if error.status_code == 529:
            return list(client.messages.create_partial(**PARAMETERS))
        raise


def ask_text():
    """Search the text of any exception."""
    try:
        return list(client.messages.create_partial(**PARAMETERS))
    except Exception as error:
        if "overloaded" in str(error).lower():
            return list(client.messages.create_partial(**PARAMETERS))
        raise Busy from error


async def ask_response():
    """Read the response of what is passed on."""
    try:
        return [part async for part in aclient.create_partial(**PARAMETERS)]
    except anthropic.APIStatusError as error:
        if error.response.status_code == 200 and "overloaded" in str(error.body):
            return [part async for part in aclient.create_partial(**PARAMETERS)]
        raise Busy(error.message) from error
    except InstructorRetryException as error:
        return error.n_attempts


def ask_last():
    """Return the last partial answer, whose name has no value if none came."""
    try:
        for part in client.messages.create_partial(**PARAMETERS):
            last = part
        return last.text
    except InstructorRetryException:
        return None


def ask_provider():
    """Name the provider in the model."""
    named = instructor.from_provider("anthropic/claude-3-haiku-20240307")
    for _ in range(2):
        try:
            return list(named.create_partial(max_tokens=64, messages=Q, response_model=Answer))
        except InstructorRetryException:
            continue
    return None


def ask_create_partial_class():
    """Ask for partial answers by their class."""
    try:
        return list(
            client.messages.create(
                model=NAME, max_tokens=64, messages=Q, response_model=instructor.Partial[Answer], stream=True
            )
        )
    except (InstructorRetryException, anthropic.APIStatusError):
        return "failed"


@retry(retry=retry_if_exception_type(InstructorRetryException), stop=stop_after_attempt(3), reraise=True)
def ask_tenacity():
    """Retry by tenacity around the call."""
    return [part.text for part in client.messages.create_partial(**PARAMETERS)]


@retry(retry=retry_if_exception_type((*TRANSIENT, InstructorRetryException)), stop=stop_after_attempt(2), reraise=True)
async def ask_tenacity_async():
    """Retry by tenacity around an asynchronous stream."""
    return [part.text async for part in aclient.messages.create_partial(**PARAMETERS)]


def words():
    """Yield text, and an apology."""
    try:
        for part in client.messages.create_partial(**PARAMETERS):
            yield part.text
    except (InstructorRetryException, anthropic.APIError):
        yield "sorry"


def ask_words():
    """Read a generator that catches errors itself."""
    return list(words())


def extract(question):
    """Make an error of our own."""
    try:
        return list(client.messages.create_partial(**PARAMETERS))
    except instructor.exceptions.InstructorRetryException as error:
        raise Busy(question) from error


def ask_helper():
    """Ask by a function that translates errors."""
    return extract("Hi")


class Extractor:
    """Holds a client."""

    def __init__(self):
        self.client = instructor.from_anthropic(anthropic.Anthropic(max_retries=0))

    def extract(self):
        """Ask, and fall through to None."""
        for _ in range(2):
            try:
                return list(self.client.messages.create_partial(**PARAMETERS))
            except InstructorRetryException:
                pass


def ask_class():
    """Ask by an object."""
    return Extractor().extract()
