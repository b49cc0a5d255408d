"""Errors of the HTTP library, which the SDK does not wrap."""

import httpx
import ollama
from ollama import ResponseError

client = ollama.Client()
aclient = ollama.AsyncClient()
Q = [{"role": "user", "content": "Hi"}]


def ask_transport():
    """Retry a lost connection."""
    for _ in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except httpx.TransportError:
            continue
    raise RuntimeError("no answer")


async def ask_both():
    """Retry a lost connection, and errors of the SDK with some statuses."""
    for _ in range(3):
        try:
            return [part async for part in await aclient.chat(model="m", messages=Q, stream=True)]
        except httpx.HTTPError:
            continue
        except ResponseError as error:
            if error.status_code not in (429, 503):
                raise
    raise RuntimeError("no answer")


def ask_protocol():
    """Tell a connection that was reset from one that was closed."""
    for _ in range(2):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except httpx.RemoteProtocolError:
            continue
        except httpx.ReadError as error:
            raise ConnectionError("reset") from error
    return None
