"""A client from where releases before 2.0 had it."""

from mistralai import Mistral

Q = [{"role": "user", "content": "Hi"}]


def ask_again():
    """Retry anything, though this file can't be imported."""
    client = Mistral()
    for _ in range(3):
        try:
            return list(client.chat.stream(model="m", messages=Q))
        except Exception:
            continue
    raise RuntimeError("no answer")
