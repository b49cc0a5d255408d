"""Clauses that decide by the status of the error or of its response."""

import time

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]
AGAIN = {408, 409, 429, 500, 502, 503, 504, 503}


def ask_set():
    """Retry a set of statuses."""
    for attempt in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if error.status_code not in AGAIN or attempt == 2:
                raise
            time.sleep(1)


def ask_range():
    """Retry 429 and a range of statuses."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if error.status_code == 429 or 500 <= error.status_code < 600:
                continue
            raise
    raise RuntimeError("no answer")


def ask_hundreds():
    """Retry statuses whose first digit is 5."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if error.status_code // 100 != 5:
                raise
    raise RuntimeError("no answer")


def ask_getattr():
    """Read the status with a default, of any exception."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            status = getattr(error, "status_code", None)
            if status is None or status < 500:
                raise
    raise RuntimeError("no answer")


def ask_attribute_of_any():
    """Read the status of any error of the SDK, which not every one has."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if error.status_code in (429, 503):
                continue
            raise
    raise RuntimeError("no answer")


def ask_response_status():
    """Read the status of the response."""
    for _ in range(3):
        try:
            with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
                return list(stream)
        except openai.APIStatusError as error:
            if error.response.status_code < 500:
                raise
    raise RuntimeError("no answer")


def ask_server_error():
    """Ask the response whether it is an error of the server."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if not error.response.is_server_error:
                raise
    raise RuntimeError("no answer")


def ask_retry_after():
    """Retry when the response says after how long."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            wait = error.response.headers.get("retry-after")
            if wait is None:
                raise
            time.sleep(float(wait))
    raise RuntimeError("no answer")


def ask_should_retry():
    """Retry unless the response says not to."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if error.response.headers.get("x-should-retry") == "false" or error.status_code < 429:
                raise
    raise RuntimeError("no answer")
