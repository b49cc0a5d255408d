"""Checks of the end of a stream: by the finish reason of a candidate."""

from google import genai
from google.genai import types

client = genai.Client()
NO_PLACE = ("ask_nothing",)


class Cut(Exception):
    """The stream ended before the answer did."""


def ask_raises_cut():
    """Raise if no candidate has a finish reason."""
    finish = None
    for chunk in client.models.generate_content_stream(model="m", contents="Hi"):
        for candidate in chunk.candidates or []:
            finish = candidate.finish_reason or finish
    if finish is None:
        raise Cut
    return finish


def ask_clause_and_check():
    """Retry errors, and a stream without a finish reason."""
    for _ in range(3):
        finish = None
        try:
            for chunk in client.models.generate_content_stream(model="m", contents="Hi"):
                if chunk.candidates and chunk.candidates[0].finish_reason:
                    finish = chunk.candidates[0].finish_reason
            if finish is None:
                continue
            return finish
        except genai.errors.APIError:
            continue
    raise RuntimeError("no answer")


def ask_whole_reason():
    """Raise unless the finish reason is that of a whole answer."""
    finish = None
    for chunk in client.models.generate_content_stream(model="m", contents="Hi"):
        if chunk.candidates:
            finish = chunk.candidates[0].finish_reason
    if finish != types.FinishReason.STOP:
        raise Cut(str(finish))
    return finish


async def ask_async_text():
    """Join the text, and raise if there is none."""
    text = ""
    try:
        async for chunk in await client.aio.models.generate_content_stream(model="m", contents="Hi"):
            text += chunk.text or ""
    except genai.errors.ServerError:
        return text
    return text


def ask_partial():
    """Keep what came, and retry only if nothing did."""
    parts = []
    for _ in range(2):
        try:
            for chunk in client.models.generate_content_stream(model="m", contents="Hi"):
                if chunk.text:
                    parts.append(chunk.text)
            return "".join(parts)
        except Exception:
            if parts:
                return "".join(parts) + " [cut]"
    return None


def ask_nothing():
    """Check nothing, and catch nothing."""
    return list(client.models.generate_content_stream(model="m", contents="Hi"))
