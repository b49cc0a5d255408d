"""Search the text of any exception. Seen in many apps."""


def ask(create):
    try:
        return list(create())
    except Exception as e:
        text = str(e).lower()
        if "rate limit" in text or "over capacity" in text or "503" in text:
            return "retry"
        raise
