"""Agents that classes and functions make and hold, and errors of the project."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError, ModelHTTPError
from pydantic_ai.models.anthropic import AnthropicModel

PLACES = {"ask_service": "Service.ask", "ask_layers": ("call", "ask_layers"), "ask_context": "translating"}
SINCE = {"ask_holder": "0.1"}


class Busy(Exception):
    """The model has too much to do."""


class Failed(Exception):
    """A run failed."""

    def __init__(self, message, retryable=False):
        super().__init__(message)
        self.retryable = retryable


def make_agent():
    """Make an agent."""
    return Agent(AnthropicModel("claude-3-haiku-20240307"), system_prompt="Be brief.")


class Service:
    """Holds an agent."""

    def __init__(self):
        self.agent = make_agent()

    async def ask(self):
        """Ask, and fall through to None."""
        for _ in range(2):
            try:
                async with self.agent.run_stream("Hi") as result:
                    return await result.get_output()
            except ModelHTTPError as error:
                if error.status_code < 500:
                    raise


async def ask_service():
    """Ask by an object."""
    return await Service().ask()


@dataclass
class Holder:
    """Holds an agent in a field."""

    agent: Agent = field(default_factory=make_agent)


async def ask_holder():
    """Retry with the agent of a holder."""
    holder = Holder()
    for _ in range(2):
        try:
            async with holder.agent.run_stream("Hi") as result:
                return [text async for text in result.stream_text()]
        except AgentRunError:
            continue
    return "nothing"


def translate(error):
    """Return the error of the project."""
    if isinstance(error, ModelHTTPError) and error.status_code in (429, 529):
        return Busy(str(error))
    return Failed(str(error))


async def ask_translated():
    """Raise what a function returns."""
    try:
        async with make_agent().run_stream("Hi") as result:
            return await result.get_output()
    except Exception as error:
        raise translate(error) from error


async def call():
    """Raise an error with a flag."""
    try:
        async with make_agent().run_stream("Hi") as result:
            return await result.get_output()
    except ModelHTTPError as error:
        raise Failed(str(error), retryable=error.status_code in (429, 529)) from error


async def ask_layers():
    """Retry errors with a flag."""
    for attempt in range(3):
        try:
            return await call()
        except Failed as error:
            if not error.retryable or attempt == 2:
                raise
    return None


@contextlib.asynccontextmanager
async def translating():
    """Translate what is raised inside."""
    try:
        yield
    except AgentRunError as error:
        raise Busy("failed") from error


async def ask_context():
    """Run inside a context that translates."""
    async with translating():
        async with make_agent().run_stream("Hi") as result:
            return await result.get_output()


async def ask_suppressed():
    """Suppress errors of a run."""
    with contextlib.suppress(AgentRunError):
        async with make_agent().run_stream("Hi") as result:
            return await result.get_output()
    return None


async def ask_given(agent: Agent = make_agent()):
    """Ask a parameter."""
    try:
        async with agent.run_stream("Hi") as result:
            return await result.get_output()
    except ModelHTTPError:
        async with agent.run_stream("Hi") as result:
            return await result.get_output()


async def ask_gathered():
    """Gather errors instead of raising them."""
    agent = make_agent()

    async def one():
        async with agent.run_stream("Hi") as result:
            return await result.get_output()

    answers = await asyncio.gather(one(), return_exceptions=True)
    if isinstance(answers[0], ModelHTTPError):
        return await one()
    return answers
