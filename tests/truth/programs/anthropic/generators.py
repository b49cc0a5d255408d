"""Generators around a stream: where their clauses are, who reads them, and what is yielded for an error."""

import contextlib
import itertools

import anthropic

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_again_inside": "words",
    "ask_outer_generator": "numbered",
    "ask_opened": "opened",
    "ask_opened_async": "aopened",
    "ask_marked": "marked",
    "ask_lines": "lines",
}


class Cut(Exception):
    """The stream failed."""


def words():
    """Yield text, and begin again if the stream fails."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                yield from stream.text_stream
            return
        except (anthropic.RateLimitError, anthropic.InternalServerError):
            continue


def ask_again_inside():
    """Read a generator that begins again by itself."""
    return "".join(words())


def events():
    """Yield events without a clause."""
    yield from client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)


def numbered():
    """Number the events of another generator, and stop where it fails."""
    try:
        for number, event in enumerate(events()):
            yield number, event.type
    except anthropic.APIStatusError:
        return


def ask_outer_generator():
    """Read a generator whose clause is around another one."""
    return list(numbered())


def ask_expression():
    """Read a generator expression inside a clause."""
    types = (event.type for event in events())
    try:
        return list(types)
    except anthropic.APIError:
        return []


def ask_expression_outside():
    """Make a generator expression inside a clause, and read it outside."""
    try:
        types = (event.type for event in events())
    except anthropic.APIError:
        return []
    return list(types)


def ask_read_in_loop():
    """Read a generator of the project in a loop."""
    text = []
    for _ in range(2):
        try:
            for event in events():
                text.append(event.type)
            break
        except (anthropic.APIConnectionError, anthropic.RateLimitError):
            text.clear()
    return text


@contextlib.contextmanager
def opened():
    """Open a stream, and translate what fails in the block of its user."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            yield stream
    except anthropic.APIStatusError as error:
        raise Cut from error


def ask_opened():
    """Read a stream that a context of the project opens."""
    with opened() as stream:
        return [event.type for event in stream]


@contextlib.asynccontextmanager
async def aopened():
    """Open an asynchronous stream, and translate what fails in the block of its user."""
    try:
        async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            yield stream
    except (anthropic.RateLimitError, anthropic.InternalServerError) as error:
        raise Cut from error


async def ask_opened_async():
    """Read an asynchronous stream that a context of the project opens."""
    async with aopened() as stream:
        return await stream.get_final_text()


def marked():
    """Yield an event for the error."""
    try:
        for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
            yield {"event": event.type}
    except anthropic.RateLimitError:
        yield {"event": "limit"}
    except anthropic.APIStatusError as error:
        yield {"event": "error", "status": error.status_code}
        raise


def ask_marked():
    """Read a generator that yields an event and then raises."""
    return list(marked())


async def lines():
    """Yield lines for a browser, and a last one whatever happens."""
    try:
        async for event in await aclient.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
            yield f"data: {event.type}\n\n"
    except Exception as error:
        yield f"event: error\ndata: {type(error).__name__}\n\n"
    finally:
        yield "data: [DONE]\n\n"


async def ask_lines():
    """Read lines for a browser."""
    return [line async for line in lines()]


def ask_sliced():
    """Read all events by a tool for iterators."""
    for _ in range(2):
        try:
            return list(itertools.islice(events(), 1000))
        except anthropic.APIStatusError as error:
            if error.status_code not in (429, 529):
                raise
    return None


def ask_chained():
    """Chain the events with others."""
    try:
        return [event for event in itertools.chain(events(), [None])]  # noqa: C416 - as users write it
    except (anthropic.RateLimitError, anthropic.APIConnectionError):
        return None


def ask_mapped():
    """Map a function over the events, inside a clause that reads them."""
    try:
        return list(map(str, filter(None, events())))
    except anthropic.InternalServerError:
        return []


def ask_first_text():
    """Read the stream to its end for its first text."""
    first = None
    try:
        for event in events():
            if first is None and event.type == "content_block_delta":
                first = event.delta.text
    except anthropic.APIStatusError:
        return first
    return first
