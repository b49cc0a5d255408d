"""Catch the classes of the OpenAI SDK, from which those of LiteLLM are derived. Seen in LiteLLM's documentation."""

import openai


def ask(create):
    try:
        return list(create())
    except (openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError):
        return "retry"
