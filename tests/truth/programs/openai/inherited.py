"""Retries in base classes, whose subclasses call the SDK: of this file and of others."""

import abc

import openai
from toolkit.patient import Forgiving, Patient

OPTIONS = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
PLACES = {
    "ask_other_file": "toolkit.patient:Patient.ask_twice",
    "ask_translated": ("Busy.ask", "toolkit.patient:Forgiving.ask_busy"),
    "ask_abstract": "Retrying.run",
    "ask_stub": "Quiet.run",
}


class Whole(Patient):
    """Asks for a whole message by a stream."""

    client = openai.OpenAI()

    def ask(self):
        """Ask once."""
        with self.client.chat.completions.create(**OPTIONS, stream=True) as stream:
            return list(stream)

    def may_retry(self, error):
        """Retry a busy server."""
        return getattr(error, "status_code", 0) in (429, 500, 503)


class Busy(Forgiving):
    """Raises an error of Python's for a server that is busy."""

    def _ask(self):
        try:
            return openai.OpenAI().chat.completions.create(**OPTIONS)
        except openai.RateLimitError as error:
            raise ConnectionRefusedError from error


class Retrying(abc.ABC):
    """Asks again in the same file."""

    def run(self):
        """Ask twice."""
        for _ in range(2):
            try:
                return self.generate()
            except openai.APIStatusError as error:
                if error.status_code < 429:
                    raise
        return None

    @abc.abstractmethod
    def generate(self): ...


class Listing(Retrying):
    """Reads the events of a stream."""

    def __init__(self):
        self.client = openai.OpenAI()

    def generate(self):
        """Read the events."""
        return [event.object for event in self.client.chat.completions.create(**OPTIONS, stream=True)]


class Quiet:
    """Returns nothing if it fails."""

    def run(self):
        """Ask once."""
        try:
            return self.generate()
        except openai.APIError:
            return None

    def generate(self):
        """Ask."""
        raise NotImplementedError("a subclass asks")


class Plain(Quiet):
    """Asks without a stream."""

    def generate(self):
        """Ask."""
        return openai.OpenAI().chat.completions.create(**OPTIONS)


def ask_other_file():
    """Ask by a base class of another file, with a predicate of the subclass."""
    return Whole().ask_twice()


def ask_translated():
    """Ask by a base class of another file that catches the error of the subclass."""
    return Busy().ask_busy()


def ask_abstract():
    """Ask by an abstract method."""
    return Listing().run()


def ask_stub():
    """Ask by a method that the base class only names."""
    return Plain().run()
