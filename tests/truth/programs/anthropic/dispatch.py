"""Tables, generators and expressions that look an error up."""

import sys
import time

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]
CLASSES = [anthropic.RateLimitError, anthropic.InternalServerError]
ACTIONS = {anthropic.RateLimitError: "wait", anthropic.InternalServerError: "again", anthropic.BadRequestError: "stop"}
WAITS = {429: 10, 500: 1, 529: 30}


class Settings:
    """Holds what to retry."""

    RETRYABLE = (anthropic.RateLimitError, anthropic.APIConnectionError)
    codes = frozenset({500, 529})


def ask_any():
    """Try each class of a list."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            if not any(isinstance(error, each) for each in CLASSES):
                raise
    raise RuntimeError("no answer")


def ask_exact_type():
    """Look up the very class of the error."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIError as error:
            action = ACTIONS.get(type(error), "stop")
            if action == "stop":
                raise
    raise RuntimeError("no answer")


def ask_subclass():
    """Compare the class of the error."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            if issubclass(type(error), anthropic.APIStatusError):
                continue
            return None
    raise RuntimeError("no answer")


def ask_waits():
    """Wait as long as a table says for the status, and fail where it says nothing."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            if (wait := WAITS.get(error.status_code)) is None:
                raise
            time.sleep(wait)
    raise RuntimeError("no answer")


def ask_settings():
    """Read classes and codes of a class."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Settings.RETRYABLE:
            continue
        except anthropic.APIStatusError as error:
            if error.status_code not in Settings.codes:
                return None
    raise RuntimeError("no answer")


def ask_exits():
    """End the program at an error of the request."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except (anthropic.BadRequestError, anthropic.AuthenticationError) as error:
        print(f"bad: {error}", file=sys.stderr)
        sys.exit(1)
    except anthropic.APIError:
        return None


def ask_cause():
    """Look at the cause of the error."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIError as error:
            if error.__cause__ is None and not isinstance(error, anthropic.APIConnectionError):
                raise
    raise RuntimeError("no answer")


def ask_in_parts():
    """Combine a class, a status and a text in one condition."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            retryable = (
                isinstance(error, anthropic.APIConnectionError)
                or (isinstance(error, anthropic.APIStatusError) and error.status_code in WAITS)
                or "overloaded_error" in str(error)
            )
            if not retryable:
                raise
    raise RuntimeError("no answer")


def ask_has_attribute():
    """Ask which attributes the error has."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            if hasattr(error, "status_code") and error.status_code >= 500:
                continue
            if hasattr(error, "response") and error.response.headers.get("x-should-retry") == "true":
                continue
            raise
    raise RuntimeError("no answer")
