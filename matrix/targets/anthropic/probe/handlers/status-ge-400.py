"""An error of the model's server from 400 up, anything else a generic one; the first is retried. Seen in pydantic-ai."""

from anthropic import APIStatusError


class ModelHTTPError(Exception):
    pass


def request(create):
    try:
        return list(create())
    except APIStatusError as e:
        if (status_code := e.status_code) >= 400:
            raise ModelHTTPError(status_code) from e
        raise


def ask(create):
    try:
        return request(create)
    except ModelHTTPError as e:
        if e.args[0] == 429 or e.args[0] >= 500:
            return "retry"
        raise e.__cause__
