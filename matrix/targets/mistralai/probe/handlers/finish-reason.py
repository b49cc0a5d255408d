"""Require a finish reason other than error, and call again without one. Ours: no exception reports it."""


def ask(create):
    finish_reason = None
    for event in create():
        for choice in getattr(event.data, "choices", ()):
            finish_reason = choice.finish_reason or finish_reason
        if getattr(event.data, "type", "") == "conversation.response.done":
            finish_reason = "stop"
    if finish_reason in (None, "error"):
        return "retry"
