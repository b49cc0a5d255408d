"""Parts that are objects, as they are since 0.4."""

import ollama

RELEASES = ">=0.4"
client = ollama.Client()
Q = [{"role": "user", "content": "Hi"}]


class Cut(Exception):
    """The stream ended before the answer did."""


def ask_done():
    """Raise if no part says that the answer is done."""
    done = False
    text = ""
    for part in client.chat(model="m", messages=Q, stream=True):
        text += part.message.content or ""
        done = part.done or done
    if not done:
        raise Cut(text)
    return text


def ask_reason():
    """Retry a stream without the reason to end, and errors of the server."""
    for _ in range(3):
        reason = None
        try:
            for part in client.chat(model="m", messages=Q, stream=True):
                reason = part.done_reason or reason
            if reason is not None:
                return reason
        except ollama.ResponseError as error:
            if 400 <= error.status_code < 429:
                raise
    raise RuntimeError("no answer")


def ask_generated():
    """Check the end of a prompt's answer."""
    done = None
    for part in client.generate(model="m", prompt="Hi", stream=True):
        done = part.done
    if not done:
        raise Cut
    return done
