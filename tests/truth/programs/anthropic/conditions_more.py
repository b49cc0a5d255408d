"""Conditions on parts of an error that few programs read: rests of patterns, and modules of its base classes."""

from http import HTTPStatus

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


def read():
    """Read a stream."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_rest():
    """Raise a body that has more than its type."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIStatusError as error:
            match error.body:
                case {"error": {"type": str(kind)}} if kind.endswith("overloaded_error"):
                    pass
                case {"type": "error", **rest} if rest:
                    raise
    raise RuntimeError("no answer")


def ask_rest_empty():
    """Raise a body that has nothing but an error and a type."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIStatusError as error:
            match error.body:
                case {"error": _, "type": _, **rest} if not rest:
                    raise
    raise RuntimeError("no answer")


def ask_number():
    """Retry a status that a pattern takes for a number."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIStatusError as error:
            match error.status_code:
                case int(code) if code in (200, 529):
                    continue
                case int() | float():
                    raise
    raise RuntimeError("no answer")


def ask_modules():
    """Retry an error one of whose base classes comes from the SDK."""
    for _ in range(2):
        try:
            return read()
        except Exception as error:
            if not any(each.__module__.startswith("anthropic") for each in type(error).__mro__):
                raise
    raise RuntimeError("no answer")


def ask_bases():
    """Retry an error whose base classes have a name."""
    for _ in range(2):
        try:
            return read()
        except Exception as error:
            if "APIError" not in [each.__qualname__ for each in type(error).mro()]:
                raise
    raise RuntimeError("no answer")


def ask_status_member():
    """Retry what is a status that only newer Pythons know."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIStatusError as error:
            if error.status_code != 529 and getattr(HTTPStatus(error.status_code), "is_success", False):
                continue
            raise
    raise RuntimeError("no answer")
