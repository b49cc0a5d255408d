"""Catch the class of releases before 5, and any exception since. Seen in LangChain."""

import cohere

RETRYABLE = cohere.error.CohereError if hasattr(cohere, "error") else Exception


def ask(create):
    try:
        return list(create())
    except RETRYABLE:
        return "retry"
