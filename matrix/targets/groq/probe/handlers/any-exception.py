"""Retry on any exception. Seen in many apps."""


def ask(create):
    try:
        return list(create())
    except Exception:
        return "retry"
