"""What is no class: lists, sets, unions and nested tuples in clauses, which crash when an error arrives."""

import contextlib

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]
LISTED = [anthropic.RateLimitError, anthropic.InternalServerError]
PAIR = (anthropic.RateLimitError, anthropic.InternalServerError)


def read():
    """Read one stream."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_list():
    """Catch a list."""
    try:
        return read()
    except LISTED:
        return None


def ask_tuple_of_list():
    """Catch a tuple made of a list."""
    try:
        return read()
    except tuple(LISTED):
        return None


def ask_set():
    """Catch a set, after a clause that is right."""
    try:
        return read()
    except anthropic.BadRequestError:
        return None
    except {anthropic.RateLimitError}:
        return None


def ask_nested():
    """Catch a tuple in a tuple."""
    try:
        return read()
    except (anthropic.APIConnectionError, PAIR):
        return None


def ask_union():
    """Catch a union."""
    try:
        return read()
    except anthropic.RateLimitError | anthropic.InternalServerError:
        return None


def ask_isinstance():
    """Compare with a union and with a nested tuple, as `isinstance` can."""
    try:
        return read()
    except Exception as error:
        if isinstance(error, anthropic.RateLimitError | anthropic.InternalServerError):
            return None
        if isinstance(error, (anthropic.BadRequestError, PAIR)):
            raise ValueError from error
        raise


def ask_isinstance_list():
    """Compare with a list, as `isinstance` can't."""
    try:
        return read()
    except anthropic.APIStatusError as error:
        if isinstance(error, LISTED):
            return None
        raise


def ask_suppressed():
    """Suppress a tuple, as `suppress` can."""
    with contextlib.suppress(PAIR):
        return read()
    return None


def ask_suppressed_list():
    """Suppress a list, as `suppress` can't."""
    with contextlib.suppress(LISTED):
        return read()
    return None
