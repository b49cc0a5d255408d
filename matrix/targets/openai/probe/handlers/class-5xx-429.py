"""Catch the classes of 429, of 5xx and of connection errors. Seen in fnllm, which graphrag uses."""

from openai import APIConnectionError, InternalServerError, RateLimitError


def ask(create):
    try:
        return list(create())
    except (RateLimitError, APIConnectionError, InternalServerError):
        return "retry"
