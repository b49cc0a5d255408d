"""Clauses that name classes of httpx, which the project brings itself."""

import anthropic
import httpx

client = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]


async def ask():
    """Retry a lost connection by httpx."""
    for _ in range(3):
        try:
            async with client.messages.stream(model="m", max_tokens=9, messages=Q) as s:
                return await s.get_final_message()
        except (
            anthropic.APIConnectionError,
            httpx.TransportError,
            anthropic.InternalServerError,
            anthropic.RateLimitError,
        ):
            continue
    raise RuntimeError("no answer")


async def ask_process():
    """Return a word for each kind of failure."""
    try:
        return [e async for e in await client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
    except httpx.TimeoutException:
        return "timed out"
    except Exception as e:
        return f"unknown {e}"


def ask_timeout(client: anthropic.Anthropic):
    """Retry timeouts and lost connections by either name of the SDK or of httpx."""
    for _ in range(3):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as s:
                return "".join(s.text_stream)
        except (anthropic.APITimeoutError, httpx.TimeoutException, httpx.NetworkError):
            continue
        except httpx.HTTPStatusError as error:
            if error.response.status_code < 500:
                raise
    raise RuntimeError("no answer")


def ask_guessed(client: anthropic.Anthropic):
    """Return what came before httpx, or an error that holds one of its errors, broke the stream."""
    events = []
    try:
        for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
            events.append(event.type)
    except httpx.HTTPError:
        return events
    except anthropic.APIConnectionError as error:
        if isinstance(error.__cause__, httpx.HTTPError):
            return events
        raise
    return events
