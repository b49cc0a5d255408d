"""Search any exception's text for a word, whatever its case. Seen in many apps."""


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if "overloaded" in str(e).lower() or "rate limit" in str(e).lower():
            return "retry"
        raise
