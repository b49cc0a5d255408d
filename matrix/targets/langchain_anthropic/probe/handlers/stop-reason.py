"""Retry unless a chunk has a stop reason. Ours: a stream that is cut off has none."""


def ask(create):
    reason = None
    for chunk in create():
        reason = (getattr(chunk, "response_metadata", None) or {}).get("stop_reason") or reason
    return reason or "retry"
