"""Clauses that take any exception, or that a stream never reaches, on releases whose streams raise."""

from agno.agent import Agent
from agno.exceptions import ModelProviderError
from agno.models.anthropic import Claude

agent = Agent(model=Claude(id="claude-3-haiku-20240307"))
Q = "Hi"
RELEASES = "<2.3.15"


class Failed(Exception):
    """A run failed."""

    def __init__(self, message, retryable=False):
        super().__init__(message)
        self.retryable = retryable


def ask_status():
    """Compare the status of any exception."""
    for _ in range(2):
        try:
            return list(agent.run(Q, stream=True))
        except Exception as error:
            if getattr(error, "status_code", None) not in {429, 500, 502, 529}:
                raise
    return None


def ask_text():
    """Search the text of any exception."""
    try:
        return list(agent.run(Q, stream=True))
    except Exception as error:
        if "overloaded" in str(error).lower():
            return list(agent.run(Q, stream=True))
        raise


def ask_name():
    """Compare the name of the class."""
    try:
        return list(agent.run(Q, stream=True))
    except Exception as error:
        if type(error).__name__ == "ModelProviderError":
            return list(agent.run(Q, stream=True))
        raise


def ask_matched():
    """Retry by a pattern."""
    for _ in range(2):
        try:
            return list(agent.run(Q, stream=True))
        except Exception as error:
            match error:
                case ModelProviderError(status_code=429 | 529):
                    continue
                case ModelProviderError():
                    return "failed"
            raise
    return None


def ask_made_inside():
    """Make the stream inside a clause, and read it outside."""
    try:
        stream = agent.run(Q, stream=True)
    except ModelProviderError:
        return None
    return list(stream)


def ask_any():
    """Take any exception for no answer."""
    try:
        return [event.content for event in agent.run(Q, stream=True)]
    except Exception:
        return None


def translate(error):
    """Return the error of the project."""
    if isinstance(error, ModelProviderError):
        return Failed(str(error), retryable=True)
    return ValueError(str(error))


def ask_translated():
    """Raise what a function returns."""
    try:
        return list(agent.run(Q, stream=True))
    except Exception as error:
        raise translate(error) from error


def is_transient(error):
    """Return whether a later attempt may succeed."""
    return isinstance(error, ModelProviderError) and error.status_code in {429, 500, 529}


def ask_predicate():
    """Retry what a function says."""
    for _ in range(3):
        try:
            return list(agent.run(Q, stream=True))
        except Exception as error:
            if not is_transient(error):
                raise
    raise RuntimeError("no answer")
