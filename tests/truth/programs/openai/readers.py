"""Ways to read a stream, and to hold it on the way to who reads it."""

import collections
import contextlib
import functools
import itertools

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
OPTIONS = {"model": "m", "messages": Q}


def ask_next_with_default():
    """Read by `next` with a default."""
    events = []
    try:
        stream = iter(client.chat.completions.create(**OPTIONS, stream=True))
        while (event := next(stream, None)) is not None:
            events.append(event.object)
    except openai.APIStatusError:
        return None
    return events


async def ask_anext():
    """Read by `anext`."""
    events = []
    stream = aiter(await aclient.chat.completions.create(**OPTIONS, stream=True))
    while True:
        try:
            events.append((await anext(stream)).object)
        except StopAsyncIteration:
            return events
        except openai.APIError:
            return None


def ask_closing():
    """Close the stream by a context."""
    try:
        with contextlib.closing(client.chat.completions.create(**OPTIONS, stream=True)) as stream:
            return [event.object for event in stream]
    except (openai.RateLimitError, openai.InternalServerError):
        return []


def ask_deque():
    """Keep the last events."""
    try:
        return collections.deque(client.chat.completions.create(**OPTIONS, stream=True), maxlen=2)
    except openai.APIStatusError:
        return None


def ask_reduced():
    """Reduce the stream."""
    try:
        return functools.reduce(
            lambda total, event: total + 1, client.chat.completions.create(**OPTIONS, stream=True), 0
        )
    except openai.APIError as error:
        raise ValueError("failed") from error


def ask_taken():
    """Read up to the last event."""
    try:
        stream = client.chat.completions.create(**OPTIONS, stream=True)
        return [
            each.object for each in itertools.takewhile(lambda event: event.choices[0].finish_reason is None, stream)
        ]
    except openai.APIStatusError:
        return []


def ask_counted():
    """Number the events."""
    last = 0
    try:
        for number, _ in enumerate(client.chat.completions.create(**OPTIONS, stream=True), start=1):
            last = number
    except (openai.APIConnectionError, openai.APIStatusError):
        return -last
    return last


def ask_loop_else():
    """Look for the end in a loop with `else`."""
    for _ in range(2):
        try:
            for event in client.chat.completions.create(**OPTIONS, stream=True):
                if event.choices[0].finish_reason:
                    break
            else:
                continue
            return "complete"
        except openai.InternalServerError:
            continue
    return "cut"


def ask_final_after_text():
    """Read the text, and then the final message."""
    try:
        with client.chat.completions.create(**OPTIONS, stream=True) as stream:
            text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
            return text, stream.response.status_code
    except openai.APIStatusError:
        return None


def ask_final_outside():
    """Read the text inside the clause, and the final message outside."""
    with client.chat.completions.create(**OPTIONS, stream=True) as stream:
        try:
            for _ in stream:
                pass
        except openai.APIError:
            return None
        return list(stream)


def ask_manager():
    """Enter the stream by hand."""
    manager = client.chat.completions.create(**OPTIONS, stream=True)
    try:
        stream = manager.__enter__()
        return [event.object for event in stream]
    except openai.APIStatusError:
        return None
    finally:
        manager.__exit__(None, None, None)


def start():
    """Return a stream with its number."""
    return 1, client.chat.completions.create(**OPTIONS, stream=True)


def ask_in_a_pair():
    """Read a stream that comes in a pair."""
    try:
        _, stream = start()
        return [event.object for event in stream]
    except openai.APIStatusError:
        return None


def ask_in_a_table():
    """Read a stream that a table holds."""
    streams = {"first": client.chat.completions.create(**OPTIONS, stream=True)}
    try:
        return [event.object for event in streams["first"]]
    except openai.APIStatusError:
        return None


def consume(stream):
    """Read a stream that is passed in."""
    return [event.object for event in stream]


def ask_passed_on():
    """Pass an open stream to a function that reads it."""
    try:
        return consume(client.chat.completions.create(**OPTIONS, stream=True))
    except (openai.RateLimitError, openai.InternalServerError):
        return None


def safe(stream):
    """Yield events of a stream that is passed in, and end where it fails."""
    try:
        yield from stream
    except openai.APIError:
        return


def ask_passed_to_generator():
    """Pass an open stream to a generator with a clause."""
    return [event.object for event in safe(client.chat.completions.create(**OPTIONS, stream=True))]


def ask_raw_lines():
    """Read the lines of a response, which no client decodes."""
    try:
        with client.chat.completions.with_streaming_response.create(**OPTIONS, stream=True) as response:
            return list(response.iter_lines())
    except openai.APIStatusError:
        return None


def ask_choice(fast=True):
    """Choose the method, and read what it returns."""
    method = client.chat.completions.create if fast else client.with_options(timeout=9).chat.completions.create
    for _ in range(2):
        try:
            return [event.object for event in method(**OPTIONS, stream=True)]
        except openai.RateLimitError:
            continue
    return None


def ask_two_streams():
    """Read two streams in turn."""
    try:
        first = list(client.chat.completions.create(**OPTIONS, stream=True))
    except openai.RateLimitError:
        first = []
    except openai.APIStatusError:
        return None
    return first


async def ask_async_list():
    """Collect an asynchronous stream in a loop with a clause around the opening alone."""
    try:
        stream = await aclient.chat.completions.create(**OPTIONS, stream=True)
    except openai.APIStatusError:
        return []
    events = []
    async for event in stream:
        events.append(event.object)
    return events


def ask_handed_out():
    """Return an open stream from a function with a clause; it is read outside of any."""

    def opened():
        try:
            return client.chat.completions.create(**OPTIONS, stream=True)
        except openai.RateLimitError as error:
            raise BlockingIOError from error

    return [event.object for event in opened()]


PLACES = {"ask_passed_to_generator": "safe", "ask_handed_out": "ask_handed_out.opened"}
