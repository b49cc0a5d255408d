"""Search the text of any exception. Seen in many apps."""


def ask(create):
    try:
        return list(create())
    except Exception as e:
        text = str(e).lower()
        if "rate limit" in text or "overloaded" in text or "server had an error" in text:
            return "retry"
        raise
