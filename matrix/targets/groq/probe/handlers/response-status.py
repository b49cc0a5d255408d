"""Read the status from the response of any exception. Seen in groq-python's issue 101."""


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if e.response.status_code in (429, 503):
            return "retry"
        raise
