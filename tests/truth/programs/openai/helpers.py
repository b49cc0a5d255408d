"""Helpers and translators that raise on behalf of the clause that calls them."""

import time
from functools import wraps
from typing import NoReturn

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_wrapped": "patient.wrapper"}


class Busy(Exception):
    """The server is busy."""


class Down(Exception):
    """The server is down."""


class Bad(Exception):
    """The request is bad."""


class Other(Exception):
    """Anything else."""


def handle(e, attempt):
    """Raise an error unless it is transient, and wait."""
    if not isinstance(e, openai.APIStatusError) or not (e.status_code == 429 or e.status_code >= 500):
        raise e
    if attempt == 4:
        raise e
    time.sleep(2**attempt)


def patient(func):
    """Call a function up to five times."""

    @wraps(func)
    def wrapper(*args, **kwargs):
        for attempt in range(5):
            try:
                return func(*args, **kwargs)
            except Exception as e:
                handle(e, attempt)

    return wrapper


@patient
def ask_wrapped():
    """Be called by a decorator whose helper raises again."""
    with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return list(stream)


def ask_inline():
    """Call the helper that raises again from the clause."""
    for attempt in range(5):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as e:
            handle(e, attempt)


def translate(exc: Exception) -> Exception:
    """Return the project's own exception for one of the SDK."""
    match exc:
        case openai.RateLimitError():
            return Busy()
        case openai.InternalServerError() | openai.APIConnectionError():
            return Down()
        case _:
            return Other(str(exc))


def ask_translated():
    """Raise what a translator with `match` returns."""
    try:
        with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            yield from (chunk.choices[0].delta.content or "" for chunk in stream)
    except openai.APIError as exc:
        raise translate(exc) from exc


def translate_by_isinstance(exc):
    """Return the project's own exception, by `isinstance` and by status."""
    if isinstance(exc, openai.RateLimitError):
        return Busy(str(exc))
    if isinstance(exc, openai.APIStatusError) and exc.status_code >= 500:
        return Down(str(exc))
    if isinstance(exc, openai.BadRequestError):
        return Bad(str(exc))
    return Other(str(exc))


def ask_translated_by_isinstance():
    """Raise what a translator with `isinstance` returns."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except Exception as exc:
        raise translate_by_isinstance(exc) from exc


def fail(exc: Exception) -> NoReturn:
    """Raise the project's own exception, and never return."""
    if isinstance(exc, openai.RateLimitError):
        raise Busy from exc
    if isinstance(exc, (openai.InternalServerError, openai.APIConnectionError)):
        raise Down from exc
    raise Other(str(exc)) from exc


def ask_never_returns():
    """Call a translator that never returns."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIError as exc:
        fail(exc)


TABLE = {
    Down: [openai.InternalServerError, openai.APIConnectionError],
    Busy: [openai.RateLimitError],
    Bad: [openai.BadRequestError, openai.APIError],
}


def own(e):
    """Return the project's own exception by a table of classes."""
    for ours, theirs in TABLE.items():
        if isinstance(e, tuple(theirs)):
            return ours(str(e))
    return e


def ask_table():
    """Raise what a table of classes says."""
    try:
        for event in client.chat.completions.create(model="m", messages=Q, stream=True):
            yield event
    except Exception as e:
        raise own(e) from e


BY_STATUS = {400: Bad, 429: Busy, 500: Down, 503: Down}


def ask_status_table():
    """Raise the exception that a table has for the status."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIStatusError as e:
        raise BY_STATUS.get(e.status_code, Other)(str(e)) from e


def ask_chain():
    """Translate two classes, one of them only for some texts."""
    try:
        with client.chat.completions.create(model="m", messages=Q, stream=True) as s:
            yield from (chunk.choices[0].delta.content or "" for chunk in s)
    except openai.RateLimitError as e:
        raise Busy(str(e)) from e
    except openai.BadRequestError as e:
        if any(word in str(e).lower() for word in ("prompt is too long", "exceeds the limit")):
            raise Bad(str(e)) from e
        raise


def ask_own_retry():
    """Translate inside the loop, and retry the project's own exception in another clause."""
    for _ in range(3):
        try:
            try:
                return list(client.chat.completions.create(model="m", messages=Q, stream=True))
            except openai.APIError as e:
                raise translate_by_isinstance(e) from e
        except (Busy, Down):
            time.sleep(1)
    raise RuntimeError("no answer")
