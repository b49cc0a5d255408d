"""Compare the status of an error of the API with a set. Ours: it works where the SDK raises an error of its own."""

from cohere.core.api_error import ApiError


def ask(create):
    try:
        return list(create())
    except ApiError as e:
        if e.status_code in (429, 500, 502, 503, 504):
            return "retry"
        raise
