"""Clauses that name the classes of statuses, from the package and from its modules."""

import cohere
import tenacity
from cohere.core.api_error import ApiError
from cohere.errors import InternalServerError, ServiceUnavailableError, TooManyRequestsError

client = cohere.ClientV2()
aclient = cohere.AsyncClientV2()
Q = [{"role": "user", "content": "Hi"}]
TRANSIENT = (TooManyRequestsError, InternalServerError, ServiceUnavailableError, cohere.GatewayTimeoutError)


def ask_tuple():
    """Retry a tuple of classes that has a name."""
    for _ in range(3):
        try:
            return list(client.chat_stream(model="m", messages=Q))
        except TRANSIENT:
            continue
    raise RuntimeError("no answer")


def ask_of_package():
    """Name a class as an attribute of the package."""
    for _ in range(3):
        try:
            return list(client.chat_stream(model="m", messages=Q))
        except cohere.TooManyRequestsError:
            continue
    raise RuntimeError("no answer")


def ask_of_module():
    """Name a class as an attribute of a module of the package."""
    for _ in range(3):
        try:
            return list(client.chat_stream(model="m", messages=Q))
        except cohere.errors.ServiceUnavailableError:
            continue
    raise RuntimeError("no answer")


def ask_in_order():
    """Stop at an error of the request, and retry all other errors of the SDK."""
    for _ in range(3):
        try:
            return list(client.chat_stream(model="m", messages=Q))
        except (cohere.BadRequestError, cohere.UnauthorizedError):
            raise
        except ApiError as error:
            if error.status_code != 429:
                return error.body
    raise RuntimeError("no answer")


@tenacity.retry(
    retry=tenacity.retry_if_exception_type((TooManyRequestsError, ServiceUnavailableError)),
    stop=tenacity.stop_after_attempt(3),
    reraise=True,
)
async def ask_tenacity():
    """Retry classes by tenacity."""
    return [event async for event in aclient.chat_stream(model="m", messages=Q)]


def ask_not_exported():
    """Name the base class as if the package exported it."""
    try:
        return list(client.chat_stream(model="m", messages=Q))
    except cohere.ApiError:
        return None


def ask_body():
    """Retry by the message in the body."""
    for _ in range(3):
        try:
            return list(client.chat_stream(model="m", messages=Q))
        except ApiError as error:
            if "limit" not in str(error.body) and "unavailable" not in str(error):
                raise
    raise RuntimeError("no answer")


def ask_response():
    """Read a response that the error does not have."""
    try:
        return list(client.chat_stream(model="m", messages=Q))
    except ApiError as error:
        return error.response.status_code
