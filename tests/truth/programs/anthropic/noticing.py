"""Checks of the end of a stream inside a `try`, whose own clause may catch what they raise."""

import contextlib

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]
NO_PLACE = ("ask_none",)


class Cut(Exception):
    """The stream ended before the message did."""


def read():
    """Return the events of an answer."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ensure(events):
    """Raise unless the last event came."""
    if not any(event.type == "message_stop" for event in events):
        raise ValueError("cut")


def is_whole(events):
    """Return whether the last event came."""
    return any(event.type == "message_stop" for event in events)


def ask_any_clause():
    """Catch everything, what the check raises too."""
    for _ in range(2):
        try:
            events = read()
            if not any(event.type == "message_stop" for event in events):
                raise ValueError("cut")
            return events
        except Exception:
            print("again")
    raise RuntimeError


def ask_named_clause():
    """Name what the check raises."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                message = stream.get_final_message()
            if message.stop_reason is None:
                raise EOFError
            return message
        except (EOFError, anthropic.APIStatusError):
            pass
    raise RuntimeError


def ask_helper():
    """Let a function check."""
    for _ in range(2):
        try:
            events = read()
            ensure(events)
            return events
        except ValueError:
            print("again")
    raise RuntimeError


def ask_helper_outside():
    """Let a function check, outside the `try`."""
    for _ in range(2):
        try:
            events = read()
        except anthropic.APIStatusError:
            continue
        ensure(events)
        return events
    raise RuntimeError


def ask_predicate():
    """Ask a function whether the answer is whole."""
    for _ in range(2):
        try:
            events = read()
        except anthropic.APIStatusError:
            continue
        if is_whole(events):
            return events
    raise RuntimeError


def ask_assert():
    """Catch a failed assertion."""
    for _ in range(2):
        try:
            events = read()
            assert any(event.type == "message_stop" for event in events)
            return events
        except AssertionError:
            print("again")
    raise RuntimeError


def ask_assert_outside():
    """Let a failed assertion escape."""
    for _ in range(2):
        try:
            events = read()
        except anthropic.APIStatusError:
            continue
        assert any(event.type == "message_stop" for event in events)
        return events
    raise RuntimeError


def ask_else():
    """Check in the `else`, where no clause catches."""
    for _ in range(2):
        try:
            events = read()
        except Exception:
            continue
        else:
            if not any(event.type == "message_stop" for event in events):
                raise ValueError("cut")
            return events
    raise RuntimeError


def ask_outer():
    """Catch around the loop what the check raises inside it."""
    try:
        for _ in range(2):
            try:
                events = read()
            except anthropic.APIError:
                continue
            if not any(event.type == "message_stop" for event in events):
                raise ValueError("cut")
            return events
    except ValueError:
        return None
    raise RuntimeError


def ask_flag():
    """Raise by a flag, and catch it."""
    for _ in range(2):
        try:
            done = False
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                for event in stream:
                    if event.type == "message_stop":
                        done = True
            if not done:
                raise ConnectionError("cut")
            return "ok"
        except (anthropic.APIError, ConnectionError):
            continue
    raise RuntimeError


def ask_flag_of_event():
    """Raise by a flag that a property of the event sets."""
    for _ in range(2):
        reason = None
        try:
            for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
                if event.type == "message_delta":
                    reason = event.delta.stop_reason
            if reason is None:
                raise Cut
            return reason
        except Cut:
            continue
    raise RuntimeError


def ask_none():
    """Return None for any failure."""
    try:
        events = read()
        if not any(event.type == "message_stop" for event in events):
            raise ValueError("cut")
        return events
    except Exception:
        return None


def ask_translates():
    """Turn what the check raises into another exception."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                message = stream.get_final_message()
            if message.stop_reason is None:
                raise Cut("cut")
            return message
        except anthropic.RateLimitError:
            continue
        except Cut as cut:
            raise RuntimeError from cut
    raise RuntimeError


def ask_suppressed():
    """Suppress what the check raises."""
    for _ in range(2):
        with contextlib.suppress(anthropic.APIStatusError, Cut):
            events = read()
            if not any(event.type == "message_stop" for event in events):
                raise Cut
            return events
    raise RuntimeError


def ask_last_item():
    """Read the last of the events, which may be none."""
    for _ in range(2):
        try:
            events = read()
            if events[-1].type != "message_stop":
                raise Cut
            return events
        except Cut:
            continue
    raise RuntimeError


def ask_finally():
    """Check in a `finally`."""
    events = []
    try:
        for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
            events.append(event.type)
    except anthropic.RateLimitError:
        return None
    finally:
        print(len(events))
    if "message_stop" not in events:
        raise Cut
    return events


def ask_while():
    """Ask until the end came."""
    tries = 0
    whole = False
    events = []
    while not whole:
        tries += 1
        if tries > 2:
            raise Cut
        try:
            events = read()
            whole = events[-1:] != [] and events[-1].type == "message_stop"
        except anthropic.APIStatusError:
            continue
    return events


def read_quietly():
    """Return the events of an answer, or None."""
    try:
        return read()
    except anthropic.APIStatusError:
        return None


def ask_checking_caller():
    """Check what a function returns that catches errors itself."""
    events = read_quietly()
    if events is not None and not is_whole(events):
        raise Cut
    return events
