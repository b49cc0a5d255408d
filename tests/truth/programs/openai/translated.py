"""Errors of the project with attributes, raised in one function and judged in another."""

import contextlib
import enum
import time

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_flagged": ("call", "ask_flagged"),
    "ask_subclasses": ("call_by_class", "ask_subclasses"),
    "ask_kinds": ("call_by_kind", "ask_kinds"),
    "ask_async_layers": ("alayer", "ask_async_layers"),
    "ask_context_then_loop": ("translating", "ask_context_then_loop"),
    "ask_status_kept": ("call_with_status", "ask_status_kept"),
    "ask_wrapped_cause": ("call_with_cause", "ask_wrapped_cause"),
}


class Failed(Exception):
    """A call failed."""

    def __init__(self, message, retryable=False, status=None):
        super().__init__(message)
        self.retryable = retryable
        self.status = status


class Temporary(Failed):
    """A call may succeed later."""


class Permanent(Failed):
    """A call will not succeed."""


def call():
    """Raise an error with a flag."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIError as error:
        again = isinstance(error, (openai.RateLimitError, openai.InternalServerError))
        raise Failed(str(error), retryable=again) from error


def ask_flagged():
    """Retry errors with a flag."""
    for attempt in range(3):
        try:
            return call()
        except Failed as error:
            if not error.retryable or attempt == 2:
                raise
            time.sleep(attempt)
    return None


def call_by_class():
    """Raise one of two classes."""
    try:
        with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            return list(stream)
    except (openai.RateLimitError, openai.APIConnectionError) as error:
        raise Temporary("later") from error
    except openai.APIStatusError as error:
        kind = Temporary if error.status_code >= 500 else Permanent
        raise kind(f"status {error.status_code}", status=error.status_code) from error


def ask_subclasses():
    """Retry one of two classes."""
    for _ in range(2):
        try:
            return call_by_class()
        except Temporary:
            continue
        except Permanent:
            return ""
    raise TimeoutError


class Kind(enum.Enum):
    """What failed."""

    LIMIT = "limit"
    SERVER = "server"
    CLIENT = "client"


KINDS = {400: Kind.CLIENT, 401: Kind.CLIENT, 429: Kind.LIMIT, 500: Kind.SERVER, 503: Kind.SERVER}


class Classified(Exception):
    """A call failed for some kind of reason."""

    def __init__(self, kind):
        self.kind = kind


def call_by_kind():
    """Raise an error with a kind."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIStatusError as error:
        raise Classified(KINDS.get(error.status_code, Kind.CLIENT)) from error


def ask_kinds():
    """Retry some kinds."""
    for _ in range(2):
        try:
            return call_by_kind()
        except Classified as error:
            if error.kind in (Kind.LIMIT, Kind.SERVER):
                continue
            return error.kind.value
    return None


async def alayer():
    """Translate in an asynchronous function."""
    try:
        async with await aclient.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            return [chunk async for chunk in stream]
    except openai.APIStatusError as error:
        raise Failed("failed", retryable=error.status_code in {429, 503}, status=error.status_code) from error


async def ask_async_layers():
    """Retry in an asynchronous function what another one translated."""
    last = None
    for _ in range(2):
        try:
            return await alayer()
        except Failed as error:
            last = error
            if not error.retryable:
                break
    raise last


@contextlib.contextmanager
def translating():
    """Translate what is raised inside."""
    try:
        yield
    except openai.RateLimitError as error:
        raise Temporary("limited") from error
    except openai.APIStatusError as error:
        raise Permanent("failed") from error


def ask_context_then_loop():
    """Retry what a context translated."""
    for _ in range(2):
        try:
            with translating():
                return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Temporary:
            continue
    return None


def call_with_status():
    """Keep the status."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIStatusError as error:
        raise Failed("failed", status=error.status_code) from error


def ask_status_kept():
    """Retry by the status that was kept."""
    for _ in range(2):
        try:
            return call_with_status()
        except Failed as error:
            if error.status is not None and (error.status == 429 or error.status >= 500):
                continue
            raise
    return None


def call_with_cause():
    """Raise an error of Python with a cause."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIError as error:
        raise RuntimeError("failed") from error


def ask_wrapped_cause():
    """Retry by the cause."""
    for _ in range(2):
        try:
            return call_with_cause()
        except RuntimeError as error:
            if isinstance(error.__cause__, (openai.RateLimitError, openai.InternalServerError)):
                continue
            raise
    return None
