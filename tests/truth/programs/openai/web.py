"""Handlers of a web service, which pass the status of the error on to their own client."""

import openai
from fastapi import HTTPException

client = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_events": "ask_events.events"}


async def ask_events():
    """Send an event for an error with a status."""

    async def events():
        try:
            async with await client.chat.completions.create(model="m", messages=Q, stream=True) as s:
                async for t in s:
                    yield f"data: {t}\n\n"
        except openai.APIStatusError as e:
            yield f"event: error\ndata: {e.status_code}\n\n"

    return [event async for event in events()]


async def ask_proxied():
    """Answer with the status of the error."""
    try:
        async with await client.chat.completions.create(model="m", messages=Q, stream=True) as s:
            return [chunk async for chunk in s]
    except openai.APIStatusError as e:
        raise HTTPException(status_code=e.status_code, detail=str(e)) from e
    except openai.APIConnectionError as e:
        raise HTTPException(status_code=503) from e
