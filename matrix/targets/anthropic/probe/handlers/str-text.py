"""Search the exception's text. Seen in agno."""

import anthropic


def ask(create):
    try:
        return list(create())
    except anthropic.APIError as e:
        if "overloaded_error" in str(e):
            return "retry"
        raise
