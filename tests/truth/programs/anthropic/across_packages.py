"""Clauses, decorators and clients of a package of the project."""

import anthropic
import toolkit
from toolkit import Busy, Down, Model, call_with_retry, get_client, patient, with_retry
from toolkit.errors import ToolkitError, translate
from toolkit.retrying import RETRYABLE, is_retryable

Q = [{"role": "user", "content": "Hi"}]
client = get_client()
PLACES = {
    "ask_decorated": "toolkit.retrying:patient.wrapper",
    "ask_decorated_with_arguments": "toolkit.retrying:with_retry.decorate.wrapper",
    "ask_called": "toolkit.retrying:call_with_retry",
    "ask_model": "toolkit.llm:Model.ask",
    "ask_model_twice": "toolkit.llm:Model.ask_twice",
    "ask_model_again": ("toolkit.llm:Model.ask", "ask_model_again"),
    "ask_subclass": "Quiet.ask",
}


def ask_classes():
    """Retry classes of the package."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except RETRYABLE:
            continue
    return None


def ask_predicate():
    """Retry what a predicate of the package allows."""
    for _ in range(2):
        try:
            with get_client().messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                return stream.get_final_text()
        except Exception as error:
            if not is_retryable(error):
                raise
    raise ToolkitError


def ask_translated():
    """Raise what a function of the package returns."""
    try:
        return list(toolkit.get_client().messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except anthropic.APIError as error:
        raise translate(error) from error


@patient
def ask_decorated():
    """Be decorated by the package."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@with_retry(attempts=3)
def ask_decorated_with_arguments():
    """Be decorated by the package, with arguments."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_called():
    """Pass a lambda to the package."""
    return call_with_retry(lambda: list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)))


def ask_model():
    """Ask a model of the package."""
    return Model().ask(Q)


def ask_model_twice():
    """Ask a model of the package, which retries."""
    return Model().ask_twice(Q)


def ask_model_again():
    """Retry errors of the package."""
    for _ in range(2):
        try:
            return Model().ask(Q)
        except (Busy, Down):
            continue
    return None


def ask_model_directly():
    """Catch the SDK's errors around a method of the package without a clause."""
    try:
        return Model().read(Q)
    except anthropic.APIStatusError:
        return []


class Quiet(Model):
    """A model that returns None instead of raising."""

    def ask(self, messages):
        """Return the events, or None."""
        try:
            return self.read(messages)
        except anthropic.RateLimitError:
            return None


def ask_subclass():
    """Ask a subclass of the package's model."""
    return Quiet().ask(Q)
