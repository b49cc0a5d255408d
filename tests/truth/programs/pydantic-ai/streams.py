"""Streams of text and of events, and where they are opened and read."""

import asyncio
import contextlib

from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError, ModelHTTPError, UnexpectedModelBehavior

agent = Agent("anthropic:claude-3-haiku-20240307")
Q = "Hi"
NO_PLACE = ("ask_nothing",)
SINCE = {"ask_events": "1.0.15", "ask_finish_reason": "1.52"}
PLACES = {"ask_generator": "words", "ask_helper": "ask_helper"}


async def ask_text():
    """Retry the text."""
    for _ in range(3):
        try:
            async with agent.run_stream(Q) as result:
                return [text async for text in result.stream_text(delta=True)]
        except ModelHTTPError as error:
            if error.status_code != 429 and error.status_code < 500:
                raise
    raise RuntimeError("no answer")


async def ask_snapshots():
    """Keep the last snapshot of the text, and fall through to None."""
    for _ in range(2):
        last = ""
        try:
            async with agent.run_stream(Q) as result:
                async for text in result.stream_text():
                    last = text
            return last
        except AgentRunError:
            pass


async def ask_output():
    """Ask for the whole output."""
    try:
        async with agent.run_stream(Q) as result:
            return await result.get_output()
    except ModelHTTPError as error:
        return error.status_code


async def ask_stream_output():
    """Read outputs."""
    try:
        async with agent.run_stream(Q) as result:
            async for output in result.stream_output(debounce_by=None):
                print(output)
            return "done"
    except AgentRunError as error:
        raise ValueError("failed") from error


async def ask_around_reading():
    """Catch what is raised while the stream is read, and not what is raised before."""
    async with agent.run_stream(Q) as result:
        try:
            return [text async for text in result.stream_text(delta=True)]
        except AgentRunError:
            return "failed while it was read"


async def ask_around_opening():
    """Enter the stream inside a clause, and read it outside."""
    stack = contextlib.AsyncExitStack()
    try:
        result = await stack.enter_async_context(agent.run_stream(Q))
    except AgentRunError:
        return "failed before it was read"
    async for text in result.stream_text():
        print(text)
    return "done"


async def ask_unexpected():
    """Catch what a stream without an answer raises."""
    try:
        async with agent.run_stream(Q) as result:
            async for text in result.stream_text():
                print(text)
    except UnexpectedModelBehavior:
        async with agent.run_stream(Q) as result:
            return await result.get_output()
    return "done"


async def ask_partial():
    """Return what came."""
    text = ""
    try:
        async with agent.run_stream(Q) as result:
            async for part in result.stream_text(delta=True):
                text += part
    except AgentRunError:
        return text + " [cut]"
    return text


async def ask_events():
    """Iterate the events of a run."""
    for _ in range(2):
        try:
            stream = agent.run_stream_events(Q)
            if hasattr(stream, "__aenter__"):
                async with stream as events:
                    return [event async for event in events]
            return [event async for event in stream]
        except AgentRunError:
            continue
    return None


async def words():
    """Yield text, and an apology."""
    try:
        async with agent.run_stream(Q) as result:
            async for text in result.stream_text(delta=True):
                yield text
    except ModelHTTPError as error:
        yield f"sorry: {error.status_code}"


async def ask_generator():
    """Read the generator."""
    return [text async for text in words()]


async def read(result):
    """Read the text of a result."""
    return [text async for text in result.stream_text()]


async def ask_helper():
    """Read the stream in another function."""
    for _ in range(3):
        try:
            async with agent.run_stream(Q) as result:
                return await read(result)
        except (AgentRunError, OSError):
            await asyncio.sleep(1)
    raise TimeoutError


async def ask_nothing():
    """Check nothing, and catch nothing."""
    async with agent.run_stream(Q) as result:
        async for text in result.stream_text():
            print(text)


async def ask_finish_reason():
    """Look at the reason to end, which newer releases have."""
    async with agent.run_stream(Q) as result:
        text = await result.get_output()
        reason = getattr(result.response, "finish_reason", None)
    if reason != "stop":
        raise ValueError("cut")
    return text
