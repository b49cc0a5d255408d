"""Exceptions of Python's library and of other packages, which the code raises itself, and clauses that take them."""

import asyncio
import json

import anthropic
import httpx

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


def read():
    """Read a stream."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def kind_of(error, *taken):
    """Read the type of an error from its text."""
    try:
        return json.loads(str(error))["error"]["type"]
    except taken:
        return ""


def ask_value_error():
    """Take the text for JSON, or not."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIError as error:
            try:
                kind = json.loads(str(error))["error"]["type"]
            except (ValueError, KeyError, TypeError):
                kind = ""
            if kind != "":
                raise
    raise RuntimeError


def ask_decode_error():
    """Take the text for JSON, or not, by the error's own name."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIError as error:
            try:
                kind = json.loads(str(error))["error"]["type"]
            except json.JSONDecodeError:
                kind = ""
            if kind != "":
                raise
    raise RuntimeError


def ask_decoder():
    """Take the text for JSON, by the error's name in another module."""
    try:
        return read()
    except anthropic.APIError as error:
        try:
            return json.loads(error.message)
        except json.decoder.JSONDecodeError as unreadable:
            raise LookupError from unreadable


def ask_key_error():
    """Miss the error of the text."""
    try:
        return read()
    except anthropic.APIError as error:
        try:
            return json.loads(error.message)
        except KeyError:
            return None


def ask_timeout_alias():
    """Raise a timeout by one name, and take it by another."""
    try:
        try:
            return read()
        except anthropic.APIStatusError as error:
            raise TimeoutError from error
    except asyncio.TimeoutError:
        return None


def ask_os_error():
    """Raise a lost connection, and take a broken system."""
    try:
        try:
            return read()
        except anthropic.APIStatusError as error:
            raise ConnectionResetError from error
    except IOError:
        return None


def ask_http_base():
    """Raise an error of an HTTP library, and take its base."""
    try:
        try:
            return read()
        except anthropic.APIStatusError as error:
            raise httpx.ReadTimeout("late") from error
    except httpx.HTTPError:
        return None


def ask_http_timeout():
    """Raise an error of an HTTP library, and take another one."""
    try:
        try:
            return read()
        except anthropic.APIStatusError as error:
            raise httpx.ConnectError("late") from error
    except httpx.TimeoutException:
        return None


def ask_cancelled():
    """Raise a cancellation, which is no exception that clauses for all take."""
    try:
        try:
            return read()
        except anthropic.APIStatusError as error:
            raise asyncio.CancelledError from error
    except Exception:
        return None


class Bad(json.JSONDecodeError):
    """A text of the project."""


def ask_derived():
    """Raise a class that is derived from one of Python's library."""
    try:
        try:
            return read()
        except anthropic.APIStatusError as error:
            raise Bad("bad", "", 0) from error
    except ValueError:
        return None


def ask_unlike():
    """Raise a class that another package's clause does not take."""
    try:
        try:
            return read()
        except anthropic.APIStatusError as error:
            raise PermissionError from error
    except (httpx.HTTPError, json.JSONDecodeError):
        return None
