"""Tables, generators and expressions that look an error up."""

import sys
import time

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]
CLASSES = [openai.RateLimitError, openai.InternalServerError]
ACTIONS = {openai.RateLimitError: "wait", openai.InternalServerError: "again", openai.BadRequestError: "stop"}
WAITS = {429: 10, 500: 1, 503: 30}


class Settings:
    """Holds what to retry."""

    RETRYABLE = (openai.RateLimitError, openai.APIConnectionError)
    codes = frozenset({500, 503})


def ask_any():
    """Try each class of a list."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if not any(isinstance(error, each) for each in CLASSES):
                raise
    raise RuntimeError("no answer")


def ask_exact_type():
    """Look up the very class of the error."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            action = ACTIONS.get(type(error), "stop")
            if action == "stop":
                raise
    raise RuntimeError("no answer")


def ask_subclass():
    """Compare the class of the error."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if issubclass(type(error), openai.APIStatusError):
                continue
            return None
    raise RuntimeError("no answer")


def ask_waits():
    """Wait as long as a table says for the status, and fail where it says nothing."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if (wait := WAITS.get(error.status_code)) is None:
                raise
            time.sleep(wait)
    raise RuntimeError("no answer")


def ask_settings():
    """Read classes and codes of a class."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Settings.RETRYABLE:
            continue
        except openai.APIStatusError as error:
            if error.status_code not in Settings.codes:
                return None
    raise RuntimeError("no answer")


def ask_exits():
    """End the program at an error of the request."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except (openai.BadRequestError, openai.AuthenticationError) as error:
        print(f"bad: {error}", file=sys.stderr)
        sys.exit(1)
    except openai.APIError:
        return None


def ask_cause():
    """Look at the cause of the error."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if error.__cause__ is None and not isinstance(error, openai.APIConnectionError):
                raise
    raise RuntimeError("no answer")


def ask_in_parts():
    """Combine a class, a status and a text in one condition."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            retryable = (
                isinstance(error, openai.APIConnectionError)
                or (isinstance(error, openai.APIStatusError) and error.status_code in WAITS)
                or "server_is_overloaded" in str(error)
            )
            if not retryable:
                raise
    raise RuntimeError("no answer")


def ask_has_attribute():
    """Ask which attributes the error has."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if hasattr(error, "status_code") and error.status_code >= 500:
                continue
            if hasattr(error, "response") and error.response.headers.get("x-should-retry") == "true":
                continue
            raise
    raise RuntimeError("no answer")
