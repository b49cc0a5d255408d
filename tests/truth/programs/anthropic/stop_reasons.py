"""Checks of the end of a stream, with and without a clause."""

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]
NO_PLACE = ("ask_nothing",)


class Cut(Exception):
    """The stream ended before the message did."""


def ask_retries_cut():
    """Retry a message without a stop reason."""
    for _ in range(3):
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            message = stream.get_final_message()
        if message.stop_reason is not None:
            return message
    raise Cut


def ask_raises_cut():
    """Raise if the stream ended without its last event."""
    last = None
    for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
        last = event.type
    if last != "message_stop":
        raise Cut
    return last


def ask_clause_and_check():
    """Retry errors with a status, and a message without a stop reason."""
    for _ in range(3):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                message = stream.get_final_message()
            if message.stop_reason is None:
                continue
            return message
        except anthropic.APIStatusError:
            continue
    raise RuntimeError("no answer")


def ask_nothing():
    """Check nothing, and catch nothing."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
