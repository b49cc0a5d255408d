"""Except clauses that name classes of the SDK: one, several, in tuples, in order, and under other names."""

import logging
import time

import openai
from openai import APIConnectionError, APIStatusError, InternalServerError, RateLimitError

client = openai.OpenAI()
log = logging.getLogger(__name__)
Q = [{"role": "user", "content": "Hi"}]
TRANSIENT = (RateLimitError, InternalServerError, APIConnectionError)
OVERLOADED = getattr(openai, "APITimeoutError", None)
GROWN = TRANSIENT + ((OVERLOADED,) if OVERLOADED is not None else ())


def ask_status_error():
    """Retry every error with a status."""
    for attempt in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError:
            time.sleep(2**attempt)
    raise RuntimeError("no answer")


def ask_connection_error():
    """Retry a lost connection, as most retry code does."""
    for _ in range(3):
        try:
            with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
                return list(stream)
        except openai.APIConnectionError:
            continue
    raise RuntimeError("no answer")


def ask_tuple():
    """Retry a tuple of classes that is written in the clause."""
    for _ in range(4):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except (RateLimitError, InternalServerError, APIConnectionError) as error:
            log.warning("again: %s", error)
    raise RuntimeError("no answer")


def ask_named_tuple():
    """Retry a tuple of classes that has a name."""
    for _ in range(4):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except TRANSIENT:
            time.sleep(1)
    raise RuntimeError("no answer")


def ask_grown_tuple():
    """Retry a tuple that grows by the class for overload where a release has one."""
    for _ in range(4):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except GROWN:
            time.sleep(1)
    raise RuntimeError("no answer")


def ask_in_order():
    """Stop at an error of the request, and retry all other errors of the SDK."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except (openai.BadRequestError, openai.AuthenticationError):
            raise
        except openai.APIError:
            continue
    raise RuntimeError("no answer")


def ask_log_and_raise():
    """Log every error of the SDK, and raise it again."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIError:
        log.exception("the call failed")
        raise


def ask_everything():
    """Take any exception for a reason to try again."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            log.warning("again: %s", error)
    raise RuntimeError("no answer")


def ask_named_class():
    """Name the class for overload, which many releases do not export."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.PermissionDeniedError:
            continue
    raise RuntimeError("no answer")


def ask_else():
    """Return the text from the `else` of a try, and None if the status is an error."""
    text = ""
    try:
        with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            for piece in stream:
                text += piece.choices[0].delta.content or ""
    except APIStatusError:
        return None
    else:
        return text
