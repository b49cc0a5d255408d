"""Functions that decide about an error: translators, predicates, tables, and errors of the project."""

import contextlib
import enum
import typing

import ollama
from ollama import ResponseError

client = ollama.Client()
aclient = ollama.AsyncClient()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_flagged": ("call", "ask_flagged"),
    "ask_async_layers": ("alayer", "ask_async_layers"),
    "ask_context": ("translating", "ask_context"),
    "ask_method": "Caller.ask",
}


class Failed(Exception):
    """A call failed."""

    def __init__(self, message, retryable=False, status=None):
        super().__init__(message)
        self.retryable = retryable
        self.status = status


class Temporary(Failed):
    """A call may succeed later."""


def call():
    """Raise an error with a flag."""
    try:
        return list(client.chat(model="m", messages=Q, stream=True))
    except ResponseError as error:
        raise Failed(str(error), retryable=error.status_code in (429, 503), status=error.status_code) from error


def ask_flagged():
    """Retry errors with a flag."""
    for attempt in range(3):
        try:
            return call()
        except Failed as error:
            if not error.retryable or attempt == 2:
                raise
    return None


def translate(error):
    """Return the error of the project for one of the SDK."""
    if error.status_code == 429 or error.status_code >= 500:
        return Temporary(str(error), retryable=True)
    return Failed(str(error))


def ask_translated():
    """Raise what a function returns."""
    try:
        return list(client.chat(model="m", messages=Q, stream=True))
    except ResponseError as error:
        raise translate(error) from error


def give_up(error) -> typing.NoReturn:
    """Raise an error of the project."""
    raise Failed("failed", status=getattr(error, "status_code", None)) from error


def ask_given_up():
    """Call a function that never returns."""
    try:
        return list(client.chat(model="m", messages=Q, stream=True))
    except Exception as error:
        give_up(error)


def is_transient(error):
    """Return whether a later attempt may succeed."""
    return isinstance(error, ResponseError) and error.status_code in {429, 500, 503}


def ask_predicate():
    """Retry what a function says."""
    for _ in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except Exception as error:
            if not is_transient(error):
                raise
    raise RuntimeError("no answer")


class Kind(enum.Enum):
    """What failed."""

    LIMIT = "limit"
    SERVER = "server"
    OTHER = "other"


KINDS = {429: Kind.LIMIT, 500: Kind.SERVER, 503: Kind.SERVER}


def ask_table():
    """Retry by a table of statuses."""
    for _ in range(2):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except ResponseError as error:
            kind = KINDS.get(error.status_code, Kind.OTHER)
            if kind is Kind.OTHER:
                return kind.value
    return None


def ask_matched():
    """Retry by a pattern."""
    for _ in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except Exception as error:
            match error:
                case ResponseError(status_code=429 | 503):
                    continue
                case ResponseError() if error.status_code // 100 == 5:
                    return "down"
            raise
    raise RuntimeError("no answer")


async def alayer():
    """Translate in an asynchronous function."""
    try:
        return [part async for part in await aclient.chat(model="m", messages=Q, stream=True)]
    except ResponseError as error:
        raise Failed("failed", retryable=error.status_code in {429, 503}) from error


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
    except ResponseError as error:
        kind = Temporary if error.status_code in (429, 503) else Failed
        raise kind("failed") from error


def ask_context():
    """Retry what a context translated."""
    for _ in range(2):
        try:
            with translating():
                return list(client.chat(model="m", messages=Q, stream=True))
        except Temporary:
            continue
    return None


def ask_suppressed():
    """Suppress errors of the SDK."""
    with contextlib.suppress(ResponseError):
        return list(client.chat(model="m", messages=Q, stream=True))
    return None


class Caller:
    """Calls by a client of its own."""

    def __init__(self):
        self.client = ollama.Client()

    def read(self):
        """Read a stream."""
        return list(self.client.chat(model="m", messages=Q, stream=True))

    def ask(self):
        """Retry a method."""
        for _ in range(3):
            try:
                return self.read()
            except ResponseError as error:
                if error.status_code < 429:
                    raise
        raise RuntimeError("no answer")


def ask_method():
    """Ask an object that holds a client."""
    return Caller().ask()


def ask_passed(client: ollama.Client):
    """Retry with a client that the caller makes."""
    for _ in range(2):
        try:
            return [type(part) for part in client.chat(model="m", messages=Q, stream=True)]
        except ResponseError:
            continue
    return None


def ask_text():
    """Retry by the text of an error."""
    for _ in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except Exception as error:
            if "overloaded" not in str(error).lower() and "rate limit" not in str(error).lower():
                raise
    raise RuntimeError("no answer")


def ask_class_name():
    """Retry by the name of the class."""
    for _ in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except Exception as error:
            if type(error).__name__ not in ("ResponseError", "ReadError"):
                raise
    raise RuntimeError("no answer")


def ask_status_of_any():
    """Retry by the status of any error that has one."""
    for _ in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except Exception as error:
            if getattr(error, "status_code", None) not in (429, 500, 503):
                raise
    raise RuntimeError("no answer")
