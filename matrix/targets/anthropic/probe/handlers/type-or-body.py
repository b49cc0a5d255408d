"""Read the type, or on older releases the body, and compare the status too. Ours: for projects that copy no file."""

import anthropic

RETRY = {"overloaded_error", "rate_limit_error", "api_error", "timeout_error", "conflict_error"}


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError as error:
        kind = getattr(error, "type", None)
        if kind is None and isinstance(error.body, dict):
            details = error.body.get("error")
            kind = details.get("type") if isinstance(details, dict) else None
        if kind in RETRY or error.status_code in {408, 409, 429} or error.status_code >= 500:
            return "retry"
        raise
