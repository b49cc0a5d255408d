"""Context managers that translate, suppress or count errors."""

import contextlib

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_translated": "translating", "ask_ignored": "Ignoring.__exit__", "ask_translated_async": "atranslating"}


class Unavailable(Exception):
    """The server can't answer."""


@contextlib.contextmanager
def translating():
    """Raise an error of the project for one of the SDK."""
    try:
        yield
    except (openai.RateLimitError, openai.InternalServerError) as error:
        raise Unavailable(str(error)) from error


def ask_translated():
    """Read a stream inside a context that translates."""
    with translating():
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))


@contextlib.asynccontextmanager
async def atranslating():
    """Raise an error of the project for one of the SDK, asynchronously."""
    try:
        yield
    except openai.APIError as error:
        raise Unavailable(str(error)) from error


async def ask_translated_async():
    """Read a stream inside an asynchronous context that translates."""
    async with atranslating(), await aclient.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return [chunk async for chunk in stream]


class Ignoring:
    """Ignores errors with a status."""

    def __enter__(self):
        """Enter."""
        return self

    def __exit__(self, kind, error, traceback):
        """Say that an error with a status is dealt with."""
        return kind is not None and issubclass(kind, openai.APIStatusError)


def ask_ignored():
    """Read a stream inside a context that ignores."""
    with Ignoring():
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    return None


def ask_suppressed_two():
    """Suppress two classes around a loop, and return what came before."""
    events = []
    with contextlib.suppress(openai.APIConnectionError, openai.InternalServerError):
        for event in client.chat.completions.create(model="m", messages=Q, stream=True):
            events.append(event.object)
    return events


def ask_suppressed_in_loop():
    """Suppress an error inside a loop, which calls again."""
    for _ in range(3):
        with contextlib.suppress(openai.RateLimitError, openai.APIConnectionError):
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    return None


async def ask_suppressed_async():
    """Suppress errors of an asynchronous stream."""
    text = ""
    with contextlib.suppress(openai.APIError):
        async with await aclient.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            async for piece in stream:
                text += piece.choices[0].delta.content or ""
    return text
