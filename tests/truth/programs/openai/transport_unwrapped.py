"""Clauses that name classes of the HTTP library, whose errors releases before 3.0 pass on."""

import openai

try:
    import httpx2 as http
except ImportError:
    import httpx as http

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
RELEASES = ">=1,<3"
Q = [{"role": "user", "content": "Hi"}]


def ask_protocol():
    """Return what came before the connection was lost."""
    events = []
    try:
        for event in client.chat.completions.create(model="m", messages=Q, stream=True):
            events.append(event)
    except http.RemoteProtocolError:
        return events
    return events


async def ask_http_error():
    """Raise an error of the project for any error of the library."""
    try:
        async with await aclient.chat.completions.create(model="m", messages=Q, stream=True) as s:
            return [chunk async for chunk in s]
    except http.HTTPError as error:
        raise ConnectionError("lost") from error
