"""A file that imports one that can't be imported on some releases."""

import openai
from toolkit.transient import TRANSIENT

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]


def ask():
    """Try again after what another file lists."""
    for _ in range(3):
        try:
            return client.chat.completions.create(model="m", messages=Q, stream=False)
        except TRANSIENT:
            continue
    raise RuntimeError("no answer")
