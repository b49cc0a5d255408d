"""Search the text of any exception for the error type. Seen in many apps."""


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if "overloaded" in str(e).lower():
            return "retry"
        raise
