"""Catch the class of an HTTP error, and compare its status. Seen in Pydantic AI's documentation."""

from pydantic_ai.exceptions import ModelHTTPError


def ask(create):
    try:
        return list(create())
    except ModelHTTPError as e:
        if e.status_code == 429 or e.status_code >= 500:
            return "retry"
        raise
