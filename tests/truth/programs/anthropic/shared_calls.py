"""Helpers whose call streams for one caller and not for another, and code that is only handed errors."""

import importlib
import os

import anthropic
from toolkit.mapping import mapped

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_mapped": "toolkit.mapping:mapped", "ask_repair": "repair", "ask_second": "second"}
NO_PLACE = ("ask_without_key",)
SINCE = {"ask_counted": "0.45.2"}


class Other(Exception):
    """Anything that went wrong."""


def make(payload):
    """Stream only if the payload says so."""
    return client.messages.create(model="m", max_tokens=9, messages=Q, **payload)


def make_flagged(*, stream=False):
    """Stream only if the caller says so."""
    return client.messages.create(model="m", max_tokens=9, messages=Q, stream=stream)


def ask_events():
    """Iterate what the helper returns."""
    try:
        for event in make({"stream": True}):
            print(event)
    except anthropic.APIStatusError as error:
        raise Other(error.status_code) from error


def ask_message():
    """Read a message from the same helper."""
    try:
        answer = make({})
    except anthropic.APIStatusError as error:
        raise Other(error.status_code) from error
    return answer.content[0].text


def ask_flag():
    """Ask the helper for a stream by its parameter."""
    try:
        return [event.type for event in make_flagged(stream=True)]
    except anthropic.APIStatusError as error:
        raise Other(error.status_code) from error


def ask_no_flag():
    """Leave the parameter at its default."""
    try:
        return make_flagged()
    except anthropic.APIStatusError as error:
        raise Other(error.status_code) from error


def ask_without_key():
    """Catch only what no failure of a call raises."""
    payload = dict(pair.split("=") for pair in os.environ.get("PAYLOAD", "").split())
    try:
        return client.messages.create(model="m", max_tokens=9, messages=Q, **payload)
    except TypeError as error:
        raise Other("set a key") from error


def ask_mapped():
    """Call, and read a stream, inside a context manager of another file."""
    with mapped():
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_counted():
    """Count tokens on a client whose class the source does not show."""
    unknown = importlib.import_module("anthropic").Anthropic()
    try:
        return unknown.messages.count_tokens(model="m", messages=Q)
    except anthropic.APIStatusError as error:
        raise Other(error.status_code) from error


def repair(repairable):
    """Call again only if something else than the error says so."""
    try:
        return client.messages.create(model="m", max_tokens=9, messages=Q, stream=False)
    except anthropic.APIStatusError as error:
        if error.status_code == 529 and repairable:
            return client.messages.create(model="m", max_tokens=8, messages=Q, stream=False)
        raise Other(error.status_code) from error


def ask_repair():
    """Be repaired or not."""
    return repair("REPAIR" in os.environ)


def second():
    """Call again without any condition but the error."""
    try:
        return client.messages.create(model="m", max_tokens=9, messages=Q, stream=False)
    except anthropic.RateLimitError:
        return client.messages.create(model="m", max_tokens=8, messages=Q, stream=False)


def ask_second():
    """Be asked a second time."""
    return second()


def ask_snapshot():
    """Read the snapshot of a message after its events."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            for _ in stream:
                pass
            return stream.current_message_snapshot
    except anthropic.APIStatusError as error:
        raise Other(error.status_code) from error


def ask_final():
    """Ask for the message after its events."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            for _ in stream:
                pass
            return stream.get_final_message()
    except anthropic.APIStatusError as error:
        raise Other(error.status_code) from error


class Decision:
    """An answer that is true if another attempt may help."""

    def __init__(self, retry):
        self.retry = retry

    def __bool__(self):
        return self.retry

    @classmethod
    def yes(cls):
        """Try again."""
        return cls(True)

    @classmethod
    def no(cls):
        """Give up."""
        return cls(False)


def classify(error):
    """Decide by an object."""
    if isinstance(error, anthropic.APIStatusError) and error.status_code in {429, 529}:
        return Decision.yes()
    return Decision.no()


def ask_decision():
    """Try again while an object says so."""
    for _ in range(3):
        try:
            return client.messages.create(model="m", max_tokens=9, messages=Q, stream=False)
        except anthropic.APIError as error:
            if not classify(error):
                raise
    raise Other("no answer")
