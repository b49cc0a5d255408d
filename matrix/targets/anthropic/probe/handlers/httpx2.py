"""Catch the connection errors of the SDK and of httpx2. Seen in pydantic-ai."""

import anthropic
import httpx2


def ask(create):
    try:
        return list(create())
    except (anthropic.APIConnectionError, httpx2.TransportError):
        return "retry"
