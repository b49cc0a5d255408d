"""Look the type of the error up in a set. Seen in anthropics/skills."""

import anthropic

RETRYABLE = {"rate_limit_error", "api_error", "timeout_error", "overloaded_error"}


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError as e:
        if e.type in RETRYABLE:
            return "retry"
        raise
