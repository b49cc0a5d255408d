"""Clauses that name classes of the SDK, of pydantic and of the HTTP library, and what they read of errors."""

import json

import tenacity
from mistralai.client import Mistral, errors
from mistralai.client.errors import MistralError, ResponseValidationError, SDKError

client = Mistral()
Q = [{"role": "user", "content": "Hi"}]


def ask_sdk_error():
    """Retry the class of HTTP errors."""
    for _ in range(3):
        try:
            return list(client.chat.stream(model="m", messages=Q))
        except SDKError:
            continue
    raise RuntimeError("no answer")


def ask_of_module():
    """Name a class as an attribute of a module."""
    for _ in range(3):
        try:
            with client.chat.stream(model="m", messages=Q) as stream:
                return list(stream)
        except errors.HTTPValidationError:
            raise
        except errors.MistralError as error:
            if error.status_code in (401, 403):
                raise
    raise RuntimeError("no answer")


def ask_validation():
    """Retry an event that is no chunk, as an error in a stream is."""
    for _ in range(3):
        try:
            return list(client.chat.stream(model="m", messages=Q))
        except ResponseValidationError:
            continue
    raise RuntimeError("no answer")


def ask_value_error():
    """Catch the base class of what pydantic raises."""
    try:
        return list(client.chat.stream(model="m", messages=Q))
    except ValueError as error:
        raise RuntimeError("not valid") from error


def is_transient(error):
    """Return whether a later attempt may succeed."""
    return isinstance(error, SDKError) and (error.status_code == 429 or error.status_code >= 500)


@tenacity.retry(retry=tenacity.retry_if_exception(is_transient), stop=tenacity.stop_after_attempt(3), reraise=True)
async def ask_tenacity():
    """Retry what a predicate says by tenacity."""
    async with await client.chat.stream_async(model="m", messages=Q) as stream:
        return [event async for event in stream]


def ask_body():
    """Retry by the type in the body of any error of the SDK."""
    for _ in range(3):
        try:
            return list(client.chat.stream(model="m", messages=Q))
        except MistralError as error:
            try:
                body = json.loads(error.body)
            except ValueError:
                raise error from None
            if body.get("type") not in ("rate_limited", "service_tier_capacity_exceeded"):
                raise
    raise RuntimeError("no answer")


def ask_message():
    """Retry by the message."""
    for _ in range(3):
        try:
            return list(client.chat.stream(model="m", messages=Q))
        except MistralError as error:
            if "Rate limit" not in error.message:
                raise
    raise RuntimeError("no answer")


def ask_response():
    """Read the response of an error."""
    for _ in range(3):
        try:
            return list(client.chat.stream(model="m", messages=Q))
        except MistralError as error:
            if error.raw_response.status_code != 429:
                raise
    raise RuntimeError("no answer")


def ask_other_response():
    """Read a response by the name that errors of other SDKs have."""
    try:
        return list(client.chat.stream(model="m", messages=Q))
    except MistralError as error:
        return error.response.status_code
