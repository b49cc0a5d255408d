"""Retry unless the last chunk has a finish reason. Ours: a stream that is cut off has none."""


def ask(create):
    reason = None
    for chunk in create():
        if chunk.choices and chunk.choices[0].finish_reason:
            reason = chunk.choices[0].finish_reason
    return reason or "retry"
