"""A class at the top of the file whose base class some releases lack."""

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


class Busy(anthropic.OverloadedError):
    """The server is busy."""


def ask():
    """Translate one class."""
    try:
        return client.messages.create(model="m", max_tokens=9, messages=Q, stream=False)
    except anthropic.RateLimitError as error:
        raise Busy(error.message, response=error.response, body=error.body) from error
