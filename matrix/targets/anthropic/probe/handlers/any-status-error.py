"""Retry on any status error, as tenacity's retry_if_exception_type does. Seen in many apps."""

import anthropic


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError:
        return "retry"
