"""Checks of the end of a stream: by the finish reason in the data of an event."""

from mistralai.client import Mistral
from mistralai.client.errors import MistralError

client = Mistral()
Q = [{"role": "user", "content": "Hi"}]
NO_PLACE = ("ask_nothing",)


class Cut(Exception):
    """The stream ended before the answer did."""


def ask_raises_cut():
    """Raise if no chunk has a finish reason."""
    finish = None
    for event in client.chat.stream(model="m", messages=Q):
        finish = event.data.choices[0].finish_reason or finish
    if finish is None:
        raise Cut
    return finish


def ask_whole_reason():
    """Raise unless the finish reason is that of a whole answer."""
    finish = None
    with client.chat.stream(model="m", messages=Q) as stream:
        for event in stream:
            for choice in event.data.choices:
                finish = choice.finish_reason or finish
    if finish != "stop":
        raise Cut(finish)
    return finish


def ask_clause_and_check():
    """Retry errors, and a stream that an error ended or cut."""
    for _ in range(3):
        finish = None
        try:
            for event in client.chat.stream(model="m", messages=Q):
                if event.data.choices[0].finish_reason:
                    finish = event.data.choices[0].finish_reason
            if finish in (None, "error"):
                continue
            return finish
        except MistralError:
            continue
    raise RuntimeError("no answer")


async def ask_async_stop():
    """Stop at the finish reason, and fail if it never came."""
    try:
        async for event in await client.chat.stream_async(model="m", messages=Q):
            if event.data.choices[0].finish_reason == "stop":
                return "complete"
    except MistralError as error:
        raise Cut(str(error)) from error
    raise Cut("no finish reason")


def ask_partial():
    """Keep what came, and retry only if nothing did."""
    parts = []
    for _ in range(2):
        try:
            for event in client.chat.stream(model="m", messages=Q):
                if content := event.data.choices[0].delta.content:
                    parts.append(content)
            return "".join(parts)
        except Exception:
            if parts:
                return "".join(parts) + " [cut]"
    return None


def ask_conversation():
    """Raise if a conversation did not end, or ended with an error."""
    done = False
    for event in client.beta.conversations.start_stream(model="m", inputs="Hi"):
        if event.event == "conversation.response.error":
            raise Cut("error")
        if event.event == "conversation.response.done":
            done = True
    if not done:
        raise Cut("no end")
    return done


def ask_conversation_by_type():
    """Retry a conversation that an error ended."""
    for _ in range(2):
        failed = False
        try:
            with client.beta.conversations.start_stream(model="m", inputs="Hi") as stream:
                for event in stream:
                    if event.data.type == "conversation.response.error":
                        failed = True
        except MistralError:
            continue
        if not failed:
            return "done"
    return None


def ask_nothing():
    """Check nothing, and catch nothing."""
    return list(client.chat.stream(model="m", messages=Q))
