"""Tuples of classes that are computed, subclasses of the SDK's classes, and names that are looked up."""

import importlib
import sys

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]
sdk = importlib.import_module("openai")
NAMES = ("RateLimitError", "InternalServerError", "NoSuchError")
BY_NAME = tuple(getattr(openai, name) for name in NAMES if hasattr(openai, name))
STATUS_ERRORS = tuple(
    each
    for each in list(vars(openai).values())
    if isinstance(each, type) and issubclass(each, openai.APIStatusError) and each is not openai.APIStatusError
)
GROUPS = {"wait": [openai.RateLimitError], "again": [openai.InternalServerError, openai.APIConnectionError]}
FLAT = tuple(each for group in GROUPS.values() for each in group)


class OwnError(openai.APIError):
    """An error of the project below one of the SDK."""


class Limit(openai.RateLimitError):
    """A limit of the project, which the SDK never raises."""


def ask_by_name():
    """Catch classes that are looked up by name."""
    for _ in range(2):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except BY_NAME:
            continue
    return None


def ask_all_subclasses():
    """Catch every class below the one with a status."""
    for _ in range(2):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except STATUS_ERRORS:
            continue
        except openai.APIStatusError:
            return "inside the stream"
    return None


def ask_flat():
    """Catch a tuple that is made of a table."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except FLAT:
        return None


def ask_starred():
    """Catch classes of two lists."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except (*GROUPS["wait"], *GROUPS["again"]):
        return None


def ask_own_subclass():
    """Catch a class of the project that the SDK never raises."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except (OwnError, Limit):
        return None
    except openai.RateLimitError as error:
        raise OwnError("limit", request=error.request, body=None) from error


def ask_own_raised():
    """Raise a class below the SDK's own, and catch it by the SDK's."""
    try:
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            raise OwnError("failed", request=error.request, body=None) from error
    except openai.APIError:
        return None


def ask_imported_late():
    """Import the SDK by its name."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except sdk.RateLimitError:
        return None


def ask_from_modules():
    """Find the SDK among the modules."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except sys.modules["openai"].APIStatusError:
        return None


def ask_imported_inside():
    """Import the class where it is needed."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except Exception as error:
        from openai import APIConnectionError, InternalServerError

        if isinstance(error, (APIConnectionError, InternalServerError)):
            return None
        raise


def ask_chosen():
    """Choose the class by what the release has."""
    kind = openai.PermissionDeniedError if hasattr(openai, "APITimeoutError") else openai.InternalServerError
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except kind:
        return None


def retryable():
    """Return the classes to retry."""
    return (openai.RateLimitError, openai.InternalServerError)


def ask_returned():
    """Catch what a function returns."""
    for _ in range(2):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except retryable():
            continue
    return None


def ask_parameter(errors=(openai.APIStatusError,)):
    """Catch what a parameter has by default."""
    for _ in range(2):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
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
        lambda: list(client.chat.completions.create(model="m", messages=Q, stream=True)),
        retry_on=(openai.RateLimitError, openai.InternalServerError),
    )
