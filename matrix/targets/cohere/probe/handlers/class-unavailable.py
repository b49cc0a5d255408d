"""Catch the class of 503. Seen in LlamaIndex, as tenacity's retry_if_exception_type."""

import cohere


def ask(create):
    try:
        return list(create())
    except cohere.errors.ServiceUnavailableError:
        return "retry"
