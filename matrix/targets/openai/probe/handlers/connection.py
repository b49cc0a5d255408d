"""Catch the connection errors of the SDK and of httpx. Seen in many apps."""

import httpx
import openai


def ask(create):
    try:
        return list(create())
    except (openai.APIConnectionError, openai.APITimeoutError, httpx.HTTPError):
        return "retry"
