"""Require a finish reason or the end of the response, and call again without one. Seen in oh-my-pi and agent-afk."""


def finish_reason_of(event):
    if getattr(event, "type", None) in ("response.completed", "response.incomplete"):
        return event.response.status
    chunk = event.chunk if getattr(event, "type", None) == "chunk" else event
    choices = getattr(chunk, "choices", None)
    return choices[0].finish_reason if choices else None


def ask(create):
    finish_reason = None
    for event in create():
        finish_reason = finish_reason_of(event) or finish_reason
    if finish_reason is None:
        return "retry"
