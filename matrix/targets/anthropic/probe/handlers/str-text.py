"""Search the text of an error of the SDK. Seen in agno."""

import anthropic


def ask(create):
    try:
        return list(create())
    except anthropic.APIError as e:
        if "overloaded_error" in str(e):
            return "retry"
        raise
