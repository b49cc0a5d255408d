"""Retries by decorators, and by helpers of the project."""

import functools

import backoff
import tenacity
from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError, ModelHTTPError

agent = Agent("anthropic:claude-3-haiku-20240307")
PLACES = {"ask_own": "patient.again"}


def is_transient(error):
    """Return whether a later attempt may succeed."""
    return isinstance(error, ModelHTTPError) and (error.status_code == 429 or error.status_code >= 500)


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(ModelHTTPError), stop=tenacity.stop_after_attempt(3), reraise=True
)
async def ask_type():
    """Read the whole stream under tenacity."""
    async with agent.run_stream("Hi") as result:
        return [text async for text in result.stream_text()]


@tenacity.retry(retry=tenacity.retry_if_exception(is_transient), stop=tenacity.stop_after_attempt(2))
async def ask_transient():
    """Retry what a function says, and raise an error of tenacity at the end."""
    async with agent.run_stream("Hi") as result:
        return await result.get_output()


@tenacity.retry(stop=tenacity.stop_after_attempt(3), reraise=True)
async def ask_generator():
    """Decorate a generator, which tenacity leaves before it reads the stream."""
    async with agent.run_stream("Hi") as result:
        async for text in result.stream_text():
            yield text


@backoff.on_exception(backoff.expo, AgentRunError, max_tries=3, giveup=lambda error: not is_transient(error))
async def ask_backoff():
    """Give up by a function."""
    async with agent.run_stream("Hi") as result:
        return [text async for text in result.stream_text(delta=True)]


async def ask_attempts():
    """Loop over the attempts of tenacity."""
    async for attempt in tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(AgentRunError), stop=tenacity.stop_after_attempt(2), reraise=True
    ):
        with attempt:
            async with agent.run_stream("Hi") as result:
                return await result.get_output()


def patient(function):
    """Retry what a function raises."""

    @functools.wraps(function)
    async def again(*arguments):
        for attempt in range(3):
            try:
                return await function(*arguments)
            except ModelHTTPError as error:
                if attempt == 2 or error.status_code == 400:
                    raise

    return again


@patient
async def ask_own():
    """Read under a decorator of the project."""
    async with agent.run_stream("Hi") as result:
        return await result.get_output()
