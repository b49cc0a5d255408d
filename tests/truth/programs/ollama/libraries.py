"""Retries by decorators of tenacity, backoff and stamina, and by one of the project."""

import functools

import backoff
import ollama
import stamina
import tenacity
from ollama import ResponseError

client = ollama.Client()
aclient = ollama.AsyncClient()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_decorated": "retrying.again", "ask_generator": "parts"}


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(ResponseError), stop=tenacity.stop_after_attempt(3), reraise=True
)
def ask_tenacity():
    """Retry a class by tenacity."""
    return list(client.chat(model="m", messages=Q, stream=True))


def is_busy(error):
    """Return whether the server has too much to do."""
    return isinstance(error, ResponseError) and error.status_code in (429, 503)


@tenacity.retry(retry=tenacity.retry_if_exception(is_busy), stop=tenacity.stop_after_attempt(2), reraise=True)
async def ask_tenacity_async():
    """Retry what a predicate says by tenacity."""
    return [part async for part in await aclient.chat(model="m", messages=Q, stream=True)]


@tenacity.retry(retry=tenacity.retry_if_exception_type(ResponseError), stop=tenacity.stop_after_attempt(3))
def opened():
    """Open a stream under a decorator, which sees no failure of the reading."""
    return client.chat(model="m", messages=Q, stream=True)


@tenacity.retry(retry=tenacity.retry_if_exception_type(ResponseError), stop=tenacity.stop_after_attempt(3))
def parts():
    """Yield parts under a decorator, which sees no failure of a generator."""
    yield from client.chat(model="m", messages=Q, stream=True)


def ask_generator():
    """Read a decorated generator."""
    return list(parts())


@backoff.on_exception(backoff.expo, ResponseError, max_tries=3)
def ask_backoff():
    """Retry a class by backoff."""
    return list(client.chat(model="m", messages=Q, stream=True))


@backoff.on_exception(backoff.constant, ResponseError, max_tries=3, giveup=lambda error: error.status_code < 429)
def ask_backoff_giveup():
    """Retry by backoff, except errors of the request."""
    return list(client.chat(model="m", messages=Q, stream=True))


@stamina.retry(on=is_busy, attempts=2)
def ask_stamina():
    """Retry what a predicate says by stamina."""
    return list(client.chat(model="m", messages=Q, stream=True))


def retrying(function):
    """Retry a function three times."""

    @functools.wraps(function)
    def again(*arguments, **named):
        for _ in range(3):
            try:
                return function(*arguments, **named)
            except ResponseError as error:
                if error.status_code in (400, 404):
                    raise
        raise RuntimeError("no answer")

    return again


@retrying
def ask_decorated():
    """Retry by a decorator of the project."""
    return list(client.chat(model="m", messages=Q, stream=True))


def ask_attempts():
    """Retry by the attempts of tenacity."""
    for attempt in tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((ResponseError, ConnectionError)),
        stop=tenacity.stop_after_attempt(2),
        reraise=True,
    ):
        with attempt:
            return list(client.chat(model="m", messages=Q, stream=True))
