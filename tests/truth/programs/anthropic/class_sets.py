"""Tuples of classes that are computed, subclasses of the SDK's classes, and names that are looked up."""

import importlib
import sys

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]
sdk = importlib.import_module("anthropic")
NAMES = ("RateLimitError", "InternalServerError", "NoSuchError")
BY_NAME = tuple(getattr(anthropic, name) for name in NAMES if hasattr(anthropic, name))
STATUS_ERRORS = tuple(
    each
    for each in vars(anthropic).values()
    if isinstance(each, type) and issubclass(each, anthropic.APIStatusError) and each is not anthropic.APIStatusError
)
GROUPS = {"wait": [anthropic.RateLimitError], "again": [anthropic.InternalServerError, anthropic.APIConnectionError]}
FLAT = tuple(each for group in GROUPS.values() for each in group)


class OwnError(anthropic.APIError):
    """An error of the project below one of the SDK."""


class Limit(anthropic.RateLimitError):
    """A limit of the project, which the SDK never raises."""


def ask_by_name():
    """Catch classes that are looked up by name."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except BY_NAME:
            continue
    return None


def ask_all_subclasses():
    """Catch every class below the one with a status."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except STATUS_ERRORS:
            continue
        except anthropic.APIStatusError:
            return "inside the stream"
    return None


def ask_flat():
    """Catch a tuple that is made of a table."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except FLAT:
        return None


def ask_starred():
    """Catch classes of two lists."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except (*GROUPS["wait"], *GROUPS["again"]):
        return None


def ask_own_subclass():
    """Catch a class of the project that the SDK never raises."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except (OwnError, Limit):
        return None
    except anthropic.RateLimitError as error:
        raise OwnError("limit", request=error.request, body=None) from error


def ask_own_raised():
    """Raise a class below the SDK's own, and catch it by the SDK's."""
    try:
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            raise OwnError("failed", request=error.request, body=None) from error
    except anthropic.APIError:
        return None


def ask_imported_late():
    """Import the SDK by its name."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except sdk.RateLimitError:
        return None


def ask_from_modules():
    """Find the SDK among the modules."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except sys.modules["anthropic"].APIStatusError:
        return None


def ask_imported_inside():
    """Import the class where it is needed."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except Exception as error:
        from anthropic import APIConnectionError, InternalServerError

        if isinstance(error, (APIConnectionError, InternalServerError)):
            return None
        raise


def ask_chosen():
    """Choose the class by what the release has."""
    kind = anthropic.OverloadedError if hasattr(anthropic, "OverloadedError") else anthropic.InternalServerError
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except kind:
        return None


def retryable():
    """Return the classes to retry."""
    return (anthropic.RateLimitError, anthropic.InternalServerError)


def ask_returned():
    """Catch what a function returns."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except retryable():
            continue
    return None


def ask_parameter(errors=(anthropic.APIStatusError,)):
    """Catch what a parameter has by default."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except errors:
            continue
    return None


def call(function, retry_on, attempts=2):
    """Call a function, and again for some classes."""
    for attempt in range(attempts):
        try:
            return function()
        except retry_on:
            if attempt + 1 == attempts:
                raise
    return None


def ask_passed():
    """Pass the classes to a function."""
    return call(
        lambda: list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)),
        retry_on=(anthropic.RateLimitError, anthropic.InternalServerError),
    )
