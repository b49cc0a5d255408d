"""Search the text of any exception. Seen in apps that sort errors by what they say."""


def ask(create):
    try:
        return list(create())
    except Exception as e:
        text = str(e).lower()
        if "429" in text or "503" in text or "rate limit" in text or "dynamic_request_limited" in text:
            return "retry"
        raise
