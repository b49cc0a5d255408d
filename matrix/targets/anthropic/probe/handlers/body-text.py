"""Search the text of the body. Seen in inspect_ai."""

import anthropic


def ask(create):
    try:
        return list(create())
    except anthropic.APIStatusError as e:
        if "overloaded_error" in str(e.body):
            return "retry"
        raise
