"""Decorators and contexts of projects that are less simple: with and without arguments, for both kinds of functions."""

import asyncio
import contextlib
import functools
import inspect
import time

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_optional_arguments": "again.decorate.wrapper",
    "ask_both_kinds": "robust.wrapper",
    "ask_both_kinds_async": "robust.awrapper",
    "ask_predicate_argument": "retry_if.decorate.wrapper",
    "ask_default": "fallback.decorate.wrapper",
    "ask_awaitable": "run_with_retry",
    "ask_lambda_argument": "retrying",
    "ask_delays": "ask_delays",
    "ask_exit_method": "Guarded.__exit__",
    "ask_partial_decorator": "retry_with.wrapper",
}


class Busy(Exception):
    """The server is busy."""


def again(function=None, *, attempts=2, on=(openai.RateLimitError, openai.InternalServerError)):
    """Decorate with arguments or without."""

    def decorate(func):
        @functools.wraps(func)
        def wrapper(*args, **kwargs):
            last = None
            for _ in range(attempts):
                try:
                    return func(*args, **kwargs)
                except on as error:
                    last = error
                    time.sleep(0.1)
            raise last

        return wrapper

    return decorate(function) if function is not None else decorate


@again
def ask_optional_arguments():
    """Be decorated without arguments."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


def robust(func):
    """Decorate a function of either kind."""

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        for attempt in range(2):
            try:
                return func(*args, **kwargs)
            except openai.APIStatusError as error:
                if error.status_code < 500 or attempt:
                    raise

    @functools.wraps(func)
    async def awrapper(*args, **kwargs):
        for attempt in range(2):
            try:
                return await func(*args, **kwargs)
            except openai.RateLimitError:
                if attempt:
                    raise

    return awrapper if inspect.iscoroutinefunction(func) else wrapper


@robust
def ask_both_kinds():
    """Be decorated as a function."""
    with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return list(stream)


@robust
async def ask_both_kinds_async():
    """Be decorated as a coroutine."""
    async with await aclient.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return [chunk async for chunk in stream]


def retry_if(predicate, attempts=2):
    """Retry what a predicate allows."""

    def decorate(func):
        @functools.wraps(func)
        def wrapper(*args, **kwargs):
            for attempt in range(1, attempts + 1):
                try:
                    return func(*args, **kwargs)
                except Exception as error:
                    if attempt == attempts or not predicate(error):
                        raise

        return wrapper

    return decorate


@retry_if(lambda error: getattr(error, "status_code", 0) in (429, 503))
def ask_predicate_argument():
    """Be decorated with a lambda."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


def fallback(value, *classes):
    """Return a value for errors of some classes."""

    def decorate(func):
        @functools.wraps(func)
        def wrapper(*args, **kwargs):
            try:
                return func(*args, **kwargs)
            except classes:
                return value

        return wrapper

    return decorate


@fallback([], openai.APIConnectionError, openai.APIStatusError)
def ask_default():
    """Be decorated with a value for errors."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


async def run_with_retry(make, tries=2):
    """Await what a function makes, and once more after a limit."""
    for number in range(tries):
        try:
            return await make()
        except (openai.RateLimitError, openai.InternalServerError):
            if number + 1 == tries:
                raise
            await asyncio.sleep(0.1)


async def ask_awaitable():
    """Pass a function that makes a coroutine."""

    async def read():
        return [e async for e in await aclient.chat.completions.create(model="m", messages=Q, stream=True)]

    return await run_with_retry(read)


def retrying(function, should_retry, attempts=2):
    """Call a function while a predicate allows it."""
    while True:
        attempts -= 1
        try:
            return function()
        except Exception as error:
            if attempts <= 0 or not should_retry(error):
                raise


def may_pass(error):
    """Return whether an error may pass."""
    return isinstance(error, openai.APIStatusError) and error.status_code in (429, 500, 503)


def ask_lambda_argument():
    """Pass a function and a predicate."""
    return retrying(lambda: list(client.chat.completions.create(model="m", messages=Q, stream=True)), may_pass)


def delays(first=0.1, number=3):
    """Yield delays."""
    for _ in range(number):
        yield first
        first *= 2


def ask_delays():
    """Take delays of a generator."""
    error = None
    for delay in delays():
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIConnectionError as exc:
            error = exc
        except openai.APIStatusError as exc:
            if exc.status_code not in (429, 503):
                raise
            error = exc
        time.sleep(delay)
    raise Busy from error


class Guarded(contextlib.AbstractContextManager):
    """Translates a limit when it is left."""

    def __exit__(self, kind, error, traceback):
        """Translate a limit."""
        if isinstance(error, openai.RateLimitError):
            raise Busy from error
        return False


def ask_exit_method():
    """Read a stream inside a context that translates when it is left."""
    with Guarded():
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))


def retry_with(func, *, statuses):
    """Retry some statuses."""

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        for _ in range(2):
            try:
                return func(*args, **kwargs)
            except openai.APIStatusError as error:
                if error.status_code not in statuses:
                    raise
        raise Busy

    return wrapper


on_limits = functools.partial(retry_with, statuses={429, 503})


@on_limits
def ask_partial_decorator():
    """Be decorated with a partial function."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))
