"""Raise an error of the project from 400 up, and retry that for 429 and from 500 up. Seen in pydantic-ai."""

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
