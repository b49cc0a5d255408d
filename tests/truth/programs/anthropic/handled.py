"""Clauses that ask the system for the exception that they handle, instead of giving it a name."""

import sys
import traceback

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


class Refused(Exception):
    """The request was refused."""


def ask_exc_info():
    """Decide by the class and the value that the system has."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception:
            kind, value, _ = sys.exc_info()
            if issubclass(kind, anthropic.APIConnectionError) or getattr(value, "status_code", 0) >= 500:
                continue
            raise
    raise Refused


def ask_item():
    """Take the exception out of what the system has."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except (anthropic.APIStatusError, anthropic.APIConnectionError):
            error = sys.exc_info()[1]
            if getattr(error, "status_code", 429) not in (429, 529):
                raise Refused from error
    raise Refused


def ask_exception():
    """Ask for the exception alone, as Python can since 3.11."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception:
            if not isinstance(sys.exception(), anthropic.RateLimitError | anthropic.InternalServerError):
                raise
    raise Refused


def is_transient():
    """Decide about the exception that a caller handles."""
    return getattr(sys.exc_info()[1], "status_code", None) in (429, 500, 529)


def ask_helper():
    """Let a function without an argument decide."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIError:
            if not is_transient():
                raise
    raise Refused


def ask_own():
    """Ask for an exception of the program, by its class."""
    for _ in range(2):
        try:
            try:
                return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
            except anthropic.BadRequestError as error:
                raise Refused from error
        except Exception:
            if sys.exc_info()[0] is Refused:
                return None
            raise
    raise Refused


def ask_traceback():
    """Search the text of the traceback."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception:
            if "overloaded_error" in traceback.format_exc():
                continue
            raise
    raise Refused
