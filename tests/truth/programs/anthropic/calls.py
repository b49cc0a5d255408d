"""Calls whose kind is not written where they are made: options, branches, raw responses, and other resources."""

import anthropic

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
OPTIONS = {"model": "m", "max_tokens": 9, "messages": Q}
STREAMED = {**OPTIONS, "stream": True}
SINCE = {"ask_beta": "0.45.0"}


def ask_options():
    """Take the options of a stream from a table."""
    for _ in range(2):
        try:
            return list(client.messages.create(**STREAMED))
        except (anthropic.RateLimitError, anthropic.InternalServerError):
            continue
    return None


def ask_either(stream=True):
    """Stream if the caller says so."""
    try:
        if stream:
            return list(client.messages.create(**OPTIONS, stream=True))
        return client.messages.create(**OPTIONS).content
    except anthropic.APIStatusError:
        return None


def ask_dynamic(stream=True):
    """Pass the option on, and tell the answers apart."""
    try:
        answer = client.messages.create(**OPTIONS, stream=stream)
        return list(answer) if stream else answer
    except anthropic.APIError as error:
        raise ValueError("failed") from error


def ask_raw():
    """Read the stream of a raw response."""
    for _ in range(2):
        try:
            response = client.messages.with_raw_response.create(**STREAMED)
            return [event.type for event in response.parse()]
        except anthropic.APIStatusError as error:
            if error.status_code < 429:
                raise
    return None


def ask_streaming_response():
    """Read the stream of a streaming response."""
    try:
        with client.messages.with_streaming_response.create(**STREAMED) as response:
            return [event.type for event in response.parse()]
    except (anthropic.RateLimitError, anthropic.APIConnectionError):
        return None


def ask_patient():
    """Ask by a copy of the client, without retries."""
    patient = client.with_options(timeout=5.0, max_retries=0)
    try:
        return list(patient.messages.create(**STREAMED))
    except anthropic.APIStatusError as error:
        return error.status_code


def ask_copied():
    """Ask by another copy of the client."""
    try:
        with client.copy(timeout=5.0).messages.stream(**OPTIONS) as stream:
            return stream.get_final_text()
    except anthropic.RateLimitError:
        return "limited"


async def ask_beta():
    """Read a stream of the beta resource."""
    try:
        return [event.type async for event in await aclient.beta.messages.create(**STREAMED)]
    except anthropic.APIStatusError:
        return []


def ask_broken_off():
    """Leave the stream at its first text."""
    try:
        for event in client.messages.create(**STREAMED):
            if event.type == "content_block_delta":
                return event.delta.text
    except anthropic.APIStatusError:
        return None
    return ""


def ask_with_stream():
    """Use the stream of `create` as a context."""
    try:
        with client.messages.create(**STREAMED) as stream:
            return sum(1 for _ in stream)
    except (anthropic.APIConnectionError, anthropic.InternalServerError):
        return 0


def ask_joined():
    """Join the text of deltas."""
    for _ in range(2):
        try:
            return "".join(
                event.delta.text
                for event in client.messages.create(**STREAMED)
                if event.type == "content_block_delta" and event.delta.type == "text_delta"
            )
        except (anthropic.RateLimitError, anthropic.APIStatusError) as error:
            if isinstance(error, anthropic.BadRequestError):
                raise
    return None


def ask_made_inside():
    """Make the client inside the `try`."""
    try:
        with anthropic.Anthropic(timeout=30) as inner:
            return list(inner.messages.create(**STREAMED))
    except anthropic.APIStatusError:
        return None


async def ask_async_context():
    """Make the asynchronous client in a context."""
    async with anthropic.AsyncAnthropic() as inner:
        try:
            async with inner.messages.stream(**OPTIONS) as stream:
                return [event.type async for event in stream]
        except anthropic.APIError:
            return None
