"""Asynchronous streams, which releases since 2.0 give without `await`."""

from agno.agent import Agent
from agno.exceptions import ModelProviderError
from agno.models.anthropic import Claude

agent = Agent(model=Claude(id="claude-3-haiku-20240307"))
Q = "Hi"
RELEASES = ">=2.0"


async def ask_events():
    """Retry the events."""
    for _ in range(2):
        try:
            return [event async for event in agent.arun(Q, stream=True)]
        except ModelProviderError as error:
            if error.status_code == 400:
                raise
    return None


async def ask_generator():
    """Yield text, and an apology."""
    try:
        async for event in agent.arun(Q, stream=True):
            yield event.content
    except ModelProviderError:
        yield "sorry"


async def ask_event():
    """Raise for an event that reports an error."""
    async for event in agent.arun(Q, stream=True):
        if event.event == "RunError":
            raise RuntimeError(event.content)
    return "done"


async def ask_either():
    """Retry an exception, and an event that reports an error."""
    for _ in range(2):
        failed = False
        try:
            async for event in agent.arun(Q, stream=True):
                if event.event == "RunError":
                    failed = True
        except ModelProviderError:
            failed = True
        if not failed:
            return "done"
    raise RuntimeError("no answer")
