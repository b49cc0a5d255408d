"""Streams that say in the field `x_groq` of a chunk that they were stopped, and errors by what Groq names in them."""

import groq

client = groq.Groq()
aclient = groq.AsyncGroq()
Q = [{"role": "user", "content": "Hi"}]
NO_PLACE = ("ask_stopped_unseen",)


class Stopped(Exception):
    """The stream was stopped before the answer was whole."""


def ask_stopped():
    """Raise if no chunk has a finish reason, and name the error that a chunk may have."""
    error = finish = None
    for chunk in client.chat.completions.create(model="m", messages=Q, stream=True):
        if chunk.x_groq and chunk.x_groq.error:
            error = chunk.x_groq.error
        finish = chunk.choices[0].finish_reason or finish
    if finish is None:
        raise Stopped(error)
    return finish


def ask_stopped_again():
    """Retry a stream that was stopped, and an overloaded server."""
    for _ in range(3):
        finish = None
        try:
            for chunk in client.chat.completions.create(model="m", messages=Q, stream=True):
                finish = chunk.choices[0].finish_reason or finish
            if finish is None:
                raise Stopped
            return finish
        except (Stopped, groq.InternalServerError):
            continue
    raise RuntimeError("no answer")


def ask_status_in_body():
    """Retry by the status that an error in a stream has in its body."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except groq.APIError as error:
            body = error.body if isinstance(error.body, dict) else {}
            status = getattr(error, "status_code", None) or body.get("status_code")
            if status not in (429, 498, 500, 503):
                raise
    raise RuntimeError("no answer")


def ask_type_in_body():
    """Retry by the type of the object in the body, inside a stream and outside."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except groq.APIError as error:
            body = error.body if isinstance(error.body, dict) else {}
            named = body.get("error", body)
            if not isinstance(named, dict) or named.get("type") not in ("internal_server_error", "tokens"):
                raise
    raise RuntimeError("no answer")


def ask_over_capacity():
    """Retry by the text of an overloaded server."""
    for _ in range(2):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except groq.APIError as error:
            if "over capacity" not in error.message:
                raise
    return None


async def ask_flex():
    """Retry the status of a full flex tier, which has no class of its own."""
    for _ in range(2):
        try:
            return [chunk async for chunk in await aclient.chat.completions.create(model="m", messages=Q, stream=True)]
        except groq.APIStatusError as error:
            if error.status_code != 498:
                raise
    return None


def ask_stopped_unseen():
    """Check nothing, and catch nothing."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))
