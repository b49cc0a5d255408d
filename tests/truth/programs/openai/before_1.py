"""Releases before 1.0: calls of the module's classes, and the errors of `openai.error`."""

import time

import openai
from openai.error import APIConnectionError, RateLimitError, ServiceUnavailableError

RELEASES = "<1"
Q = [{"role": "user", "content": "Hi"}]
TRANSIENT = (RateLimitError, APIConnectionError, ServiceUnavailableError, openai.error.Timeout)


def ask_classes():
    """Retry a stream by classes."""
    for attempt in range(3):
        try:
            return list(openai.ChatCompletion.create(model="m", messages=Q, stream=True))
        except TRANSIENT:
            time.sleep(2**attempt)
    raise RuntimeError("no answer")


def ask_dotted():
    """Tell errors apart by their full names."""
    for _ in range(3):
        try:
            return list(openai.ChatCompletion.create(model="m", messages=Q, stream=True))
        except openai.error.InvalidRequestError:
            raise
        except openai.error.AuthenticationError as error:
            raise PermissionError from error
        except openai.error.OpenAIError:
            continue
    return None


def ask_top():
    """Name the class that the module itself has."""
    try:
        return list(openai.ChatCompletion.create(model="m", messages=Q, stream=True))
    except openai.APIError:
        return None


def ask_status():
    """Read the status, which has another name there."""
    for _ in range(3):
        try:
            return list(openai.ChatCompletion.create(model="m", messages=Q, stream=True))
        except openai.error.OpenAIError as error:
            if error.http_status not in (429, 500, 503):
                raise
    raise RuntimeError("no answer")


def ask_whole():
    """Read a whole completion."""
    for _ in range(2):
        try:
            return openai.ChatCompletion.create(model="m", messages=Q)["choices"][0]["message"]["content"]
        except (openai.error.RateLimitError, openai.error.ServiceUnavailableError):
            continue
    return None


def ask_prompt():
    """Complete a prompt."""
    try:
        return [chunk["id"] for chunk in openai.Completion.create(model="m", prompt="Hi", stream=True)]
    except openai.error.ServiceUnavailableError as error:
        return error.user_message


async def ask_async():
    """Read an asynchronous stream."""
    try:
        return [chunk async for chunk in await openai.ChatCompletion.acreate(model="m", messages=Q, stream=True)]
    except openai.error.APIConnectionError:
        return "lost"
    except openai.error.APIError as error:
        raise ValueError(str(error)) from error
