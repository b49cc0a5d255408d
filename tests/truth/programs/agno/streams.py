"""Streams of events, and where their errors are caught."""

import asyncio
import contextlib

from agno.agent import Agent
from agno.exceptions import ModelProviderError
from agno.models.anthropic import Claude

agent = Agent(model=Claude(id="claude-3-haiku-20240307"))
Q = "Hi"
NO_PLACE = ("ask_nothing",)
PLACES = {"ask_again_inside": "words", "ask_opened": "opened", "ask_marked": "marked"}


def ask_list():
    """Retry any error of a model."""
    for _ in range(3):
        try:
            return list(agent.run(Q, stream=True))
        except ModelProviderError:
            continue
    raise RuntimeError("no answer")


def ask_text():
    """Join the text, and fall through to None."""
    for _ in range(2):
        text = ""
        try:
            for event in agent.run(Q, stream=True):
                text += event.content or ""
            return text
        except ModelProviderError as error:
            if error.status_code < 429:
                raise


def ask_partial():
    """Keep what came, and retry only if nothing did."""
    parts = []
    for _ in range(2):
        try:
            for event in agent.run(Q, stream=True):
                parts.append(event.content)
            return parts
        except ModelProviderError:
            if parts:
                return [*parts, "[cut]"]
    return None


def words():
    """Yield events, and begin again if the stream fails."""
    for _ in range(2):
        try:
            yield from agent.run(Q, stream=True)
            return
        except ModelProviderError as error:
            if error.status_code not in (429, 529):
                raise


def ask_again_inside():
    """Read a generator that begins again by itself."""
    return list(words())


def marked():
    """Yield a mark in the place of an error."""
    try:
        yield from agent.run(Q, stream=True)
    except ModelProviderError as error:
        yield f"[error {error}]"


def ask_marked():
    """Take the mark for an answer."""
    return list(marked())


@contextlib.contextmanager
def opened():
    """Open a stream for others, and translate what it raises."""
    try:
        yield agent.run(Q, stream=True)
    except ModelProviderError as error:
        raise ValueError(str(error)) from error


def ask_opened():
    """Read a stream inside of a context manager."""
    with opened() as stream:
        return list(stream)


def ask_suppressed():
    """Suppress errors of a model."""
    with contextlib.suppress(ModelProviderError):
        return list(agent.run(Q, stream=True))
    return None


def ask_nothing():
    """Check nothing, and catch nothing."""
    return list(agent.run(Q, stream=True))


async def ask_thread():
    """Read the stream in a thread."""
    try:
        return await asyncio.to_thread(lambda: list(agent.run(Q, stream=True)))
    except ModelProviderError:
        return None
