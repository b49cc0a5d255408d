"""Runs without a stream."""

from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError, ModelHTTPError

agent = Agent("anthropic:claude-3-haiku-20240307")
Q = "Hi"
PLAIN = ("ask_run", "ask_sync", "ask_sync_any", "ask_predicate")


async def ask_run():
    """Ask without a stream."""
    for _ in range(3):
        try:
            result = await agent.run(Q)
            return result.output
        except ModelHTTPError as error:
            if error.status_code not in (429, 500, 529):
                raise
    return None


def ask_sync():
    """Ask without a stream and without a loop."""
    try:
        return agent.run_sync(Q).output
    except ModelHTTPError as error:
        raise ValueError(error.status_code) from error


def ask_sync_any():
    """Take any error of a run for no answer."""
    try:
        return agent.run_sync(Q).output
    except AgentRunError:
        return None


def is_busy(error):
    """Return whether the model has too much to do."""
    return isinstance(error, ModelHTTPError) and error.status_code in {429, 529}


def ask_predicate():
    """Retry what a function says."""
    for attempt in range(3):
        try:
            return agent.run_sync(Q).output
        except Exception as error:
            if attempt == 2 or not is_busy(error):
                raise
