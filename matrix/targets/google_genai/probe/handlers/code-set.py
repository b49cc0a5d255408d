"""Compare the code of an APIError with a set. Seen in many apps, as a predicate for google.api_core's Retry."""

from google import genai


def is_retriable(error):
    return isinstance(error, genai.errors.APIError) and error.code in {429, 503}


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if is_retriable(e):
            return "retry"
        raise
