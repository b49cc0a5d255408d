"""The classes that newer releases derive from those of the SDK and from those of langchain-core."""

import anthropic
from langchain_anthropic import ChatAnthropic
from langchain_anthropic.chat_models import AnthropicOverloadedError, AnthropicRateLimitError
from langchain_core.exceptions import LangChainException, ModelError, ModelRateLimitError

RELEASES = ">=1.7.7"
model = ChatAnthropic(model="claude-3-haiku-20240307")


def ask_own():
    """Retry classes of the integration."""
    for _ in range(2):
        try:
            return list(model.stream("Hi"))
        except (AnthropicOverloadedError, AnthropicRateLimitError):
            continue
    return None


async def ask_core():
    """Retry the class of langchain-core for any provider."""
    for _ in range(2):
        try:
            return [chunk async for chunk in model.astream("Hi")]
        except ModelRateLimitError:
            continue
    return None


def ask_retryable():
    """Catch the base class of langchain-core, then the SDK's."""
    try:
        return model.invoke("Hi").content
    except ModelError as error:
        raise RuntimeError("model") from error
    except anthropic.APIError:
        return "sdk"


def ask_langchain():
    """Catch the base class of all errors of LangChain."""
    for _ in range(2):
        try:
            return [chunk.content for chunk in model.stream("Hi")]
        except LangChainException:
            continue
    return None


PLAIN = ("ask_retryable",)
