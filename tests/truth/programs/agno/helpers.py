"""Functions, decorators and objects that decide about an error."""

import functools

import backoff
import tenacity
from agno.agent import Agent
from agno.exceptions import ModelProviderError
from agno.models.anthropic import Claude

Q = "Hi"
PLACES = {"ask_service": "Service.ask", "ask_own": "patient.again", "ask_flagged": ("call", "ask_flagged")}


class Failed(Exception):
    """A run failed."""

    def __init__(self, message, retryable=False):
        super().__init__(message)
        self.retryable = retryable


def make_agent():
    """Make an agent."""
    return Agent(model=Claude(id="claude-3-haiku-20240307"), instructions="Be brief.", markdown=True)


agent = make_agent()


def call():
    """Raise an error with a flag."""
    try:
        return list(agent.run(Q, stream=True))
    except ModelProviderError as error:
        raise Failed(str(error), retryable=error.status_code in (429, 529)) from error


def ask_flagged():
    """Retry errors with a flag."""
    for attempt in range(3):
        try:
            return call()
        except Failed as error:
            if not error.retryable or attempt == 2:
                raise
    return None


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(ModelProviderError), stop=tenacity.stop_after_attempt(3), reraise=True
)
def ask_tenacity():
    """Read the whole stream under tenacity."""
    return list(agent.run(Q, stream=True))


@tenacity.retry(stop=tenacity.stop_after_attempt(3), reraise=True)
def ask_tenacity_generator():
    """Decorate a generator, which tenacity leaves before it reads the stream."""
    yield from agent.run(Q, stream=True)


@tenacity.retry(stop=tenacity.stop_after_attempt(3), reraise=True)
def ask_tenacity_returned():
    """Return a stream that is read outside of tenacity."""
    return agent.run(Q, stream=True)


@backoff.on_exception(backoff.expo, ModelProviderError, max_tries=2)
def ask_backoff():
    """Read the whole stream under backoff."""
    return [event.content for event in agent.run(Q, stream=True)]


def patient(function):
    """Retry what a function raises."""

    @functools.wraps(function)
    def again(*arguments):
        for attempt in range(3):
            try:
                return function(*arguments)
            except ModelProviderError as error:
                if attempt == 2 or error.status_code == 400:
                    raise

    return again


@patient
def ask_own():
    """Read under a decorator of the project."""
    return list(agent.run(Q, stream=True))


class Service:
    """Holds an agent."""

    def __init__(self):
        self.agent = make_agent()

    def read(self):
        """Read a stream."""
        return list(self.agent.run(Q, stream=True))

    def ask(self):
        """Retry a method."""
        for _ in range(3):
            try:
                return self.read()
            except ModelProviderError as error:
                if error.status_code < 429:
                    raise
        raise RuntimeError("no answer")


def ask_service():
    """Ask an object that holds an agent."""
    return Service().ask()
