"""Asynchronous streams of releases before 2.0, which are awaited."""

from agno.agent import Agent
from agno.exceptions import ModelProviderError
from agno.models.anthropic import Claude

agent = Agent(model=Claude(id="claude-3-haiku-20240307"))
Q = "Hi"
RELEASES = "<2.0"


async def ask_events():
    """Retry the events."""
    for _ in range(2):
        try:
            return [event async for event in await agent.arun(Q, stream=True)]
        except ModelProviderError:
            continue
    return None


async def ask_made_inside():
    """Await the stream inside a clause, and read it outside."""
    try:
        stream = await agent.arun(Q, stream=True)
    except ModelProviderError:
        return None
    return [event async for event in stream]
