"""Our remedy, imported from midstream."""

import anthropic

from midstream.remedy import StreamFailed, explain, guard

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]


def ask_guarded():
    """Retry what the remedy says of a guarded stream."""
    for _ in range(3):
        try:
            return list(guard(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)))
        except Exception as error:
            if not explain(error).retryable:
                raise
    raise RuntimeError("no answer")


def ask_explained():
    """Ask the remedy about an error of a stream that it does not guard."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            if not explain(error).retryable:
                raise
    raise RuntimeError("no answer")


async def ask_guarded_async():
    """Retry what the remedy says of a guarded asynchronous stream."""
    for _ in range(3):
        try:
            async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                return [event async for event in guard(stream)]
        except Exception as error:
            if not explain(error).retryable:
                raise
    raise RuntimeError("no answer")


def ask_stream_failed():
    """Return None for a stream that the guard says has failed."""
    try:
        return list(guard(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)))
    except StreamFailed:
        return None
