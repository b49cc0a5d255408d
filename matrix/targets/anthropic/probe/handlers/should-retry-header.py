"""Obey the response's header x-should-retry; without it, compare the status. Seen in temporalio."""

import anthropic


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError as e:
        should_retry = e.response.headers.get("x-should-retry")
        if should_retry == "true":
            return "retry"
        if should_retry == "false":
            raise
        if e.status_code in (408, 409, 429) or 500 <= e.status_code < 600:
            return "retry"
        raise
