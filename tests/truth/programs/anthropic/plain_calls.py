"""Calls that never stream, on clients whose type the source does not show."""

import operator

import anthropic

make = operator.methodcaller("Anthropic")
SINCE = {
    "ask_model": "0.45.2",
    "ask_models": "0.45.2",
    "ask_counted": "0.45.2",
    "ask_beta_file": "0.87.0",
    "ask_held": "0.45.2",
}
PLACES = {"ask_held": "Holder.find"}


def ask_model():
    """Look a model up."""
    client = make(anthropic)
    try:
        return client.models.retrieve("m")
    except anthropic.NotFoundError:
        return False
    except anthropic.APIStatusError as error:
        if error.status_code >= 500:
            return None
        raise


def ask_models():
    """List the models."""
    client = make(anthropic)
    for _ in range(2):
        try:
            return [model.id for model in client.models.list()]
        except (anthropic.RateLimitError, anthropic.InternalServerError):
            continue
    return None


def ask_counted():
    """Count tokens."""
    client = make(anthropic)
    try:
        return client.messages.count_tokens(model="m", messages=[{"role": "user", "content": "Hi"}])
    except Exception as error:
        if isinstance(error, anthropic.RateLimitError):
            return 0
        raise


def ask_beta_file():
    """Look a file up."""
    client = make(anthropic)
    try:
        return client.beta.files.retrieve_metadata("file_1")
    except anthropic.APIError as error:
        raise LookupError from error


class Holder:
    """Holds a client."""

    def __init__(self):
        self._anthropic = make(anthropic)

    def find(self):
        """Look a model up."""
        try:
            return self._anthropic.models.retrieve("m")
        except anthropic.APIStatusError:
            return None


def ask_held():
    """Look a model up by a client in an attribute."""
    return Holder().find()
