"""Handlers of a web service, which pass the status of the error on to their own client."""

import anthropic
from fastapi import HTTPException

client = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_events": "ask_events.events"}


async def ask_events():
    """Send an event for an error with a status."""

    async def events():
        try:
            async with client.messages.stream(model="m", max_tokens=9, messages=Q) as s:
                async for t in s.text_stream:
                    yield f"data: {t}\n\n"
        except anthropic.APIStatusError as e:
            yield f"event: error\ndata: {e.status_code}\n\n"

    return [event async for event in events()]


async def ask_proxied():
    """Answer with the status of the error."""
    try:
        async with client.messages.stream(model="m", max_tokens=9, messages=Q) as s:
            return await s.get_final_message()
    except anthropic.APIStatusError as e:
        raise HTTPException(status_code=e.status_code, detail=str(e)) from e
    except anthropic.APIConnectionError as e:
        raise HTTPException(status_code=503) from e
