"""Rely on HttpRetryOptions, whose retries end where the stream begins. Seen in many apps."""


def ask(create):
    return list(create())
