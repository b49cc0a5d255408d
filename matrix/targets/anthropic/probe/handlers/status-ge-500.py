"""Retry on a status from 500 up. Seen in many apps."""

import anthropic


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError as e:
        if e.status_code >= 500:
            return "retry"
        raise
