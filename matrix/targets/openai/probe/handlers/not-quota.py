"""Catch the class of 429, and wait unless the code says that the quota is used up. Seen in many apps."""

import openai


def ask(create):
    try:
        return list(create())
    except openai.RateLimitError as e:
        if e.code == "insufficient_quota":
            raise
        return "retry"
