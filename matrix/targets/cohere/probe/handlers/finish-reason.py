"""Require a message-end without an error, and call again without one. Ours: no exception reports the error."""


def ask(create):
    finish_reason = None
    for event in create():
        if event.type == "message-end":
            finish_reason = event.delta.finish_reason
    if finish_reason in (None, "ERROR", "TIMEOUT"):
        return "retry"
