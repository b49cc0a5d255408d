"""The classes of errors, and those of the SDK below, which old releases pass on."""

import anthropic
from agno import exceptions
from agno.agent import Agent
from agno.exceptions import ModelProviderError
from agno.models.anthropic import Claude

agent = Agent(model=Claude(id="claude-3-haiku-20240307"))
Q = "Hi"


def ask_sdk_status():
    """Catch the SDK's class of errors with a status."""
    for _ in range(2):
        try:
            return list(agent.run(Q, stream=True))
        except anthropic.APIStatusError as error:
            if error.status_code == 400:
                raise
    return None


def ask_sdk_any():
    """Catch the SDK's base class beside that of a model's errors."""
    try:
        return list(agent.run(Q, stream=True))
    except ModelProviderError:
        return list(agent.run(Q, stream=True))
    except anthropic.APIError as error:
        raise ValueError("the SDK's error") from error


def ask_limits():
    """Name the class of limits, which old releases lack."""
    try:
        return list(agent.run(Q, stream=True))
    except exceptions.ModelRateLimitError:
        return "slow down"
    except ModelProviderError:
        return list(agent.run(Q, stream=True))


def ask_base():
    """Name the base class, which old releases lack."""
    for _ in range(2):
        try:
            return list(agent.run(Q, stream=True))
        except exceptions.AgnoError:
            continue
    return None
