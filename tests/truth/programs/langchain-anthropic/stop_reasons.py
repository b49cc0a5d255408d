"""Checks that a stream was whole: by the stop reason in the metadata of a chunk."""

import anthropic
from langchain_anthropic import ChatAnthropic

model = ChatAnthropic(model="claude-3-haiku-20240307")
NO_PLACE = ("ask_nothing", "ask_text_only")


class Cut(Exception):
    """The stream ended before the answer did."""


def ask_raises_cut():
    """Raise if no chunk has a stop reason."""
    reason = None
    for chunk in model.stream("Hi"):
        reason = chunk.response_metadata.get("stop_reason") or reason
    if reason is None:
        raise Cut
    return reason


def ask_sum():
    """Add the chunks, and look at the sum."""
    full = None
    for chunk in model.stream("Hi"):
        full = chunk if full is None else full + chunk
    if full is None or "stop_reason" not in full.response_metadata:
        raise Cut
    return full.content


def ask_sum_get():
    """Add the chunks, and read the stop reason of the sum."""
    full = None
    for chunk in model.stream("Hi"):
        full = chunk if full is None else full + chunk
    if not full.response_metadata.get("stop_reason"):
        raise Cut
    return full.content


def ask_again():
    """Retry errors of the server, and a stream without an end."""
    for _ in range(3):
        done = False
        try:
            for chunk in model.stream("Hi"):
                if (chunk.response_metadata or {}).get("stop_reason"):
                    done = True
            if not done:
                continue
            return done
        except (anthropic.RateLimitError, anthropic.InternalServerError):
            continue
    raise RuntimeError("no answer")


async def ask_async():
    """Fail if the answer ended for another reason, and report errors of the SDK as a cut."""
    reason = ""
    try:
        async for chunk in model.astream("Hi"):
            reason = getattr(chunk, "response_metadata", {}).get("stop_reason", reason)
    except anthropic.APIStatusError as error:
        raise Cut(str(error)) from error
    if reason != "end_turn":
        raise Cut(reason)
    return reason


def ask_usage():
    """Keep the text that came, and the error."""
    text = ""
    try:
        for chunk in model.stream("Hi"):
            text += chunk.content
    except anthropic.APIError:
        return text + " [cut]"
    return text


def ask_partial():
    """Keep what came, and retry only if nothing did."""
    parts = []
    for _ in range(2):
        try:
            for chunk in model.stream("Hi"):
                if chunk.content:
                    parts.append(chunk.content)
            return "".join(parts)
        except anthropic.APIStatusError:
            if parts:
                return "".join(parts) + " [cut]"
    return None


def ask_first_text():
    """Return at the first text."""
    for _ in range(2):
        try:
            for chunk in model.stream("Hi"):
                if chunk.content:
                    return chunk.content
        except anthropic.APIStatusError:
            continue
    return None


def ask_nothing():
    """Check nothing, and catch nothing."""
    return list(model.stream("Hi"))


def ask_text_only():
    """Raise if there is no text."""
    text = "".join(chunk.content for chunk in model.stream("Hi"))
    if not text:
        raise Cut
    return text
