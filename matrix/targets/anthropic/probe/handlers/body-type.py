"""Read the type from the body. Seen in opensre."""

import anthropic

RETRYABLE = {"rate_limit_error", "api_error", "timeout_error", "overloaded_error"}


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError as e:
        if e.body["error"]["type"] in RETRYABLE:
            return "retry"
        raise
