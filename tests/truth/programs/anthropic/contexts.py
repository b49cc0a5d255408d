"""Context managers that translate, suppress or count errors."""

import contextlib

import anthropic

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_translated": "translating", "ask_ignored": "Ignoring.__exit__", "ask_translated_async": "atranslating"}


class Unavailable(Exception):
    """The server can't answer."""


@contextlib.contextmanager
def translating():
    """Raise an error of the project for one of the SDK."""
    try:
        yield
    except (anthropic.RateLimitError, anthropic.InternalServerError) as error:
        raise Unavailable(str(error)) from error


def ask_translated():
    """Read a stream inside a context that translates."""
    with translating():
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@contextlib.asynccontextmanager
async def atranslating():
    """Raise an error of the project for one of the SDK, asynchronously."""
    try:
        yield
    except anthropic.APIError as error:
        raise Unavailable(str(error)) from error


async def ask_translated_async():
    """Read a stream inside an asynchronous context that translates."""
    async with atranslating(), aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return await stream.get_final_text()


class Ignoring:
    """Ignores errors with a status."""

    def __enter__(self):
        """Enter."""
        return self

    def __exit__(self, kind, error, traceback):
        """Say that an error with a status is dealt with."""
        return kind is not None and issubclass(kind, anthropic.APIStatusError)


def ask_ignored():
    """Read a stream inside a context that ignores."""
    with Ignoring():
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    return None


def ask_suppressed_two():
    """Suppress two classes around a loop, and return what came before."""
    events = []
    with contextlib.suppress(anthropic.APIConnectionError, anthropic.InternalServerError):
        for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
            events.append(event.type)
    return events


def ask_suppressed_in_loop():
    """Suppress an error inside a loop, which calls again."""
    for _ in range(3):
        with contextlib.suppress(anthropic.RateLimitError, anthropic.APIConnectionError):
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    return None


async def ask_suppressed_async():
    """Suppress errors of an asynchronous stream."""
    text = ""
    with contextlib.suppress(anthropic.APIError):
        async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            async for piece in stream.text_stream:
                text += piece
    return text


quiet = contextlib.suppress(anthropic.RateLimitError, anthropic.InternalServerError)


def ask_quiet():
    """Suppress by an object that has a name, inside a clause."""
    try:
        with quiet:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except anthropic.APIStatusError:
        return None
    raise Unavailable
