"""Loops around a stream: which attempt is the last, what follows it, and who retries for whom."""

import asyncio
import time

import ollama
from ollama import ResponseError

client = ollama.Client()
aclient = ollama.AsyncClient()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_caller_retries": "ask_caller_retries"}


def ask_falls_through():
    """Fall through to None after the last attempt."""
    for attempt in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except ResponseError:
            time.sleep(2**attempt)


def ask_while():
    """Count attempts in a `while` loop, and raise the last error."""
    attempt = 0
    while True:
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except ResponseError as error:
            attempt += 1
            if attempt >= 3 or error.status_code in (400, 401, 404):
                raise
            time.sleep(min(2**attempt, 8))


def ask_last_error():
    """Keep the last error, and raise it after the loop."""
    last = None
    for _ in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except ResponseError as error:
            last = error
    raise last


def ask_breaks():
    """Leave the loop at errors of the request, and return an empty answer."""
    for _ in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except ResponseError as error:
            if error.status_code == 429:
                continue
            if error.status_code < 500:
                break
    return []


def ask_for_else():
    """Raise from the `else` of the loop."""
    for _ in range(2):
        try:
            parts = list(client.chat(model="m", messages=Q, stream=True))
        except (ResponseError, OSError):
            continue
        break
    else:
        raise TimeoutError("no answer")
    return parts


def ask_recursive(left=2):
    """Call itself again, and return an answer of its own at last."""
    try:
        return list(client.chat(model="m", messages=Q, stream=True))
    except ResponseError as error:
        if left and error.status_code in (429, 500, 503):
            return ask_recursive(left - 1)
        return "failed"


def ask_around_the_call():
    """Read the stream outside of the `try`."""
    try:
        stream = client.chat(model="m", messages=Q, stream=True)
    except ResponseError:
        return None
    return [type(part) for part in stream]


def ask_around_the_loop():
    """Open the stream before the `try`, and read it inside."""
    stream = client.chat(model="m", messages=Q, stream=True)
    try:
        return [type(part) for part in stream]
    except ResponseError:
        return []


def read_once():
    """Read a stream without any clause."""
    parts = []
    for part in client.chat(model="m", messages=Q, stream=True):
        parts.append(part)
    return parts


def ask_caller_retries():
    """Retry a function that has no clause of its own."""
    for _ in range(3):
        try:
            return read_once()
        except ResponseError as error:
            if error.status_code not in {429, 500, 503}:
                raise
    raise RuntimeError("no answer")


async def ask_async():
    """Retry in an asynchronous loop."""
    for attempt in range(3):
        try:
            return [part async for part in await aclient.chat(model="m", messages=Q, stream=True)]
        except ResponseError as error:
            if error.status_code < 500:
                raise
            await asyncio.sleep(2**attempt)
    raise RuntimeError("no answer")


async def ask_awaited_inside():
    """Await the stream inside the `try`, and read it outside."""
    try:
        stream = await aclient.chat(model="m", messages=Q, stream=True)
    except ResponseError:
        return None
    return [part async for part in stream]


async def ask_awaited_outside():
    """Await the stream before the `try`, and read it inside."""
    stream = await aclient.chat(model="m", messages=Q, stream=True)
    try:
        return [part async for part in stream]
    except ResponseError:
        return []


def ask_finally():
    """Retry with a `finally` that counts."""
    done = 0
    while done < 3:
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except ResponseError:
            pass
        finally:
            done += 1
    raise RuntimeError("no answer")


def ask_everything():
    """Take any exception for a reason to try again."""
    for _ in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except Exception as error:
            print("again:", error)
    raise RuntimeError("no answer")
