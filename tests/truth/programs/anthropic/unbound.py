"""Names that only a loop over the stream binds: they have no value if nothing comes."""

import anthropic

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
M = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}


def ask_last():
    """Return the last event, and ask again if the API is overloaded."""
    for _ in range(2):
        try:
            for event in client.messages.create(**M, stream=True):
                last = event
            return last
        except anthropic.APIStatusError:
            continue
    return None


async def ask_last_async():
    """Return the last event of an asynchronous stream."""
    try:
        async for event in await aclient.messages.create(**M, stream=True):
            last = event
    except anthropic.RateLimitError:
        return None
    return last


def ask_kept():
    """Return what came before the error."""
    try:
        for event in client.messages.create(**M, stream=True):
            last = event
    except anthropic.APIError:
        return last
    return "whole"


def ask_kept_of_opened():
    """Return what came before the error, of a stream that is opened before its loop."""
    try:
        stream = client.messages.create(**M, stream=True)
        for event in stream:
            last = event
    except anthropic.APIError:
        return last
    return "whole"


def ask_kept_safely():
    """Return what came before the error, which has a value before the loop."""
    last = None
    try:
        for event in client.messages.create(**M, stream=True):
            last = event
    except anthropic.APIError:
        return last
    return "whole"


def ask_event():
    """Return the variable of the loop itself."""
    try:
        with client.messages.stream(**M) as stream:
            for event in stream:
                pass
        return event
    except anthropic.APIError as error:
        if error.body is None:
            return event
        raise
