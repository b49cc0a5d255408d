"""Ways through loops, nested functions and tasks."""

import asyncio
import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import anthropic

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_nonlocal": "ask_nonlocal.once"}
NO_PLACE = ("ask_noted",)


def ask_try_else():
    """Leave the loop in the `else` of the try."""
    events = []
    for _ in range(3):
        try:
            events = list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.InternalServerError:
            continue
        else:
            break
    return events


def ask_counted():
    """Count without an end, and raise at the third attempt."""
    for attempt in itertools.count():
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except (anthropic.APIConnectionError, anthropic.RateLimitError):
            if attempt >= 2:
                raise


def ask_done_flag():
    """Loop until a flag is set, or the attempts are used up."""
    done, attempts, events = False, 0, []
    while not done and attempts < 3:
        attempts += 1
        try:
            events = list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
            done = True
        except anthropic.APIStatusError as error:
            if error.status_code < 429:
                done = True
    return events


def ask_deadline():
    """Retry until a deadline."""
    deadline = time.monotonic() + 0.2
    while True:
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.RateLimitError:
            if time.monotonic() > deadline:
                raise


def ask_nested_loops():
    """Retry each of two models twice."""
    for model in ("m", "n"):
        for _ in range(2):
            try:
                return list(client.messages.create(model=model, max_tokens=9, messages=Q, stream=True))
            except anthropic.InternalServerError:
                continue
            except anthropic.APIStatusError:
                break
    return None


def ask_nonlocal():
    """Count failures in a function inside."""
    failures = 0

    def once():
        nonlocal failures
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIError:
            failures += 1
            return None

    answer = once()
    return (answer, failures)


def ask_from_none():
    """Raise another error from None."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except anthropic.APIStatusError as error:
        raise OSError(error.status_code, "failed") from None


def ask_noted():
    """Add a note, and raise again."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return stream.get_final_text()
    except Exception as error:
        error.add_note("while asking")
        raise


def ask_raise_name():
    """Raise the error by its name."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except anthropic.APIError as error:
        if isinstance(error, anthropic.BadRequestError):
            raise ValueError("bad") from error
        raise error


def ask_bare():
    """Catch everything without a name."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except:  # noqa: E722 - as users write it
            pass
    return "nothing"


def ask_base_exception():
    """Catch every exception, and raise those of the user."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
    raise RuntimeError("no answer")


def ask_finally_returns():
    """Drop any error by a `return` in `finally`."""
    events = []
    try:
        for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
            events.append(event.type)
    except anthropic.AuthenticationError:
        raise
    finally:
        return events  # noqa: B012 - as users write it


def ask_two_clauses():
    """Split one class in two by its status, and catch the rest."""
    attempts = 0
    while attempts < 2:
        attempts += 1
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                for text in stream.text_stream:
                    print(text)
                return stream.current_message_snapshot
        except (anthropic.RateLimitError, anthropic.InternalServerError) as error:
            if isinstance(error, anthropic.RateLimitError):
                continue
            return None
        except anthropic.APIStatusError:
            raise KeyError("status") from None
        except Exception:
            continue
    raise RuntimeError("no answer")


async def ask_timeout():
    """Read a stream under a timeout."""
    try:
        async with asyncio.timeout(5):
            return [e async for e in await aclient.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
    except (TimeoutError, anthropic.APIConnectionError):
        return []


async def ask_wait_for():
    """Wait for a coroutine that reads the stream."""

    async def read():
        async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return await stream.get_final_text()

    for _ in range(2):
        try:
            return await asyncio.wait_for(read(), 5)
        except (TimeoutError, anthropic.InternalServerError):
            continue
    return None


async def ask_task():
    """Await a task, and catch what it raises."""

    async def read():
        return [e async for e in await aclient.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]

    task = asyncio.create_task(read())
    try:
        return await task
    except anthropic.APIStatusError:
        return None


def ask_thread():
    """Ask in a thread, and catch what its future raises."""

    def read():
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))

    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(read).result()
        except anthropic.APIError as error:
            raise ConnectionError from error


def ask_iterated():
    """Iterate by hand, with the clause around `next`."""
    stream = iter(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    events = []
    while True:
        try:
            events.append(next(stream).type)
        except StopIteration:
            return events
        except anthropic.APIError:
            return None


def ask_resumed():
    """Ask again with the text so far, if the stream broke."""
    text = ""
    for _ in range(3):
        messages = [*Q, {"role": "assistant", "content": text}] if text else Q
        try:
            for event in client.messages.create(model="m", max_tokens=9, messages=messages, stream=True):
                if event.type == "content_block_delta":
                    text += event.delta.text
            return text
        except (anthropic.InternalServerError, anthropic.APIConnectionError):
            continue
    return text


def generate():
    """Yield events, and nothing after an error with a status."""
    try:
        yield from client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)
    except anthropic.APIStatusError:
        return


def ask_consumed():
    """Read a generator that catches by itself."""
    return [event.type for event in generate()]


def produce():
    """Yield events without any clause."""
    with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        yield from stream


def ask_generator_outside():
    """Catch outside what a generator raises."""
    try:
        return [event.type for event in produce()]
    except (anthropic.RateLimitError, anthropic.APIStatusError):
        return ["failed"]
