"""Runs that are iterated step by step, and runs that are given a handler of events."""

from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError, ModelHTTPError

agent = Agent("anthropic:claude-3-haiku-20240307")
Q = "Hi"
PLAIN = ("ask_steps_alone",)
RELEASES = ">=1.0.15"


async def ask_steps():
    """Stream each request of a run."""
    for _ in range(2):
        try:
            async with agent.iter(Q) as run:
                async for node in run:
                    if Agent.is_model_request_node(node):
                        async with node.stream(run.ctx) as stream:
                            async for event in stream:
                                print(event)
            return run.result
        except ModelHTTPError as error:
            if error.status_code < 429:
                raise
    return None


async def ask_steps_inside():
    """Catch what the stream of a step raises."""
    async with agent.iter(Q) as run:
        async for node in run:
            if Agent.is_model_request_node(node):
                try:
                    async with node.stream(run.ctx) as stream:
                        async for event in stream:
                            print(event)
                except AgentRunError as error:
                    raise ValueError("the step failed") from error
    return "done"


async def ask_steps_alone():
    """Go through the steps, which then ask without a stream."""
    for _ in range(2):
        try:
            async with agent.iter(Q) as run:
                async for node in run:
                    print(type(node))
            return run.result.output
        except ModelHTTPError:
            continue
    return None


async def show(context, events):
    """Print events."""
    async for event in events:
        print(event)


async def ask_handled():
    """Give a run a handler of events."""
    for _ in range(2):
        try:
            result = await agent.run(Q, event_stream_handler=show)
            return result.output
        except AgentRunError:
            continue
    raise RuntimeError("no answer")


async def ask_handled_status():
    """Decide by the status of a run with a handler."""
    try:
        return (await agent.run(Q, event_stream_handler=show)).output
    except Exception as error:
        if getattr(error, "status_code", 0) in (429, 529):
            return (await agent.run(Q, event_stream_handler=show)).output
        raise
