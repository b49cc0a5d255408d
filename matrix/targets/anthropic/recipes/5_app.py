"""FastAPI: a failure before the first text has an HTTP status, and a later one is an event of the response."""

import json

import anthropic
from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse

from midstream.remedy import explain, guard

app = FastAPI()
client = anthropic.AsyncAnthropic(max_retries=0)


async def texts(question):
    """Yield the answer piece by piece; raise if it is not complete."""
    messages = [{"role": "user", "content": question}]
    async with client.messages.stream(model="your-model", max_tokens=1000, messages=messages) as stream:
        async for text in guard(stream).text_stream:
            yield text


async def events(first, rest):
    """Yield the server-sent events of an answer."""
    try:
        yield event("text", first)
        async for text in rest:
            yield event("text", text)
        yield event("done", None)
    except Exception as error:
        failure = explain(error)
        yield event("error", {"type": failure.error_type, "retryable": failure.retryable})


def event(name, data):
    """Write one server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


@app.get("/ask")
async def ask(question: str):
    """Stream the answer to a question."""
    answer = texts(question)
    try:
        first = await anext(answer, "")
    except Exception as error:
        failure = explain(error)
        raise HTTPException(503 if failure.retryable else 502, failure.error_type) from error
    return StreamingResponse(events(first, answer), media_type="text/event-stream")
