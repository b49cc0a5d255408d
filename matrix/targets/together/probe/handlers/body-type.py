"""Compare the type in the body, which a plain error has one level deeper. Ours: an error in a stream has no more."""

from together import APIError

TYPES = {"dynamic_request_limited", "dynamic_token_limited", "server_error", "service_unavailable_error"}


def ask(create):
    try:
        return list(create())
    except APIError as e:
        error = e.body
        if isinstance(error, dict) and isinstance(error.get("error"), dict):
            error = error["error"]
        if isinstance(error, dict) and error.get("type") in TYPES:
            return "retry"
        raise
