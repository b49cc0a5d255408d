"""Read the code by the name that other SDKs give it. Seen in several apps, with `getattr(e, "status_code", 0)`."""

from google.genai.errors import APIError


def ask(create):
    try:
        return list(create())
    except APIError as e:
        code = getattr(e, "status_code", 0)
        if code == 429 or code >= 500:
            return "retry"
        raise
