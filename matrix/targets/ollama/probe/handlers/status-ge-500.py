"""Retry on 429 and 5xx. Ours: the set of most other SDKs."""

import ollama


def ask(create):
    try:
        return list(create())
    except ollama.ResponseError as e:
        if e.status_code == 429 or e.status_code >= 500:
            return "retry"
        raise
