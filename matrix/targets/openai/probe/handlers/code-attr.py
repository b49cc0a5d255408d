"""Compare the code of an error of the API. Ours: the page of error codes names each error by its code."""

import openai


def ask(create):
    try:
        return list(create())
    except openai.APIError as e:
        if e.code in ("rate_limit_exceeded", "server_error", "server_is_overloaded"):
            return "retry"
        raise
