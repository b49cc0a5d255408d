"""Our remedy, imported from midstream."""

import anthropic

from midstream.remedy import StreamFailed, explain, guard

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]


def ask_guarded():
    """Retry what the remedy says of a guarded stream."""
    for _ in range(3):
        try:
            return list(guard(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)))
        except Exception as error:
            if not explain(error).retryable:
                raise
    raise RuntimeError("no answer")


def ask_explained():
    """Ask the remedy about an error of a stream that it does not guard."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            if not explain(error).retryable:
                raise
    raise RuntimeError("no answer")


async def ask_guarded_async():
    """Retry what the remedy says of a guarded asynchronous stream."""
    for _ in range(3):
        try:
            async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                return [event async for event in guard(stream)]
        except Exception as error:
            if not explain(error).retryable:
                raise
    raise RuntimeError("no answer")


def ask_stream_failed():
    """Return None for a stream that the guard says has failed."""
    try:
        return list(guard(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)))
    except StreamFailed:
        return None


def ask_guarded_message():
    """Ask for the message after the events that the remedy guards."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            for _ in guard(stream):
                pass
            return stream.get_final_message()
    except Exception as error:
        if explain(error).retryable:
            return None
        raise


def ask_guarded_text():
    """Ask for the text after the events that the remedy guards, and name what failed."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            for _ in guard(stream):
                pass
            return stream.get_final_text()
    except (anthropic.APIError, StreamFailed) as error:
        raise LookupError(explain(error).status) from error


def texts(stream):
    """Yield the events of a guarded stream."""
    for event in guard(stream):
        yield event.type


def ask_guarded_elsewhere():
    """Read a stream that a generator guards."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                return list(texts(stream))
        except StreamFailed as error:
            if not error.failure.retryable:
                raise
    return None


def read_all(stream):
    """Read a guarded stream."""
    for _ in guard(stream):
        pass
    return stream.get_final_message()


def ask_guarded_by_function():
    """Read a stream that a function guards."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return read_all(stream)
    except Exception as error:
        if explain(error).retryable:
            return None
        raise
