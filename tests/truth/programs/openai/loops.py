"""Loops around a call: which attempt is the last, what follows it, and who retries for whom."""

import time

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_caller_retries": "ask_caller_retries", "ask_opened": "opened"}


def ask_falls_through():
    """Fall through to None after the last attempt."""
    for attempt in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except (openai.RateLimitError, openai.InternalServerError):
            time.sleep(2**attempt)


def ask_while():
    """Count attempts in a `while` loop, and raise the last error."""
    attempt = 0
    while True:
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            attempt += 1
            if attempt >= 3 or error.status_code in (400, 401, 403, 404):
                raise
            time.sleep(min(2**attempt, 8))


def ask_last_error():
    """Keep the last error, and raise it after the loop."""
    last = None
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            last = error
    raise last


def ask_breaks():
    """Leave the loop at errors of the request, and return an empty answer."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.RateLimitError:
            continue
        except openai.APIStatusError as error:
            if error.status_code < 500:
                break
    return []


def ask_for_else():
    """Raise from the `else` of the loop."""
    for _ in range(2):
        try:
            with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
                text = list(stream)
        except (openai.APIConnectionError, openai.APIStatusError):
            continue
        break
    else:
        raise TimeoutError("no answer")
    return text


def ask_recursive(left=2):
    """Call itself again, and return an answer of its own at last."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIStatusError as error:
        if left and error.status_code in (429, 500, 503):
            return ask_recursive(left - 1)
        return "failed"


def opened():
    """Open a stream, with a clause that covers the opening alone."""
    for attempt in range(5):
        try:
            return client.chat.completions.create(model="m", messages=Q, stream=True)
        except (openai.RateLimitError, openai.InternalServerError, openai.APIStatusError):
            time.sleep(2**attempt)


def ask_opened():
    """Read a stream that another function opened."""
    stream = opened()
    if stream is None:
        raise RuntimeError("no answer")
    return "".join(e.choices[0].delta.content or "" for e in stream)


def ask_around_the_call():
    """Read the stream outside of the `try`."""
    try:
        stream = client.chat.completions.create(model="m", messages=Q, stream=True)
    except openai.APIStatusError:
        return None
    return [event.object for event in stream]


def ask_around_the_loop():
    """Open the stream before the `try`, and read it inside."""
    stream = client.chat.completions.create(model="m", messages=Q, stream=True)
    try:
        return [event.object for event in stream]
    except openai.APIError:
        return []


def read_once():
    """Read a stream without any clause."""
    with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


def ask_caller_retries():
    """Retry a function that has no clause of its own."""
    for _ in range(3):
        try:
            return read_once()
        except (openai.RateLimitError, openai.InternalServerError):
            continue
    raise RuntimeError("no answer")


async def ask_async():
    """Retry in an asynchronous loop."""
    import asyncio

    for attempt in range(3):
        try:
            return [e async for e in await aclient.chat.completions.create(model="m", messages=Q, stream=True)]
        except (openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError):
            await asyncio.sleep(2**attempt)
    raise RuntimeError("no answer")


def ask_finally():
    """Retry with a `finally` that counts."""
    done = 0
    while done < 3:
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.InternalServerError:
            pass
        finally:
            done += 1
    raise RuntimeError("no answer")
