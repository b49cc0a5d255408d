"""Events of a run, which new releases give inside of a context manager."""

from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError, ModelHTTPError
from pydantic_ai.messages import FinalResultEvent, PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta

agent = Agent("anthropic:claude-3-haiku-20240307")
RELEASES = ">=2.0"


async def ask_parts():
    """Keep what came, and retry only if nothing did."""
    for _ in range(2):
        parts = []
        try:
            async with agent.run_stream_events("Hi") as events:
                async for event in events:
                    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
                        parts.append(event.part.content)
                    elif isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                        parts.append(event.delta.content_delta)
            return "".join(parts)
        except AgentRunError:
            if parts:
                return "".join(parts) + " [cut]"
    return None


async def ask_started():
    """Fail if an answer had begun."""
    started = False
    try:
        async with agent.run_stream_events("Hi") as events:
            async for event in events:
                started = started or isinstance(event, FinalResultEvent)
    except ModelHTTPError as error:
        if started:
            raise ValueError("too late") from error
        return None
    return "done"


async def ask_kinds():
    """Tell events by their kind."""
    kinds = []
    try:
        async with agent.run_stream_events("Hi") as events:
            async for event in events:
                kinds.append(event.event_kind)
                if event.event_kind == "final_result":
                    return kinds
    except AgentRunError:
        return "failed"
    raise ValueError("no result")
