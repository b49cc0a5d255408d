"""Ways through loops, nested functions and tasks."""

import asyncio
import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_nonlocal": "ask_nonlocal.once"}
NO_PLACE = ("ask_noted",)


def ask_try_else():
    """Leave the loop in the `else` of the try."""
    events = []
    for _ in range(3):
        try:
            events = list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.InternalServerError:
            continue
        else:
            break
    return events


def ask_counted():
    """Count without an end, and raise at the third attempt."""
    for attempt in itertools.count():
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except (openai.APIConnectionError, openai.RateLimitError):
            if attempt >= 2:
                raise


def ask_done_flag():
    """Loop until a flag is set, or the attempts are used up."""
    done, attempts, events = False, 0, []
    while not done and attempts < 3:
        attempts += 1
        try:
            events = list(client.chat.completions.create(model="m", messages=Q, stream=True))
            done = True
        except openai.APIStatusError as error:
            if error.status_code < 429:
                done = True
    return events


def ask_deadline():
    """Retry until a deadline."""
    deadline = time.monotonic() + 0.2
    while True:
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.RateLimitError:
            if time.monotonic() > deadline:
                raise


def ask_nested_loops():
    """Retry each of two models twice."""
    for model in ("m", "n"):
        for _ in range(2):
            try:
                return list(client.chat.completions.create(model=model, messages=Q, stream=True))
            except openai.InternalServerError:
                continue
            except openai.APIStatusError:
                break
    return None


def ask_nonlocal():
    """Count failures in a function inside."""
    failures = 0

    def once():
        nonlocal failures
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError:
            failures += 1
            return None

    answer = once()
    return (answer, failures)


def ask_from_none():
    """Raise another error from None."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIStatusError as error:
        raise OSError(error.status_code, "failed") from None


def ask_noted():
    """Add a note, and raise again."""
    try:
        with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            return list(stream)
    except Exception as error:
        error.add_note("while asking")
        raise


def ask_raise_name():
    """Raise the error by its name."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIError as error:
        if isinstance(error, openai.BadRequestError):
            raise ValueError("bad") from error
        raise error


def ask_bare():
    """Catch everything without a name."""
    for _ in range(2):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except:  # noqa: E722 - as users write it
            pass
    return "nothing"


def ask_base_exception():
    """Catch every exception, and raise those of the user."""
    for _ in range(2):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
    raise RuntimeError("no answer")


def ask_finally_returns():
    """Drop any error by a `return` in `finally`."""
    events = []
    try:
        for event in client.chat.completions.create(model="m", messages=Q, stream=True):
            events.append(event.object)
    except openai.AuthenticationError:
        raise
    finally:
        return events  # noqa: B012 - as users write it


def ask_two_clauses():
    """Split one class in two by its status, and catch the rest."""
    attempts = 0
    while attempts < 2:
        attempts += 1
        try:
            with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
                for text in stream:
                    print(text)
                return stream.response
        except (openai.RateLimitError, openai.InternalServerError) as error:
            if isinstance(error, openai.RateLimitError):
                continue
            return None
        except openai.APIStatusError:
            raise KeyError("status") from None
        except Exception:
            continue
    raise RuntimeError("no answer")


async def ask_timeout():
    """Read a stream under a timeout."""
    try:
        async with asyncio.timeout(5):
            return [e async for e in await aclient.chat.completions.create(model="m", messages=Q, stream=True)]
    except (TimeoutError, openai.APIConnectionError):
        return []


async def ask_wait_for():
    """Wait for a coroutine that reads the stream."""

    async def read():
        async with await aclient.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            return [chunk async for chunk in stream]

    for _ in range(2):
        try:
            return await asyncio.wait_for(read(), 5)
        except (TimeoutError, openai.InternalServerError):
            continue
    return None


async def ask_task():
    """Await a task, and catch what it raises."""

    async def read():
        return [e async for e in await aclient.chat.completions.create(model="m", messages=Q, stream=True)]

    task = asyncio.create_task(read())
    try:
        return await task
    except openai.APIStatusError:
        return None


def ask_thread():
    """Ask in a thread, and catch what its future raises."""

    def read():
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))

    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(read).result()
        except openai.APIError as error:
            raise ConnectionError from error


def ask_iterated():
    """Iterate by hand, with the clause around `next`."""
    stream = iter(client.chat.completions.create(model="m", messages=Q, stream=True))
    events = []
    while True:
        try:
            events.append(next(stream).object)
        except StopIteration:
            return events
        except openai.APIError:
            return None


def ask_resumed():
    """Ask again with the text so far, if the stream broke."""
    text = ""
    for _ in range(3):
        messages = [*Q, {"role": "assistant", "content": text}] if text else Q
        try:
            for event in client.chat.completions.create(model="m", messages=messages, stream=True):
                if event.choices[0].delta.content:
                    text += event.choices[0].delta.content
            return text
        except (openai.InternalServerError, openai.APIConnectionError):
            continue
    return text


def generate():
    """Yield events, and nothing after an error with a status."""
    try:
        yield from client.chat.completions.create(model="m", messages=Q, stream=True)
    except openai.APIStatusError:
        return


def ask_consumed():
    """Read a generator that catches by itself."""
    return [event.object for event in generate()]


def produce():
    """Yield events without any clause."""
    with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        yield from stream


def ask_generator_outside():
    """Catch outside what a generator raises."""
    try:
        return [event.object for event in produce()]
    except (openai.RateLimitError, openai.APIStatusError):
        return ["failed"]
