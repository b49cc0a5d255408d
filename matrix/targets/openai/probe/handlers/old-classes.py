"""Catch five classes of releases before 1.0. Seen in langchain and canopy."""

import openai


def ask(create):
    try:
        return list(create())
    except (
        openai.error.Timeout,
        openai.error.APIError,
        openai.error.APIConnectionError,
        openai.error.RateLimitError,
        openai.error.ServiceUnavailableError,
    ):
        return "retry"
