"""Compare the status with 408, 429 and the range of 5xx. Seen in inspect_ai."""

import anthropic


def is_transient(status_code):
    return status_code in (408, 429) or 500 <= status_code < 600


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError as e:
        if is_transient(e.status_code):
            return "retry"
        raise
