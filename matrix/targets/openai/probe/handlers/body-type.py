"""Compare the type in the body of an error. Ours: the only name that every error of the API has."""

import openai


def ask(create):
    try:
        return list(create())
    except openai.APIError as e:
        if isinstance(e.body, dict) and e.body.get("type") in ("server_error", "requests", "tokens"):
            return "retry"
        raise
