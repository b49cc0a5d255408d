"""Checks of the end whose exception a clause of the same code takes, or a clause further out."""

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


PLACES = {"ask_caller_checks": "quiet"}


class Cut(Exception):
    """The stream ended before the message did."""


def ask_taken_by_all():
    """Try again after any exception, also that of the check."""
    for _ in range(2):
        try:
            events = list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
            if not any(event.type == "message_stop" for event in events):
                raise ValueError("cut")
            return events
        except Exception:
            continue
    raise RuntimeError("no answer")


def ask_taken_by_name():
    """Try again after the exception of the check, and after a status."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                message = stream.get_final_message()
            if message.stop_reason is None:
                raise Cut
        except (Cut, anthropic.APIStatusError):
            continue
        return message
    raise RuntimeError("no answer")


def ask_not_taken():
    """Let the exception of the check through."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                message = stream.get_final_message()
            if message.stop_reason is None:
                raise Cut
        except anthropic.APIStatusError:
            continue
        return message
    raise RuntimeError("no answer")


def ask_turned():
    """Raise the exception of the check as another one."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            message = stream.get_final_message()
        if not message.stop_reason:
            raise Cut("no stop reason")
    except Exception as error:
        raise LookupError("no answer") from error
    return message


def ask_answered():
    """Answer None instead of a message that was cut."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            message = stream.get_final_message()
        if message.stop_reason is None:
            raise Cut
        return message
    except Cut:
        return None
    except anthropic.APIError:
        raise


def ask_outer():
    """Take the exception of the check further out."""
    for _ in range(2):
        try:
            try:
                with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                    message = stream.get_final_message()
                if message.stop_reason is None:
                    raise Cut
                return message
            except anthropic.APIConnectionError:
                return None
        except Cut:
            continue
    raise RuntimeError("no answer")


def whole():
    """Read a whole message."""
    with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        message = stream.get_final_message()
    if message.stop_reason is None:
        raise Cut
    return message


def ask_in_helper():
    """Try again after the exception that a function raises."""
    for _ in range(2):
        try:
            return whole()
        except (Cut, anthropic.APIStatusError):
            continue
    raise RuntimeError("no answer")


def ask_in_helper_not_taken():
    """Let the exception through that a function raises."""
    for _ in range(2):
        try:
            return whole()
        except anthropic.APIStatusError:
            continue
    raise RuntimeError("no answer")


def checked(message):
    """Return a message that is whole."""
    if message.stop_reason is None:
        raise Cut
    return message


def ask_checked():
    """Let a function check the message, and try again."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                return checked(stream.get_final_message())
        except (Cut, anthropic.APIStatusError):
            continue
    raise RuntimeError("no answer")


def ask_asserted():
    """Assert that the message is whole, and try again."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                message = stream.get_final_message()
            assert message.stop_reason, "cut"
            return message
        except (AssertionError, anthropic.APIStatusError):
            continue
    raise RuntimeError("no answer")


def ask_sdk_class():
    """Raise a class of the SDK for a message that was cut."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                message = stream.get_final_message()
            if message.stop_reason is None:
                raise anthropic.APIConnectionError(request=None)
            return message
        except (anthropic.APIConnectionError, anthropic.APIStatusError):
            continue
    raise RuntimeError("no answer")


def ask_flag():
    """Note the last event, and raise inside the `try` without it."""
    for attempt in range(2):
        done = False
        try:
            for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
                if event.type == "message_stop":
                    done = True
            if not done:
                raise ConnectionError("cut")
            return done
        except (ConnectionError, anthropic.APIStatusError):
            if attempt == 1:
                raise
    return None


def is_whole(message):
    """Return whether a message has ended."""
    return message.stop_reason is not None


def ask_predicate():
    """Let a function say whether the message is whole."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                message = stream.get_final_message()
        except anthropic.APIStatusError:
            continue
        if is_whole(message):
            return message
    raise RuntimeError("no answer")


def quiet():
    """Answer None instead of an error with a status."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return stream.get_final_message()
    except anthropic.APIStatusError:
        return None


def ask_caller_checks():
    """Check what a function returned that catches errors."""
    message = quiet()
    if message is not None and message.stop_reason is None:
        raise Cut
    return message
