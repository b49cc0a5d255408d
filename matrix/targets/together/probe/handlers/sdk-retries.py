"""Rely on the SDK's own retries, which end where the stream begins. Seen in many apps."""


def ask(create):
    return list(create())
