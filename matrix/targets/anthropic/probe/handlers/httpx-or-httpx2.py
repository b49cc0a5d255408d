"""Catch the connection errors of the SDK and of httpx2, or of httpx without it. Seen in inspect_ai and pydantic-ai."""

import anthropic

try:
    import httpx2 as httpx
except ImportError:
    import httpx


def ask(create):
    try:
        return list(create())
    except (anthropic.APIConnectionError, httpx.TransportError):
        return "retry"
