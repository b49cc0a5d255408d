"""Streams that `with` enters, calls without a stream, and clients that callers make."""

from mistralai.client import Mistral
from mistralai.client.errors import MistralError, SDKError

client = Mistral()
Q = [{"role": "user", "content": "Hi"}]


def ask_opened_before():
    """Open a stream before the `try`, which is when it sends its request, and enter it inside."""
    stream = client.chat.stream(model="m", messages=Q)
    try:
        with stream:
            return list(stream)
    except MistralError:
        return None


def ask_opened_inside():
    """Open a stream inside the `try`, and enter it outside."""
    try:
        stream = client.chat.stream(model="m", messages=Q)
    except MistralError:
        return None
    with stream:
        return list(stream)


async def ask_async_manager():
    """Retry an asynchronous stream that `async with` enters."""
    for _ in range(3):
        try:
            async with await client.chat.stream_async(model="m", messages=Q) as stream:
                return [event async for event in stream]
        except SDKError as error:
            if error.status_code < 429:
                raise
    raise RuntimeError("no answer")


def ask_whole():
    """Ask for a whole answer."""
    try:
        return client.chat.complete(model="m", messages=Q).choices[0].message.content
    except SDKError as error:
        return error.status_code


async def ask_whole_async():
    """Retry a whole answer, asynchronously."""
    for _ in range(3):
        try:
            return await client.chat.complete_async(model="m", messages=Q)
        except SDKError as error:
            if error.status_code not in (429, 500, 503):
                raise
    raise RuntimeError("no answer")


def ask_embedding():
    """Embed a text."""
    try:
        return client.embeddings.create(model="m", inputs=["Hi"])
    except MistralError as error:
        raise TimeoutError("failed") from error


def ask_of_client():
    """Enter the client itself."""
    for _ in range(2):
        try:
            with Mistral() as entered:
                return list(entered.chat.stream(model="m", messages=Q))
        except SDKError:
            continue
    return None


def ask_conversation():
    """Retry a conversation."""
    for _ in range(2):
        try:
            return list(client.beta.conversations.start_stream(model="m", inputs="Hi"))
        except MistralError:
            continue
    return None
