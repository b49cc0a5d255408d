"""Give an error in a stream the status of its type, and compare that. Seen in pydantic-ai and inspect_ai."""

import anthropic

STATUS_CODES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


def status_of(e):
    if e.status_code >= 400:
        return e.status_code
    error = e.body.get("error") if isinstance(e.body, dict) else None
    kind = error.get("type") if isinstance(error, dict) else None
    return STATUS_CODES.get(kind, e.status_code)


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError as e:
        if status_of(e) == 429 or status_of(e) >= 500:
            return "retry"
        raise
