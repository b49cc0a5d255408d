"""Look for the events error and response.failed, and call again for a failure of the server. Seen in many apps."""

RETRYABLE = ("rate_limit_exceeded", "server_error")


def ask(create):
    for event in create():
        kind = getattr(event, "type", None)
        if kind == "error" and event.code in RETRYABLE:
            return "retry"
        if kind == "response.failed" and event.response.error.code in RETRYABLE:
            return "retry"
