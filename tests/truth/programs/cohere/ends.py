"""Checks of the end of a stream: by the event that ends the message, and by its reason."""

import cohere

client = cohere.ClientV2()
aclient = cohere.AsyncClientV2()
Q = [{"role": "user", "content": "Hi"}]
NO_PLACE = ("ask_nothing", "ask_empty")


class Cut(Exception):
    """The stream ended before the answer did."""


def ask_raises_cut():
    """Raise if the message did not end."""
    finish = None
    for event in client.chat_stream(model="m", messages=Q):
        if event.type == "message-end":
            finish = event.delta.finish_reason
    if finish is None:
        raise Cut
    return finish


def ask_reason():
    """Raise if the message did not end with the reason of a whole answer."""
    finish = None
    for event in client.chat_stream(model="m", messages=Q):
        if event.type == "message-end":
            finish = event.delta.finish_reason
    if finish != "COMPLETE":
        raise Cut(finish)
    return finish


def ask_clause_and_check():
    """Retry errors, a message without an end, and one that an error ended."""
    for _ in range(3):
        finish = None
        try:
            for event in client.chat_stream(model="m", messages=Q):
                if event.type == "message-end":
                    finish = event.delta.finish_reason
            if finish in (None, "ERROR", "TIMEOUT"):
                continue
            return finish
        except cohere.core.ApiError:
            continue
    raise RuntimeError("no answer")


def ask_arrived():
    """Take any end of the message for the end of the answer."""
    arrived = False
    text = ""
    for event in client.chat_stream(model="m", messages=Q):
        if event.type == "content-delta":
            text += event.delta.message.content.text
        elif event.type == "message-end":
            arrived = True
    if not arrived:
        raise Cut(text)
    return text


async def ask_async_stop():
    """Stop at the end of the message, and fail if it never came."""
    async for event in aclient.chat_stream(model="m", messages=Q):
        if event.type == "message-end":
            return event.delta.finish_reason
    raise Cut("no end")


async def ask_async_error():
    """Raise for the error that ends a message, and retry that."""
    for _ in range(2):
        try:
            async for event in aclient.chat_stream(model="m", messages=Q):
                if event.type == "message-end" and event.delta.finish_reason == "ERROR":
                    raise Cut
            return "done"
        except Cut:
            continue
    raise RuntimeError("no answer")


def ask_matched():
    """Read events by a pattern."""
    text = finish = None
    try:
        for event in client.chat_stream(model="m", messages=Q):
            match event.type:
                case "content-delta":
                    text = event.delta.message.content.text
                case "message-end":
                    finish = event.delta.finish_reason
    except Exception as error:
        raise Cut(text) from error
    if finish is None:
        raise Cut(text)
    return text


def ask_empty():
    """Raise if there is no text at all."""
    text = ""
    for event in client.chat_stream(model="m", messages=Q):
        if event.type == "content-delta":
            text += event.delta.message.content.text
    if not text:
        raise Cut
    return text


def ask_partial():
    """Keep what came, and retry only if nothing did."""
    parts = []
    for _ in range(2):
        try:
            for event in client.chat_stream(model="m", messages=Q):
                if event.type == "content-delta":
                    parts.append(event.delta.message.content.text)
            return "".join(parts)
        except Exception:
            if parts:
                return "".join(parts) + " [cut]"
    return None


def ask_nothing():
    """Check nothing, and catch nothing."""
    return list(client.chat_stream(model="m", messages=Q))
