"""Clauses that name classes of the SDK, from several modules, and what they read of errors."""

import tenacity
from google import genai
from google.genai import errors
from google.genai.errors import APIError, ClientError, ServerError

client = genai.Client()
Q = "Hi"


def ask_server_error():
    """Retry errors of the server."""
    for _ in range(3):
        try:
            return list(client.models.generate_content_stream(model="m", contents=Q))
        except ServerError:
            continue
    raise RuntimeError("no answer")


def ask_in_order():
    """Stop at errors of the request except a limit, and retry all other errors of the SDK."""
    for _ in range(3):
        try:
            return list(client.models.generate_content_stream(model="m", contents=Q))
        except errors.ClientError as error:
            if error.code != 429:
                raise
        except errors.APIError:
            continue
    raise RuntimeError("no answer")


def ask_of_package():
    """Name a class by the package."""
    try:
        return list(client.models.generate_content_stream(model="m", contents=Q))
    except genai.errors.ClientError as error:
        raise PermissionError(error.message) from error


def is_retriable(error):
    """Return whether a later attempt may succeed."""
    return isinstance(error, APIError) and error.code in {429, 500, 503}


@tenacity.retry(retry=tenacity.retry_if_exception(is_retriable), stop=tenacity.stop_after_attempt(3), reraise=True)
async def ask_tenacity():
    """Retry what a predicate says by tenacity."""
    return [chunk async for chunk in await client.aio.models.generate_content_stream(model="m", contents=Q)]


def ask_status():
    """Retry by the word for a status."""
    for _ in range(3):
        try:
            return list(client.models.generate_content_stream(model="m", contents=Q))
        except APIError as error:
            if error.status not in ("UNAVAILABLE", "RESOURCE_EXHAUSTED"):
                raise
    raise RuntimeError("no answer")


def ask_status_code():
    """Read the status by the name that errors of other SDKs have."""
    try:
        return list(client.models.generate_content_stream(model="m", contents=Q))
    except APIError as error:
        return error.status_code


def ask_details():
    """Retry by the code in the details."""
    for _ in range(3):
        try:
            return list(client.models.generate_content_stream(model="m", contents=Q))
        except APIError as error:
            if error.details["error"]["code"] < 429:
                raise
    raise RuntimeError("no answer")


def ask_limit():
    """Retry a limit, and give up on all other errors of the request."""
    for _ in range(2):
        try:
            return list(client.models.generate_content_stream(model="m", contents=Q))
        except ClientError as error:
            if error.code == 429:
                continue
            return error.message
    return None
