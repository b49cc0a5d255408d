"""Search the message of the API for words. Seen in many apps, for `not found`."""

import ollama


def ask(create):
    try:
        return list(create())
    except ollama.ResponseError as e:
        text = str(e).lower()
        if any(word in text for word in ("overloaded", "busy", "rate limit", "too many requests")):
            return "retry"
        raise
