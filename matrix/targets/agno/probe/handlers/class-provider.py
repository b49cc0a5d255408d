"""Catch the class of a model's errors. Seen in many apps."""

from agno.exceptions import ModelProviderError


def ask(create):
    try:
        return list(create())
    except ModelProviderError:
        return "retry"
