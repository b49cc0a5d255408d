"""Look for an event that reports an error, and catch exceptions too. Ours: a run may use either."""


def ask(create):
    try:
        events = list(create())
    except Exception:
        return "retry"
    for event in events:
        kind = getattr(event, "event", None)
        if str(getattr(kind, "value", kind)) == "RunError":
            return "retry"
    return events
