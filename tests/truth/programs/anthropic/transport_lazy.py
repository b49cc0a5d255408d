"""An import of httpx inside the function that names its classes."""

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]
WITHOUT = ("httpx",)


def ask():
    """Import httpx only when a call is made."""
    import httpx

    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except httpx.HTTPError:
            continue
    raise RuntimeError("no answer")
