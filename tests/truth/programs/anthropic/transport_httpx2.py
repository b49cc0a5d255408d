"""Clauses that name classes of httpx2, which releases before 1.0 do not bring."""

import anthropic
import httpx2

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


def ask():
    """Retry a lost connection by httpx2."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except (httpx2.TransportError, anthropic.APIConnectionError):
            continue
    raise RuntimeError("no answer")
