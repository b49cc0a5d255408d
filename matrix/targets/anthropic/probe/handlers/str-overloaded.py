"""Search the text of any exception for a word in upper or lower case. Seen in many apps."""


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if "overloaded" in str(e).lower() or "rate limit" in str(e).lower():
            return "retry"
        raise
