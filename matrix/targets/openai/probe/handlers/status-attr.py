"""Compare the status of any error of the API. Ours: an error inside a stream has none."""

import openai


def ask(create):
    try:
        return list(create())
    except openai.APIError as e:
        if e.status_code == 429 or e.status_code >= 500:
            return "retry"
        raise
