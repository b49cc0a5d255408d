"""Retries that projects write themselves: decorators with codes or classes, and functions that call a function."""

import asyncio
import functools
import random
import time

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
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
                except openai.APIStatusError as error:
                    if error.status_code not in codes or attempt == attempts - 1:
                        raise
                    time.sleep(random.random())

        return wrapper

    return decorate


@retry_on(429, 500, 503)
def ask_codes():
    """Be decorated with codes."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


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


@retrying(openai.RateLimitError, openai.APIConnectionError)
def ask_classes():
    """Be decorated with classes."""
    with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return list(stream)


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


@Retry(on=(openai.InternalServerError,), attempts=3)
def ask_class_decorator():
    """Be decorated with an object."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


def patient(function):
    """Retry an asynchronous function."""

    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        for attempt in range(3):
            try:
                return await function(*args, **kwargs)
            except (openai.RateLimitError, openai.APIConnectionError, openai.InternalServerError):
                if attempt == 2:
                    raise
                await asyncio.sleep(2**attempt)

    return wrapper


@patient
async def ask_async_decorator():
    """Be decorated as an asynchronous function."""
    async with await aclient.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return [chunk async for chunk in stream]


class Bot:
    """Has a decorated method."""

    def __init__(self):
        self.client = openai.OpenAI()

    @retry_on(500, attempts=2)
    def ask(self):
        """Read a stream."""
        return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))


def ask_method_decorated():
    """Call a decorated method."""
    return Bot().ask()
