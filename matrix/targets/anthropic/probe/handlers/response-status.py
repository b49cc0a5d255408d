"""Read the status from the exception's response. Seen in many apps."""

import anthropic


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError as e:
        if e.response.status_code == 429 or e.response.status_code >= 500:
            return "retry"
        raise
