"""Clauses that name classes of the HTTP library, which is httpx before 1.0 and httpx2 from then on."""

import openai

try:
    import httpx2 as http
except ImportError:
    import httpx as http

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]


def ask_either():
    """Retry a lost connection by either library."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except (openai.APIConnectionError, http.TransportError):
            continue
    raise RuntimeError("no answer")
