"""Require a finish reason, and call again without one. Ours: a stream that ends too early raises nothing."""


def ask(create):
    finish_reason = None
    for chunk in create():
        if chunk.choices:
            finish_reason = chunk.choices[0].finish_reason or finish_reason
    if finish_reason is None:
        return "retry"
