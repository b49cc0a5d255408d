"""A context manager that translates errors, whose uses are in other files."""

from contextlib import contextmanager

import anthropic


class Mapped(Exception):
    """An error of the API."""


@contextmanager
def mapped():
    """Translate the errors of the API."""
    try:
        yield
    except anthropic.APIStatusError as error:
        raise Mapped(error.status_code) from error
