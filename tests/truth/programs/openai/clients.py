"""Clients and methods in classes, base classes, parameters and settings."""

import asyncio

import openai
from openai import APITimeoutError

Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_class": "Gateway.ask",
    "ask_inherited": "Patient.ask",
    "ask_super": "Base.call",
    "ask_method_as_value": "Service.process",
}
NO_PLACE = ("ask_answers_a_failure", "after_retries")


class Gateway:
    """Holds a client that its constructor makes."""

    def __init__(self):
        self.client = openai.OpenAI()

    def ask(self):
        """Retry overload and limits."""
        for _ in range(3):
            try:
                with self.client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
                    return list(stream)
            except (openai.RateLimitError, openai.InternalServerError):
                continue
        raise RuntimeError("no answer")


def ask_class():
    """Ask by an object that holds the client."""
    return Gateway().ask()


class Holder:
    """Makes the client for its subclasses."""

    def __init__(self):
        self._client = openai.OpenAI()


class Patient(Holder):
    """Uses the client of its base class."""

    def ask(self):
        """Return the events, or None."""
        try:
            return list(self._client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError:
            return None


def ask_inherited():
    """Ask by a client that a base class made."""
    return Patient().ask()


class Base:
    """Has the clause."""

    def call(self):
        """Return the events, or raise an error of the project."""
        try:
            return list(openai.OpenAI().chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            raise LookupError(str(error)) from error


class Derived(Base):
    """Calls the method of its base class."""

    def call(self):
        """Call the method of the base class."""
        return super().call()


def ask_super():
    """Ask by `super()`."""
    return Derived().call()


def ask_parameter(client: openai.OpenAI):
    """Ask by a client that is passed in."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError:
            continue
    raise RuntimeError("no answer")


async def ask_async_parameter(client: openai.AsyncOpenAI):
    """Ask by an asynchronous client that is passed in."""
    try:
        async with await client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            return [chunk async for chunk in stream]
    except (openai.APIConnectionError, openai.APIStatusError):
        return "sorry"


class Service:
    """Passes a method of the client as a value."""

    client = openai.AsyncOpenAI()

    async def opened(self, call, params):
        """Open a stream, and once more after a timeout."""
        try:
            return await asyncio.wait_for(call(**params), timeout=5)
        except (TimeoutError, APITimeoutError):
            return await call(**params)

    async def process(self, params):
        """Return the events, or a word for what failed."""
        try:
            stream = await self.opened(self.client.chat.completions.create, {**params, "stream": True})
            return [event async for event in stream]
        except openai.APIStatusError:
            return "failed"


async def ask_method_as_value():
    """Ask by a method that is passed as a value."""
    return await Service().process({"model": "m", "messages": Q})


def after_retries(error: Exception):
    """Return what to show once retries are over: an answer or None; this is no predicate."""
    if isinstance(error, openai.APIError):
        return f"failed: {error}"
    return None


def ask_answers_a_failure():
    """Ask without a clause in a module with a function that answers a failure."""
    return list(openai.OpenAI().chat.completions.create(model="m", messages=Q, stream=True))
