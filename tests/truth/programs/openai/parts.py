"""Clauses that decide by the type, the body, the message or the text of the error."""

import re
import time

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]
BUSY = re.compile(r"overloaded|rate.?limit", re.IGNORECASE)


def ask_type():
    """Read the attribute `type`, which older releases lack."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if getattr(error, "code", None) not in ("server_is_overloaded", "rate_limit_exceeded"):
                raise
    raise RuntimeError("no answer")


def ask_bare_type():
    """Read the attribute `type` without a default."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if error.code == "server_is_overloaded":
                continue
            raise
    raise RuntimeError("no answer")


def error_type(error):
    """Return the type in the body of an error, or None."""
    body = error.body
    if not isinstance(body, dict):
        return None
    inner = body.get("error")
    return inner.get("type") if isinstance(inner, dict) else None


def ask_body():
    """Look into the body with a function."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if error_type(error) not in {"server_is_overloaded", "rate_limit_exceeded"}:
                raise
            time.sleep(1)
    raise RuntimeError("no answer")


def ask_bare_body():
    """Index the body, whatever it is."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if error.body["type"] == "server_error":
                continue
            raise
    raise RuntimeError("no answer")


def ask_text():
    """Search the text of any exception."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if "overloaded" not in str(error).lower():
                raise
    raise RuntimeError("no answer")


def ask_regex():
    """Search the text with an expression that is written where it is used."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if not re.search(r"\b(429|503)\b|overloaded", str(error)):
                raise
    raise RuntimeError("no answer")


def ask_compiled_regex():
    """Search the text with an expression that has a name."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if BUSY.search(str(error)) is None:
                raise
    raise RuntimeError("no answer")


def ask_message():
    """Compare the attribute `message`."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if error.message.startswith("Error code: 5") or "Overloaded" in error.message:
                continue
            raise
    raise RuntimeError("no answer")


def ask_class_name():
    """Compare the name of the class."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if type(error).__name__ not in {"RateLimitError", "InternalServerError", "APITimeoutError"}:
                raise
    raise RuntimeError("no answer")


def ask_names_of_bases():
    """Compare the names of the class and of its bases."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if not {"APIConnectionError", "InternalServerError"} & {base.__name__ for base in type(error).__mro__}:
                raise
    raise RuntimeError("no answer")
