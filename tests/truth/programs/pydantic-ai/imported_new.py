"""Classes that releases since 2.59 export, imported by a program that older releases can't run."""

from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelConnectionError, ModelOverloadedError, ModelRateLimitError, ModelServerError

agent = Agent("anthropic:claude-3-haiku-20240307")


async def ask_imported():
    """Retry the classes of what may pass."""
    for _ in range(3):
        try:
            async with agent.run_stream("Hi") as result:
                return await result.get_output()
        except (ModelRateLimitError, ModelOverloadedError, ModelServerError, ModelConnectionError):
            continue
    raise RuntimeError("no answer")


async def ask_one_class():
    """Answer for one class, and raise an error of our own for another."""
    try:
        async with agent.run_stream("Hi") as result:
            return await result.get_output()
    except ModelOverloadedError:
        return "busy"
    except ModelServerError as error:
        raise ValueError("down") from error
