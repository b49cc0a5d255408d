"""Clauses that name classes of httpx, which releases from 1.0 do not bring."""

import anthropic
import httpx

client = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
WITHOUT = ("httpx",)


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
