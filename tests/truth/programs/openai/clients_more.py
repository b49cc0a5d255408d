"""Clients that settings, tables, factories and parameters hold."""

import contextvars
import dataclasses
import functools
import types
from typing import Any, Protocol

import openai

Q = [{"role": "user", "content": "Hi"}]
OPTIONS = {"model": "m", "messages": Q}
PLACES = {"ask_data_class": "Assistant.ask", "ask_class_attribute": "Shared.ask", "ask_injected": "Worker.ask"}


class Settings:
    """Holds what the project needs."""

    def __init__(self):
        self.client = openai.OpenAI()
        self.attempts = 2


settings = Settings()
CLIENTS = {"sync": openai.OpenAI(), "async": openai.AsyncOpenAI()}
make = functools.partial(openai.OpenAI, timeout=5.0)
current = contextvars.ContextVar("current", default=None)
space = types.SimpleNamespace(llm=openai.OpenAI())


def ask_settings():
    """Ask by the client of the settings."""
    for _ in range(settings.attempts):
        try:
            return list(settings.client.chat.completions.create(**OPTIONS, stream=True))
        except (openai.RateLimitError, openai.InternalServerError):
            continue
    return None


def ask_table():
    """Ask by a client of a table."""
    try:
        with CLIENTS["sync"].chat.completions.create(**OPTIONS, stream=True) as stream:
            return list(stream)
    except openai.APIStatusError:
        return None


async def ask_async_table():
    """Ask by the asynchronous client of a table."""
    try:
        return [event async for event in await CLIENTS["async"].chat.completions.create(**OPTIONS, stream=True)]
    except openai.APIStatusError as error:
        raise ConnectionError from error


def ask_partial():
    """Ask by a client that a partial call makes."""
    try:
        return list(make().chat.completions.create(**OPTIONS, stream=True))
    except openai.RateLimitError:
        return "limited"


def ask_variable():
    """Ask by a client of the context."""
    current.set(openai.OpenAI())
    llm: openai.OpenAI = current.get()
    try:
        return list(llm.chat.completions.create(**OPTIONS, stream=True))
    except openai.APIError:
        return []


def ask_namespace():
    """Ask by a client of a namespace."""
    try:
        return list(space.llm.chat.completions.create(**OPTIONS, stream=True))
    except openai.APIConnectionError:
        return []


@dataclasses.dataclass
class Assistant:
    """Has a client as a field."""

    llm: openai.OpenAI = dataclasses.field(default_factory=openai.OpenAI)
    errors: tuple = (openai.RateLimitError, openai.APIConnectionError)

    def ask(self):
        """Return the events, or raise an error of the project."""
        try:
            return list(self.llm.chat.completions.create(**OPTIONS, stream=True))
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
            cls.llm = openai.OpenAI()
        return cls.llm

    def ask(self):
        """Return the text, or nothing."""
        try:
            with self.get().chat.completions.create(**OPTIONS, stream=True) as stream:
                return "".join(chunk.choices[0].delta.content or "" for chunk in stream)
        except (openai.InternalServerError, openai.BadRequestError):
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
                return list(self.model.chat.completions.create(**OPTIONS, stream=True))
            except openai.RateLimitError:
                continue
        return None


def ask_injected():
    """Ask by an object that is given a client."""
    return Worker(openai.OpenAI()).ask()


def ask_walrus():
    """Make the client in a condition."""
    if (llm := openai.OpenAI()) is not None:
        try:
            return list(llm.chat.completions.create(**OPTIONS, stream=True))
        except openai.APIStatusError:
            return None
    return None


def ask_either(cheap=True):
    """Ask by one of two clients."""
    llm = openai.OpenAI(timeout=3.0) if cheap else openai.OpenAI(timeout=60.0)
    try:
        return list(llm.chat.completions.create(**OPTIONS, stream=True))
    except (openai.RateLimitError, openai.APIStatusError) as error:
        return type(error).__name__


def with_client(function):
    """Pass a client to a function."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(openai.OpenAI(), *args, **kwargs)

    return wrapper


@with_client
def ask_decorated(llm):
    """Ask by a client that a decorator passes."""
    try:
        return list(llm.chat.completions.create(**OPTIONS, stream=True))
    except openai.InternalServerError:
        return None


def ask_untyped(llm=None):
    """Ask by a parameter without a type."""
    llm = llm or openai.OpenAI()
    try:
        return list(llm.chat.completions.create(**OPTIONS, stream=True))
    except (openai.APIConnectionError, openai.BadRequestError):
        return None
