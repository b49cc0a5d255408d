"""Wait for a 429, and pass on every other HTTP error. Seen in many apps."""

from mistralai.client.errors import SDKError


def ask(create):
    try:
        return list(create())
    except SDKError as e:
        if e.status_code == 429:
            return "retry"
        raise
