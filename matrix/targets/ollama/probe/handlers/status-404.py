"""Give up on a 404, for which the README pulls the model, and retry all else. Seen in the SDK's README and many apps."""

import ollama


def ask(create):
    try:
        return list(create())
    except ollama.ResponseError as e:
        if e.status_code == 404:
            raise
        return "retry"
