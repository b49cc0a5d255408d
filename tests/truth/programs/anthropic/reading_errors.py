"""What programs read of an error in less common ways: JSON in its text, patterns, its classes, and the like."""

import asyncio
import json
import socket
import urllib.error
from http import HTTPStatus

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


def read():
    """Return the events of an answer."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def codes_of(error):
    """Yield what an error says of itself."""
    yield getattr(error, "status_code", None)
    yield getattr(error, "type", None)


def ask_json():
    """Parse the text, which is JSON of an error inside a stream only."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIError as error:
            try:
                kind = json.loads(str(error))["error"]["type"]
            except (ValueError, KeyError, TypeError):
                kind = ""
            if kind != "overloaded_error":
                raise
    raise RuntimeError


def ask_json_named():
    """Catch what the parser raises by its own name."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIError as error:
            try:
                json.loads(str(error))
            except json.JSONDecodeError:
                raise LookupError from error
    raise RuntimeError


def ask_rest():
    """Match the body, and what is left of it."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIStatusError as e:
            match getattr(e, "body", None):
                case {"error": {"type": str(kind)}} if kind.endswith("overloaded_error"):
                    pass
                case {"type": "error", **rest} if rest:
                    raise
                case None | str():
                    pass
    raise RuntimeError


def ask_starred():
    """Match the words of the text."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIStatusError as error:
            match str(error).split():
                case ["Error", "code:", *rest] if rest:
                    pass
                case _:
                    raise
    raise RuntimeError


def ask_mro():
    """Look at the modules of its classes."""
    for _ in range(2):
        try:
            return read()
        except Exception as error:
            if any(c.__module__.startswith("anthropic") for c in type(error).__mro__):
                continue
            raise
    raise RuntimeError


def ask_status_enum():
    """Read the kind of the status."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIStatusError as error:
            if HTTPStatus(error.status_code).phrase == "OK":
                continue
            raise
    raise RuntimeError


def ask_generator():
    """Read what a generator says of the error."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIStatusError as error:
            if any(each == 529 or each == "overloaded_error" for each in codes_of(error)):
                continue
            raise
    raise RuntimeError


def ask_own_of_python():
    """Translate into exceptions of Python, and catch their bases."""
    for _ in range(2):
        try:
            try:
                return read()
            except anthropic.RateLimitError as error:
                raise socket.timeout from error
            except anthropic.InternalServerError as error:
                raise urllib.error.URLError("down") from error
        except OSError:
            continue
    raise RuntimeError


def ask_cancelled():
    """Translate into what `except Exception` does not catch."""
    for _ in range(2):
        try:
            try:
                return read()
            except anthropic.APIStatusError as error:
                raise asyncio.CancelledError from error
        except Exception:
            continue
    raise RuntimeError
