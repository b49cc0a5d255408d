"""Compare the code and the type in the body, which a plain error has one level deeper. Seen in inspect_ai."""

from groq import APIError

NAMES = {"rate_limit_exceeded", "internal_server_error", "over_capacity"}


def ask(create):
    try:
        return list(create())
    except APIError as e:
        error = e.body
        if isinstance(error, dict) and isinstance(error.get("error"), dict):
            error = error["error"]
        if isinstance(error, dict) and NAMES & {error.get("code"), error.get("type")}:
            return "retry"
        raise
