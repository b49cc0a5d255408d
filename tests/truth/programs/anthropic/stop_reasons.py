"""Checks of the end of a stream, with and without a clause."""

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]
NO_PLACE = ("ask_nothing", "ask_skipped_last")


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


def ask_arrived():
    """Return if the last event is among those that came."""
    events = list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    if "message_stop" in [event.type for event in events]:
        return events
    raise Cut


def ask_any():
    """Ask again unless one of the events is the last."""
    for _ in range(2):
        events = list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        if any(event.type == "message_stop" for event in events):
            return events
    raise Cut


def ask_matched():
    """Leave the loop at the last event by `match`."""
    text = []
    for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
        match event.type:
            case "content_block_delta":
                text.append(event.delta.text)
            case "message_stop":
                return text
    raise Cut


def ask_if_whole():
    """Return the message if it has a stop reason, and raise otherwise."""
    with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        message = stream.get_final_message()
    if message.stop_reason:
        return message
    raise Cut


def ask_skipped_last():
    """Leave the last event out, which notices nothing."""
    return [
        event
        for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)
        if event.type != "message_stop"
    ]
