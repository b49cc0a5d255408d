"""Clients that settings, tables, factories and parameters hold."""

import contextvars
import dataclasses
import functools
import types
from typing import Any, Protocol

import anthropic

Q = [{"role": "user", "content": "Hi"}]
OPTIONS = {"model": "m", "max_tokens": 9, "messages": Q}
PLACES = {"ask_data_class": "Assistant.ask", "ask_class_attribute": "Shared.ask", "ask_injected": "Worker.ask"}


class Settings:
    """Holds what the project needs."""

    def __init__(self):
        self.client = anthropic.Anthropic()
        self.attempts = 2


settings = Settings()
CLIENTS = {"sync": anthropic.Anthropic(), "async": anthropic.AsyncAnthropic()}
make = functools.partial(anthropic.Anthropic, timeout=5.0)
current = contextvars.ContextVar("current", default=None)
space = types.SimpleNamespace(llm=anthropic.Anthropic())


def ask_settings():
    """Ask by the client of the settings."""
    for _ in range(settings.attempts):
        try:
            return list(settings.client.messages.create(**OPTIONS, stream=True))
        except (anthropic.RateLimitError, anthropic.InternalServerError):
            continue
    return None


def ask_table():
    """Ask by a client of a table."""
    try:
        with CLIENTS["sync"].messages.stream(**OPTIONS) as stream:
            return stream.get_final_message()
    except anthropic.APIStatusError:
        return None


async def ask_async_table():
    """Ask by the asynchronous client of a table."""
    try:
        return [event async for event in await CLIENTS["async"].messages.create(**OPTIONS, stream=True)]
    except anthropic.APIStatusError as error:
        raise ConnectionError from error


def ask_partial():
    """Ask by a client that a partial call makes."""
    try:
        return list(make().messages.create(**OPTIONS, stream=True))
    except anthropic.RateLimitError:
        return "limited"


def ask_variable():
    """Ask by a client of the context."""
    current.set(anthropic.Anthropic())
    llm: anthropic.Anthropic = current.get()
    try:
        return list(llm.messages.create(**OPTIONS, stream=True))
    except anthropic.APIError:
        return []


def ask_namespace():
    """Ask by a client of a namespace."""
    try:
        return list(space.llm.messages.create(**OPTIONS, stream=True))
    except anthropic.APIConnectionError:
        return []


@dataclasses.dataclass
class Assistant:
    """Has a client as a field."""

    llm: anthropic.Anthropic = dataclasses.field(default_factory=anthropic.Anthropic)
    errors: tuple = (anthropic.RateLimitError, anthropic.APIConnectionError)

    def ask(self):
        """Return the events, or raise an error of the project."""
        try:
            return list(self.llm.messages.create(**OPTIONS, stream=True))
        except self.errors as error:
            raise TimeoutError from error


def ask_data_class():
    """Ask by an object with a client as a field."""
    return Assistant().ask()


class Shared:
    """Has a client for all objects."""

    llm = None

    @classmethod
    def get(cls):
        """Make the client once."""
        if cls.llm is None:
            cls.llm = anthropic.Anthropic()
        return cls.llm

    def ask(self):
        """Return the text, or nothing."""
        try:
            with self.get().messages.stream(**OPTIONS) as stream:
                return "".join(stream.text_stream)
        except (anthropic.InternalServerError, anthropic.BadRequestError):
            return ""


def ask_class_attribute():
    """Ask by a client that all objects share."""
    return Shared().ask()


class Model(Protocol):
    """Has messages."""

    messages: Any


class Worker:
    """Gets its client from its maker."""

    def __init__(self, model: Model):
        self.model = model

    def ask(self):
        """Ask again at limits."""
        for _ in range(2):
            try:
                return list(self.model.messages.create(**OPTIONS, stream=True))
            except anthropic.RateLimitError:
                continue
        return None


def ask_injected():
    """Ask by an object that is given a client."""
    return Worker(anthropic.Anthropic()).ask()


def ask_walrus():
    """Make the client in a condition."""
    if (llm := anthropic.Anthropic()) is not None:
        try:
            return list(llm.messages.create(**OPTIONS, stream=True))
        except anthropic.APIStatusError:
            return None
    return None


def ask_either(cheap=True):
    """Ask by one of two clients."""
    llm = anthropic.Anthropic(timeout=3.0) if cheap else anthropic.Anthropic(timeout=60.0)
    try:
        return list(llm.messages.create(**OPTIONS, stream=True))
    except (anthropic.RateLimitError, anthropic.APIStatusError) as error:
        return type(error).__name__


def with_client(function):
    """Pass a client to a function."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(anthropic.Anthropic(), *args, **kwargs)

    return wrapper


@with_client
def ask_decorated(llm):
    """Ask by a client that a decorator passes."""
    try:
        return list(llm.messages.create(**OPTIONS, stream=True))
    except anthropic.InternalServerError:
        return None


def ask_untyped(llm=None):
    """Ask by a parameter without a type."""
    llm = llm or anthropic.Anthropic()
    try:
        return list(llm.messages.create(**OPTIONS, stream=True))
    except (anthropic.APIConnectionError, anthropic.BadRequestError):
        return None
