"""Retry on any error of the SDK. Seen in many apps."""

import anthropic


def ask(create):
    try:
        return list(create())
    except anthropic.APIError:
        return "retry"
