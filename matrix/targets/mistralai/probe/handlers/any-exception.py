"""Retry on any exception. Seen in many apps, and on Mistral's page of errors."""


def ask(create):
    try:
        return list(create())
    except Exception:
        return "retry"
