"""Clauses whose classes and helpers come from another file of the project."""

import time

import anthropic
import shared_errors
from shared_errors import TRANSIENT, GaveUp, Refused, may_retry

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


def ask_tuple():
    """Retry a tuple of another file."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except TRANSIENT:
            time.sleep(1)
    raise GaveUp


def ask_helper():
    """Retry what a function of another file says."""
    for _ in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            if not may_retry(error):
                raise GaveUp from error
    raise GaveUp


def ask_alias():
    """Catch a class under the name that another file gives it."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return stream.get_final_message()
    except (Refused, shared_errors.Lost):
        return None
