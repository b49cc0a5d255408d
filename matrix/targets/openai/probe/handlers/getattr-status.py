"""Compare the status of any exception, if it has one. Ours: the careful form of the same."""


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if getattr(e, "status_code", None) in (429, 500, 502, 503, 504):
            return "retry"
        raise
