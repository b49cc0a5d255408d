"""A file that imports one that can't be imported on some releases."""

import anthropic
from toolkit.transient import TRANSIENT

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


def ask():
    """Try again after what another file lists."""
    for _ in range(3):
        try:
            return client.messages.create(model="m", max_tokens=9, messages=Q, stream=False)
        except TRANSIENT:
            continue
    raise RuntimeError("no answer")
