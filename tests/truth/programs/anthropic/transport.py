"""Clauses that name classes of the HTTP library, which is httpx before 1.0 and httpx2 from then on."""

import anthropic

try:
    import httpx2 as http
except ImportError:
    import httpx as http

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]


def ask_either():
    """Retry a lost connection by either library."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except (anthropic.APIConnectionError, http.TransportError):
            continue
    raise RuntimeError("no answer")


def ask_protocol():
    """Return what came before the connection was lost."""
    events = []
    try:
        for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
            events.append(event)
    except http.RemoteProtocolError:
        return events
    return events


async def ask_http_error():
    """Raise an error of the project for any error of the library."""
    try:
        async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as s:
            return await s.get_final_message()
    except http.HTTPError as error:
        raise ConnectionError("lost") from error
