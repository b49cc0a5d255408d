"""Rely on the SDK's max_retries, which end where the stream begins. Seen in many apps."""


def ask(create):
    return list(create())
