"""Retries that projects write themselves: decorators with codes or classes, and functions that call a function."""

import asyncio
import functools
import random
import time

import anthropic

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_codes": "retry_on.decorate.wrapper",
    "ask_classes": "retrying.decorate.wrapper",
    "ask_class_decorator": "Retry.__call__.wrapper",
    "ask_async_decorator": "patient.wrapper",
    "ask_method_decorated": "retry_on.decorate.wrapper",
}


def retry_on(*codes, attempts=3):
    """Retry errors with one of these codes."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for attempt in range(attempts):
                try:
                    return function(*args, **kwargs)
                except anthropic.APIStatusError as error:
                    if error.status_code not in codes or attempt == attempts - 1:
                        raise
                    time.sleep(random.random())

        return wrapper

    return decorate


@retry_on(429, 500, 529)
def ask_codes():
    """Be decorated with codes."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def retrying(*classes, attempts=2):
    """Retry errors of these classes."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            left = attempts
            while True:
                try:
                    return function(*args, **kwargs)
                except classes:
                    left -= 1
                    if left < 0:
                        raise

        return wrapper

    return decorate


@retrying(anthropic.RateLimitError, anthropic.APIConnectionError)
def ask_classes():
    """Be decorated with classes."""
    with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return stream.get_final_text()


class Retry:
    """A decorator that is a class."""

    def __init__(self, on, attempts):
        self.on = on
        self.attempts = attempts

    def __call__(self, function):
        """Decorate a function."""

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            error = None
            for _ in range(self.attempts):
                try:
                    return function(*args, **kwargs)
                except self.on as caught:
                    error = caught
            raise error

        return wrapper


@Retry(on=(anthropic.InternalServerError,), attempts=3)
def ask_class_decorator():
    """Be decorated with an object."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def patient(function):
    """Retry an asynchronous function."""

    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        for attempt in range(3):
            try:
                return await function(*args, **kwargs)
            except (anthropic.RateLimitError, anthropic.APIConnectionError, anthropic.InternalServerError):
                if attempt == 2:
                    raise
                await asyncio.sleep(2**attempt)

    return wrapper


@patient
async def ask_async_decorator():
    """Be decorated as an asynchronous function."""
    async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return await stream.get_final_message()


class Bot:
    """Has a decorated method."""

    def __init__(self):
        self.client = anthropic.Anthropic()

    @retry_on(500, attempts=2)
    def ask(self):
        """Read a stream."""
        return list(self.client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_method_decorated():
    """Call a decorated method."""
    return Bot().ask()
