"""Rely on the SDK's max_retries, which a stream does not have. Seen in many apps."""


def ask(create):
    return list(create())
