"""Search the text of an HTTP error for its status. Seen in many apps."""

from mistralai.client.errors import SDKError


def ask(create):
    try:
        return list(create())
    except SDKError as e:
        if "429" in str(e):
            return "retry"
        raise
