"""The classes of errors of some releases, and of the SDK and the HTTP library below them."""

import anthropic
from pydantic_ai import Agent, ModelHTTPError, exceptions

agent = Agent("anthropic:claude-3-haiku-20240307")
Q = "Hi"
SINCE = {"ask_api_error": "1.52", "ask_attribute": "1.52"}


async def text():
    """Read the text of an answer."""
    async with agent.run_stream(Q) as result:
        return [text async for text in result.stream_text()]


async def ask_sdk_status():
    """Catch the SDK's class of errors with a status, which old releases pass on."""
    for _ in range(2):
        try:
            async with agent.run_stream(Q) as result:
                return [text async for text in result.stream_text()]
        except anthropic.APIStatusError as error:
            if error.status_code == 400:
                raise
    return None


async def ask_sdk_any():
    """Catch the SDK's base class beside that of HTTP errors."""
    try:
        return await text()
    except ModelHTTPError:
        return await text()
    except anthropic.APIError as error:
        raise ValueError("the SDK's error") from error


async def ask_api_error():
    """Catch the base class of a model's errors."""
    for _ in range(2):
        try:
            return await text()
        except exceptions.ModelAPIError as error:
            if error.model_name == "other":
                raise
    return None


async def ask_overloaded():
    """Name a class that new releases have."""
    try:
        return await text()
    except exceptions.ModelOverloadedError:
        return await text()


async def ask_timeout():
    """Name the class of timeouts, which new releases have."""
    for _ in range(2):
        try:
            return await text()
        except exceptions.ModelTimeoutError:
            continue
        except exceptions.ModelConnectionError:
            return "lost"
    return None


async def ask_attribute():
    """Look a class up by name."""
    busy = getattr(exceptions, "ModelOverloadedError", exceptions.ModelHTTPError)
    try:
        return await text()
    except busy:
        return await text()


async def ask_base():
    """Catch the base class of what a run raises."""
    try:
        return await text()
    except exceptions.AgentRunError as error:
        return getattr(error, "status_code", "no status")


async def ask_cause():
    """Look at the exception behind the one that is raised."""
    try:
        return await text()
    except exceptions.AgentRunError as error:
        if isinstance(error.__cause__, anthropic.RateLimitError):
            return await text()
        raise


async def ask_body():
    """Read the error's type in the body."""
    try:
        return await text()
    except ModelHTTPError as error:
        body = error.body
        if isinstance(body, dict) and body.get("error", {}).get("type") == "overloaded_error":
            return await text()
        raise


async def ask_text_of_error():
    """Look for words in the text of the error."""
    try:
        return await text()
    except Exception as error:
        if "overloaded" in str(error).lower():
            return await text()
        raise


async def ask_matched():
    """Retry by a pattern."""
    for _ in range(2):
        try:
            return await text()
        except Exception as error:
            match error:
                case ModelHTTPError(status_code=429 | 529):
                    continue
                case ModelHTTPError():
                    return "failed"
            raise
    return None
