"""Runs without a stream, of releases that raise for them."""

from agno.agent import Agent
from agno.exceptions import ModelProviderError
from agno.models.anthropic import Claude

agent = Agent(model=Claude(id="claude-3-haiku-20240307"))
Q = "Hi"
RELEASES = "<2.3.14"
PLAIN = ("ask_run", "ask_run_async")


def ask_run():
    """Ask without a stream."""
    for _ in range(3):
        try:
            return agent.run(Q).content
        except ModelProviderError:
            continue
    return None


async def ask_run_async():
    """Ask without a stream, asynchronously."""
    try:
        response = await agent.arun(Q)
        return response.content
    except ModelProviderError as error:
        raise ValueError("failed") from error
