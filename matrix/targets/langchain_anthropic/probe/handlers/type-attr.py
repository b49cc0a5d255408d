"""Compare the type of the SDK's exception. Ours: the attribute with which the SDK names an error in a stream."""


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if getattr(e, "type", None) in ("overloaded_error", "rate_limit_error", "api_error", "timeout_error"):
            return "retry"
        raise
