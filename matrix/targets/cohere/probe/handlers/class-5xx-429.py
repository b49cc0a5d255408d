"""Catch the classes of 429 and of each failure of a server. Ours: the SDK has a class for each status."""

from cohere.errors import GatewayTimeoutError, InternalServerError, ServiceUnavailableError, TooManyRequestsError


def ask(create):
    try:
        return list(create())
    except (TooManyRequestsError, InternalServerError, ServiceUnavailableError, GatewayTimeoutError):
        return "retry"
