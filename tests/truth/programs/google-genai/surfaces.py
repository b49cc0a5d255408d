"""Chats, asynchronous clients, and calls without a stream."""

from google import genai
from google.genai.errors import APIError, ClientError, ServerError

client = genai.Client()
Q = "Hi"


def ask_chat():
    """Retry a message of a chat."""
    for _ in range(3):
        try:
            chat = client.chats.create(model="m")
            return list(chat.send_message_stream(Q))
        except ServerError:
            continue
    raise RuntimeError("no answer")


async def ask_chat_async():
    """Retry a message of an asynchronous chat."""
    chat = client.aio.chats.create(model="m")
    for _ in range(2):
        try:
            return [chunk async for chunk in await chat.send_message_stream(Q)]
        except APIError as error:
            if error.code < 500:
                raise
    return None


async def ask_aio_kept():
    """Keep the asynchronous half of a client."""
    aclient = genai.Client().aio
    for _ in range(2):
        try:
            async for chunk in await aclient.models.generate_content_stream(model="m", contents=Q):
                last = chunk
            return last
        except ServerError:
            continue
    return None


def ask_whole():
    """Ask for a whole answer."""
    try:
        return client.models.generate_content(model="m", contents=Q).text
    except ClientError as error:
        return error.code


async def ask_whole_async():
    """Retry a whole answer, asynchronously."""
    for _ in range(3):
        try:
            return await client.aio.models.generate_content(model="m", contents=Q)
        except APIError as error:
            if error.code not in (429, 500, 503):
                raise
    raise RuntimeError("no answer")


def ask_count():
    """Count tokens."""
    for _ in range(2):
        try:
            return client.models.count_tokens(model="m", contents=Q)
        except ServerError:
            continue
    return None


def ask_passed(client: genai.Client):
    """Retry with a client that the caller makes."""
    for _ in range(2):
        try:
            return [chunk.text for chunk in client.models.generate_content_stream(model="m", contents=Q)]
        except APIError:
            continue
    return None
