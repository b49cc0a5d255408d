"""Catch the base class of a model's errors. Seen in Pydantic AI's documentation, as FallbackModel's default."""

from pydantic_ai.exceptions import ModelAPIError


def ask(create):
    try:
        return list(create())
    except ModelAPIError:
        return "retry"
