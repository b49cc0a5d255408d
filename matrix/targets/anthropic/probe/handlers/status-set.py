"""Look the status up in a set. Seen in many apps."""

import anthropic

RETRYABLE = {408, 409, 429, 500, 502, 503, 504, 529}


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError as e:
        if e.status_code in RETRYABLE:
            return "retry"
        raise
