"""Clients and streams that objects hold: properties, wrappers, iterators, and methods that have a name."""

import contextlib
import functools

import openai

Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_lazy": "Lazy.ask",
    "ask_delegating": "Delegating.ask",
    "ask_iterator": "Events.__iter__",
    "ask_next": "Reader.__next__",
    "ask_wrapped_client": "Safe.create",
    "ask_mixin": "Retrying.run",
    "ask_abstract": "Provider.generate",
    "ask_context": "Session.ask",
}
NO_PLACE = ("Session.__exit__",)
client = openai.OpenAI()
completions = client.chat.completions
create = client.chat.completions.create


@functools.cache
def get_client():
    """Make the client once."""
    return openai.OpenAI()


def ask_messages():
    """Use the resource by its name."""
    for _ in range(2):
        try:
            return list(completions.create(model="m", messages=Q, stream=True))
        except (openai.RateLimitError, openai.InternalServerError):
            continue
    return None


def ask_create():
    """Use the method by its name."""
    try:
        return list(create(model="m", messages=Q, stream=True))
    except openai.APIStatusError:
        return []


def ask_cached_client():
    """Use a client that a function keeps."""
    try:
        with get_client().chat.completions.create(model="m", messages=Q, stream=True) as stream:
            return list(stream)
    except openai.RateLimitError as error:
        raise BlockingIOError from error


class Lazy:
    """Makes its client when it is needed."""

    @functools.cached_property
    def client(self):
        """The client."""
        return openai.OpenAI()

    def ask(self):
        """Return the events, or an empty list."""
        try:
            return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
        except (openai.APIConnectionError, openai.InternalServerError):
            return []


def ask_lazy():
    """Ask by a client that a property makes."""
    return Lazy().ask()


class Delegating:
    """Passes each attribute on to a client."""

    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        """Return an attribute of the client."""
        return getattr(self.inner, name)

    def ask(self):
        """Ask by its own attributes."""
        try:
            return list(self.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError:
            return None


def ask_delegating():
    """Ask by an object that passes attributes on."""
    return Delegating(openai.OpenAI()).ask()


class Events:
    """Iterates over the events of a stream, and ends where the stream fails."""

    def __init__(self, stream):
        self.stream = stream

    def __iter__(self):
        """Yield events."""
        try:
            yield from self.stream
        except openai.APIStatusError:
            return


def ask_iterator():
    """Read a stream by an object of the project."""
    return list(Events(client.chat.completions.create(model="m", messages=Q, stream=True)))


class Reader:
    """Reads a stream step by step."""

    def __init__(self):
        self.stream = iter(client.chat.completions.create(model="m", messages=Q, stream=True))

    def __iter__(self):
        """Return itself."""
        return self

    def __next__(self):
        """Return the next event, and translate what fails."""
        try:
            return next(self.stream)
        except openai.APIError as error:
            raise OSError("failed") from error


def ask_next():
    """Read a stream by an iterator of the project."""
    return list(Reader())


class Safe:
    """Has the method of the client with a clause around it."""

    def __init__(self, client):
        self._client = client

    def create(self, **options):
        """Return the events, or what to say instead."""
        try:
            return list(self._client.chat.completions.create(**options, stream=True))
        except openai.APIStatusError as error:
            return [f"sorry, {type(error).__name__}"]


def ask_wrapped_client():
    """Ask by a method that passes its options on."""
    return Safe(openai.OpenAI()).create(model="m", messages=Q)


class Retrying:
    """Runs what a subclass does, again and again."""

    attempts = 2

    def call(self):
        """Do it."""
        raise NotImplementedError

    def run(self):
        """Do it up to a number of times."""
        for _ in range(self.attempts):
            try:
                return self.call()
            except (openai.RateLimitError, openai.InternalServerError):
                continue
        raise TimeoutError


class Summary(Retrying):
    """Reads a stream."""

    def call(self):
        """Read a stream."""
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))


def ask_mixin():
    """Ask by a method of a base class that calls one of the subclass."""
    return Summary().run()


class Provider:
    """Translates the errors of its subclasses."""

    errors = ()

    def generate(self):
        """Return text, or raise an error of the project."""
        try:
            return self._generate()
        except self.errors as error:
            raise ConnectionError(str(error)) from error


class OpenAIProvider(Provider):
    """Generates by the SDK."""

    errors = (openai.APIStatusError,)

    def _generate(self):
        with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            return list(stream)


def ask_abstract():
    """Ask by a base class whose subclass names the errors."""
    return OpenAIProvider().generate()


class Session:
    """Closes its client."""

    def __enter__(self):
        """Open."""
        self.client = openai.OpenAI()
        return self

    def __exit__(self, *exception):
        """Close, and let errors pass."""
        self.client.close()

    def ask(self):
        """Return the events, or None for a limit."""
        try:
            return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.RateLimitError:
            return None


def ask_context():
    """Ask by an object that is a context."""
    with Session() as session:
        return session.ask()


def ask_exit_stack():
    """Enter the stream by an exit stack."""
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(client.chat.completions.create(model="m", messages=Q, stream=True))
            return list(stream)
        except openai.APIStatusError:
            return None
