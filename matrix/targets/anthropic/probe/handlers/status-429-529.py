"""Compare the status with 429 and 529. Seen in many apps."""

import anthropic


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError as e:
        if e.status_code == 429 or e.status_code == 529:
            return "retry"
        raise
