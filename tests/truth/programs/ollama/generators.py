"""Generators around a stream: where their clauses are, who reads them, and what is yielded for an error."""

import contextlib

import ollama
from ollama import ResponseError

client = ollama.Client()
aclient = ollama.AsyncClient()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_again_inside": "words",
    "ask_opened": "opened",
    "ask_marked": "marked",
    "ask_marked_async": "amarked",
}


class Cut(Exception):
    """The stream failed."""


def words():
    """Yield parts, and begin again if the stream fails."""
    for _ in range(2):
        try:
            yield from client.chat(model="m", messages=Q, stream=True)
            return
        except ResponseError as error:
            if error.status_code not in (429, 503):
                raise


def ask_again_inside():
    """Read a generator that begins again by itself."""
    return list(words())


def plain():
    """Yield parts without a clause."""
    for part in client.chat(model="m", messages=Q, stream=True):
        yield part


def ask_reader_decides():
    """Retry a generator where it is read."""
    for _ in range(3):
        try:
            return list(plain())
        except ResponseError:
            continue
    raise RuntimeError("no answer")


def ask_made_inside():
    """Make a generator inside the `try`, and read it outside."""
    try:
        parts = plain()
    except ResponseError:
        return None
    return list(parts)


@contextlib.contextmanager
def opened():
    """Open a stream for others, and translate what it raises."""
    try:
        yield client.chat(model="m", messages=Q, stream=True)
    except ResponseError as error:
        raise Cut(str(error)) from error


def ask_opened():
    """Read a stream inside of a context manager."""
    with opened() as stream:
        return list(stream)


def marked():
    """Yield a mark in the place of an error."""
    try:
        yield from client.chat(model="m", messages=Q, stream=True)
    except ResponseError:
        yield "[error]"


def ask_marked():
    """Take the mark for an answer."""
    return list(marked())


async def amarked():
    """Yield a mark in the place of an error, asynchronously."""
    try:
        async for part in await aclient.chat(model="m", messages=Q, stream=True):
            yield part
    except ResponseError as error:
        yield f"[error {error}]"


async def ask_marked_async():
    """Take the mark for an answer, asynchronously."""
    return [part async for part in amarked()]


async def areply():
    """Return a stream."""
    return await aclient.chat(model="m", messages=Q, stream=True)


async def ask_returned():
    """Retry the reading of a stream that another function opened."""
    for _ in range(2):
        try:
            return [part async for part in await areply()]
        except ResponseError as error:
            if error.status_code < 500:
                raise
    return None


def ask_first():
    """Take the first part only."""
    for _ in range(2):
        try:
            return next(iter(client.chat(model="m", messages=Q, stream=True)), None)
        except ResponseError:
            continue
    return "none"
