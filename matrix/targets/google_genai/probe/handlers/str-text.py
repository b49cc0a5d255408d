"""Search the text of any exception for codes and names. Seen in many apps."""


def ask(create):
    try:
        return list(create())
    except Exception as e:
        text = str(e)
        if any(part in text for part in ("429", "503", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "overloaded")):
            return "retry"
        raise
