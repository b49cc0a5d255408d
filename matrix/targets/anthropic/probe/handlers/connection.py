"""Catch the connection errors of the SDK and of httpx, and compare the status. Seen in kimi-cli and inspect_ai."""

import anthropic
import httpx


def ask(create):
    try:
        return list(create())
    except (anthropic.APIConnectionError, httpx.HTTPError):
        return "retry"
    except anthropic.APIStatusError as e:
        if e.status_code in {429, 500, 502, 503, 529}:
            return "retry"
        raise
