"""Ways to read a stream, and to hold it on the way to who reads it."""

import collections
import contextlib
import functools
import itertools

import anthropic

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
OPTIONS = {"model": "m", "max_tokens": 9, "messages": Q}


def ask_next_with_default():
    """Read by `next` with a default."""
    events = []
    try:
        stream = iter(client.messages.create(**OPTIONS, stream=True))
        while (event := next(stream, None)) is not None:
            events.append(event.type)
    except anthropic.APIStatusError:
        return None
    return events


async def ask_anext():
    """Read by `anext`."""
    events = []
    stream = aiter(await aclient.messages.create(**OPTIONS, stream=True))
    while True:
        try:
            events.append((await anext(stream)).type)
        except StopAsyncIteration:
            return events
        except anthropic.APIError:
            return None


def ask_closing():
    """Close the stream by a context."""
    try:
        with contextlib.closing(client.messages.create(**OPTIONS, stream=True)) as stream:
            return [event.type for event in stream]
    except (anthropic.RateLimitError, anthropic.InternalServerError):
        return []


def ask_deque():
    """Keep the last events."""
    try:
        return collections.deque(client.messages.create(**OPTIONS, stream=True), maxlen=2)
    except anthropic.APIStatusError:
        return None


def ask_reduced():
    """Reduce the stream."""
    try:
        return functools.reduce(lambda total, event: total + 1, client.messages.create(**OPTIONS, stream=True), 0)
    except anthropic.APIError as error:
        raise ValueError("failed") from error


def ask_taken():
    """Read up to the last event."""
    try:
        stream = client.messages.create(**OPTIONS, stream=True)
        return [each.type for each in itertools.takewhile(lambda event: event.type != "message_stop", stream)]
    except anthropic.APIStatusError:
        return []


def ask_counted():
    """Number the events."""
    last = 0
    try:
        for number, _ in enumerate(client.messages.create(**OPTIONS, stream=True), start=1):
            last = number
    except (anthropic.APIConnectionError, anthropic.APIStatusError):
        return -last
    return last


def ask_loop_else():
    """Look for the end in a loop with `else`."""
    for _ in range(2):
        try:
            for event in client.messages.create(**OPTIONS, stream=True):
                if event.type == "message_stop":
                    break
            else:
                continue
            return "complete"
        except anthropic.InternalServerError:
            continue
    return "cut"


def ask_final_after_text():
    """Read the text, and then the final message."""
    try:
        with client.messages.stream(**OPTIONS) as stream:
            text = "".join(stream.text_stream)
            return text, stream.get_final_message().stop_reason
    except anthropic.APIStatusError:
        return None


def ask_final_outside():
    """Read the text inside the clause, and the final message outside."""
    with client.messages.stream(**OPTIONS) as stream:
        try:
            for _ in stream.text_stream:
                pass
        except anthropic.APIError:
            return None
        return stream.get_final_text()


def ask_manager():
    """Enter the stream by hand."""
    manager = client.messages.stream(**OPTIONS)
    try:
        stream = manager.__enter__()
        return [event.type for event in stream]
    except anthropic.APIStatusError:
        return None
    finally:
        manager.__exit__(None, None, None)


def start():
    """Return a stream with its number."""
    return 1, client.messages.create(**OPTIONS, stream=True)


def ask_in_a_pair():
    """Read a stream that comes in a pair."""
    try:
        _, stream = start()
        return [event.type for event in stream]
    except anthropic.APIStatusError:
        return None


def ask_in_a_table():
    """Read a stream that a table holds."""
    streams = {"first": client.messages.create(**OPTIONS, stream=True)}
    try:
        return [event.type for event in streams["first"]]
    except anthropic.APIStatusError:
        return None


def consume(stream):
    """Read a stream that is passed in."""
    return [event.type for event in stream]


def ask_passed_on():
    """Pass an open stream to a function that reads it."""
    try:
        return consume(client.messages.create(**OPTIONS, stream=True))
    except (anthropic.RateLimitError, anthropic.InternalServerError):
        return None


def safe(stream):
    """Yield events of a stream that is passed in, and end where it fails."""
    try:
        yield from stream
    except anthropic.APIError:
        return


def ask_passed_to_generator():
    """Pass an open stream to a generator with a clause."""
    return [event.type for event in safe(client.messages.create(**OPTIONS, stream=True))]


def ask_raw_lines():
    """Read the lines of a response, which no client decodes."""
    try:
        with client.messages.with_streaming_response.create(**OPTIONS, stream=True) as response:
            return list(response.iter_lines())
    except anthropic.APIStatusError:
        return None


def ask_choice(fast=True):
    """Choose the method, and read what it returns."""
    method = client.messages.create if fast else client.beta.messages.create
    for _ in range(2):
        try:
            return [event.type for event in method(**OPTIONS, stream=True)]
        except anthropic.RateLimitError:
            continue
    return None


def ask_two_streams():
    """Read two streams in turn."""
    try:
        first = list(client.messages.create(**OPTIONS, stream=True))
    except anthropic.RateLimitError:
        first = []
    except anthropic.APIStatusError:
        return None
    return first


async def ask_async_list():
    """Collect an asynchronous stream in a loop with a clause around the opening alone."""
    try:
        stream = await aclient.messages.create(**OPTIONS, stream=True)
    except anthropic.APIStatusError:
        return []
    events = []
    async for event in stream:
        events.append(event.type)
    return events


def ask_handed_out():
    """Return an open stream from a function with a clause; it is read outside of any."""

    def opened():
        try:
            return client.messages.create(**OPTIONS, stream=True)
        except anthropic.RateLimitError as error:
            raise BlockingIOError from error

    return [event.type for event in opened()]


PLACES = {"ask_passed_to_generator": "safe", "ask_handed_out": "ask_handed_out.opened"}
