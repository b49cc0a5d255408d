"""Errors of the HTTP library since 3.0, which the SDK does not wrap."""

import httpx2
from google import genai
from google.genai.errors import APIError

RELEASES = ">=3"
client = genai.Client()
Q = "Hi"


def ask_transport():
    """Retry a lost connection."""
    for _ in range(3):
        try:
            return list(client.models.generate_content_stream(model="m", contents=Q))
        except httpx2.TransportError:
            continue
    raise RuntimeError("no answer")


async def ask_both():
    """Retry a lost connection, and errors of the SDK with some statuses."""
    for _ in range(3):
        try:
            return [chunk async for chunk in await client.aio.models.generate_content_stream(model="m", contents=Q)]
        except httpx2.RequestError:
            continue
        except APIError as error:
            if error.code not in (429, 503):
                raise
    raise RuntimeError("no answer")
