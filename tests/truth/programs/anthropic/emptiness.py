"""Code that notices an empty answer."""

import contextlib

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


class Empty(Exception):
    """Nothing came."""


def ask_else():
    """Raise in the `else` of the `try`."""
    try:
        events = list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except anthropic.RateLimitError:
        return None
    else:
        if not events:
            raise Empty
        return events


def ask_text():
    """Ask again if there is no text."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                text = "".join(stream.text_stream)
        except anthropic.APIStatusError:
            continue
        if len(text) == 0:
            continue
        return text
    raise Empty


def ask_arrived():
    """Suppress errors, and raise unless the last event came."""
    types = []
    with contextlib.suppress(anthropic.APIStatusError):
        for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
            types.append(event.type)
    if "message_stop" not in types:
        raise Empty
    return types


def ask_numbered():
    """Count from one."""
    for number, _ in enumerate((0, 0), start=1):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError:
            if number == 2:
                raise
