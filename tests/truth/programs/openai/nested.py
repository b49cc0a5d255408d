"""Clauses of functions that lead to a stream in a generator, an object, or another function with a clause."""

import contextlib
import functools

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_inner": ("ask_inner.inner", "ask_inner"),
    "ask_decorated": ("ask_decorated", "again.wrapper"),
    "ask_context": ("once", "quiet"),
    "ask_object": "ask_object",
    "ask_object_again": "ask_object_again",
}


class Busy(Exception):
    """The server is busy."""


def texts():
    """Yield text."""
    with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        yield from (chunk.choices[0].delta.content or "" for chunk in stream)


def ask_inner():
    """Translate in a function inside, which reads a generator."""

    def inner():
        try:
            return "".join(texts())
        except openai.RateLimitError as error:
            raise ValueError("limit") from error

    for _ in range(2):
        try:
            return inner()
        except openai.APIStatusError:
            continue
    return None


def again(function):
    """Call a function twice."""

    @functools.wraps(function)
    def wrapper():
        for _ in range(2):
            try:
                return function()
            except openai.APIStatusError:
                continue
        raise TimeoutError

    return wrapper


@again
def ask_decorated():
    """Translate in a decorated function, which reads a generator."""
    try:
        return "".join(texts())
    except openai.RateLimitError as error:
        raise Busy from error


def once():
    """Translate one class."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.AuthenticationError as error:
        raise Busy from error


@contextlib.contextmanager
def quiet():
    """Go on after an error with a status."""
    try:
        yield
    except openai.APIStatusError:
        print("failed")


def ask_context():
    """Call a function with a clause inside a context with another."""
    with quiet():
        return once()
    return None


class Reader:
    """Opens a stream when it is made, and reads it later."""

    def __init__(self):
        self.stream = client.chat.completions.create(model="m", messages=Q, stream=True)

    def run(self):
        """Read the stream."""
        return [event.object for event in self.stream]


def ask_object():
    """Read the stream of an object that is made inside the clause."""
    try:
        return Reader().run()
    except openai.APIStatusError:
        return None


def ask_object_again():
    """Read the stream of an object that is made before the clause."""
    reader = Reader()
    try:
        return reader.run()
    except openai.APIStatusError:
        return None


def limited():
    """Translate a limit."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.RateLimitError as error:
        raise Busy from error


def ask_own_attribute():
    """Read an attribute, with a default, that the error of the project does not have."""
    for _ in range(2):
        try:
            return limited()
        except Exception as error:
            if getattr(error, "status_code", None) is None:
                return "no status"
    return None


def ask_own_attribute_crashes():
    """Read an attribute that the error of the project does not have."""
    for _ in range(2):
        try:
            return limited()
        except Exception as error:
            if error.status_code >= 500:
                return "down"
    return None
