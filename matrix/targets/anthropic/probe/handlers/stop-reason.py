"""Require a stop reason, and call again without one. Seen in agent-afk."""


def ask(create):
    stop_reason = None
    for event in create():
        if hasattr(event, "completion"):  # a text completion
            stop_reason = event.stop_reason
        elif event.type == "message_delta":
            stop_reason = event.delta.stop_reason
    if stop_reason is None:
        return "retry"
