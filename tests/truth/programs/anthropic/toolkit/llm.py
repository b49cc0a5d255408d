"""The client of the package."""

import anthropic

from toolkit.errors import translate
from toolkit.retrying import is_retryable


def get_client():
    """Make a client."""
    return anthropic.Anthropic()


class Model:
    """A model that can be asked."""

    def __init__(self, name="m", client=None):
        self.name = name
        self.client = client or get_client()

    def read(self, messages):
        """Return the events of one answer."""
        return list(self.client.messages.create(model=self.name, max_tokens=9, messages=messages, stream=True))

    def ask(self, messages):
        """Return the events, or raise an error of the package."""
        try:
            return self.read(messages)
        except anthropic.APIError as error:
            raise translate(error) from error

    def ask_twice(self, messages):
        """Return the events of one of two attempts."""
        for _ in range(2):
            try:
                return self.read(messages)
            except Exception as error:
                if not is_retryable(error):
                    raise
        return None
