"""Require a finish reason, and call again without one. Seen in gemini-cli, as an invalid stream."""


def ask(create):
    finish_reason = None
    for chunk in create():
        for candidate in chunk.candidates or []:
            finish_reason = candidate.finish_reason or finish_reason
    if finish_reason is None:
        return "retry"
