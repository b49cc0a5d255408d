"""Errors of the HTTP library, which the SDK does not wrap."""

import httpx
from mistralai.client import Mistral
from mistralai.client.errors import MistralError

RELEASES = "<3"
client = Mistral()
Q = [{"role": "user", "content": "Hi"}]


def ask_transport():
    """Retry a lost connection."""
    for _ in range(3):
        try:
            return list(client.chat.stream(model="m", messages=Q))
        except httpx.TransportError:
            continue
    raise RuntimeError("no answer")


async def ask_both():
    """Retry a lost connection, and errors of the SDK with some statuses."""
    for _ in range(3):
        try:
            return [event async for event in await client.chat.stream_async(model="m", messages=Q)]
        except httpx.RequestError:
            continue
        except MistralError as error:
            if error.status_code not in (429, 503):
                raise
    raise RuntimeError("no answer")
