"""Streams whose finish reason is an error, and errors by what Together names in them."""

import together

client = together.Together()
aclient = together.AsyncTogether()
Q = [{"role": "user", "content": "Hi"}]
NO_PLACE = ("ask_finish_error",)


class Stopped(Exception):
    """The stream was stopped before the answer was whole."""


def ask_finish_error():
    """Raise if the finish reason is an error."""
    for chunk in client.chat.completions.create(model="m", messages=Q, stream=True):
        if chunk.choices[0].finish_reason == "error":
            raise Stopped
    return True


def ask_not_stopped_by_itself():
    """Raise if the finish reason is any but that of a whole answer."""
    finish = None
    for chunk in client.chat.completions.create(model="m", messages=Q, stream=True):
        finish = chunk.choices[0].finish_reason or finish
    if finish != "stop":
        raise Stopped(finish)
    return finish


def ask_any_reason():
    """Take any finish reason for that of a whole answer, and retry a stream that has none."""
    for _ in range(2):
        finish = None
        try:
            for chunk in client.chat.completions.create(model="m", messages=Q, stream=True):
                finish = chunk.choices[0].finish_reason or finish
        except together.APIError:
            continue
        if finish is not None:
            return finish
    raise RuntimeError("no answer")


def ask_finish_error_again():
    """Retry a finish reason that is an error, as an overloaded server."""
    for _ in range(3):
        try:
            parts = []
            for chunk in client.chat.completions.create(model="m", messages=Q, stream=True):
                parts.append(chunk.choices[0].delta.content or "")
                if chunk.choices[0].finish_reason == "error":
                    raise Stopped
            return "".join(parts)
        except (Stopped, together.InternalServerError):
            continue
    raise RuntimeError("no answer")


def ask_type():
    """Retry by the type of the error, inside a stream and outside."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except together.APIError as error:
            body = error.body if isinstance(error.body, dict) else {}
            if body.get("error", body).get("type") not in ("server_error", "dynamic_request_limited"):
                raise
    raise RuntimeError("no answer")


async def ask_limited():
    """Retry a limit by its class, or by its word in the text."""
    for _ in range(2):
        try:
            return [chunk async for chunk in await aclient.chat.completions.create(model="m", messages=Q, stream=True)]
        except together.RateLimitError:
            continue
        except together.APIError as error:
            if "limited" not in str(error):
                raise
    return None
