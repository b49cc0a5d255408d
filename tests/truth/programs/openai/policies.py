"""Decisions that are objects, tuples, tables of functions, or methods."""

import dataclasses
import enum
import functools
import typing

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_method": "Caller.ask", "ask_static": "Caller.ask_static"}


class Verdict(typing.NamedTuple):
    """What to do, and how long to wait."""

    again: bool
    wait: float = 0.0


def judge(error):
    """Return a verdict on an error."""
    if isinstance(error, openai.RateLimitError):
        return Verdict(True, 10.0)
    if isinstance(error, openai.APIStatusError):
        return Verdict(error.status_code >= 500, 1.0)
    return Verdict(isinstance(error, openai.APIConnectionError))


def ask_named_tuple():
    """Retry what a verdict says."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            verdict = judge(error)
            if not verdict.again:
                raise
    raise RuntimeError("no answer")


def kind_and_wait(error):
    """Return a word and a time."""
    match error:
        case openai.APIStatusError(status_code=429):
            return "limited", 5
        case openai.APIStatusError() if error.status_code in range(500, 600):
            return "down", 1
    return "other", 0


def ask_unpacked():
    """Unpack what a function returns."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            kind, wait = kind_and_wait(error)
            if kind == "other":
                raise
    raise RuntimeError("no answer")


@dataclasses.dataclass(frozen=True)
class Rules:
    """What to retry."""

    statuses: frozenset = frozenset({429, 503})
    names: tuple = ("InternalServerError",)

    def match(self, error):
        """Return whether a rule matches an error."""
        if type(error).__name__ in self.names:
            return True
        return getattr(error, "status_code", None) in self.statuses


RULES = Rules()


def ask_dataclass():
    """Retry what a data class matches."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if RULES.match(error):
                continue
            raise
    raise RuntimeError("no answer")


class Kind(enum.Enum):
    """Kinds of errors."""

    LIMIT = "limit"
    DOWN = "down"
    FATAL = "fatal"

    @property
    def passes(self):
        """Whether an error of this kind may pass."""
        return self is not Kind.FATAL

    @classmethod
    def of(cls, error):
        """Return the kind of an error."""
        if isinstance(error, openai.RateLimitError):
            return cls.LIMIT
        if isinstance(error, (openai.InternalServerError, openai.APIConnectionError)):
            return cls.DOWN
        return cls.FATAL


def ask_enum_method():
    """Retry what a property of an enum says."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if not Kind.of(error).passes:
                raise
    raise RuntimeError("no answer")


CHECKS = (
    lambda error: isinstance(error, openai.APIConnectionError),
    lambda error: getattr(error, "status_code", 0) == 429,
    lambda error: getattr(error, "status_code", 0) >= 500,
)


def ask_lambdas():
    """Retry what one of several lambdas allows."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if not any(check(error) for check in CHECKS):
                raise
    raise RuntimeError("no answer")


is_limit = lambda error: isinstance(error, openai.RateLimitError)  # noqa: E731 - as users write it


def ask_lambda():
    """Retry what a lambda with a name allows."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if is_limit(error):
                continue
            return None
    raise RuntimeError("no answer")


@functools.singledispatch
def passes(error):
    """Return whether an error may pass."""
    return False


@passes.register
def _(error: openai.RateLimitError):
    return True


@passes.register
def _(error: openai.InternalServerError):
    return True


def ask_dispatched():
    """Retry what a function of the error's class says."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if not passes(error):
                raise
    raise RuntimeError("no answer")


class Caller:
    """Decides by its own methods."""

    limit = 3

    def __init__(self):
        self.client = openai.OpenAI()
        self.failures = 0

    def may_retry(self, error):
        """Return whether an error may pass."""
        return isinstance(error, (openai.RateLimitError, openai.APIConnectionError))

    @staticmethod
    def is_down(error):
        """Return whether the server is down."""
        return isinstance(error, openai.APIStatusError) and error.status_code >= 500

    def ask(self):
        """Retry what a method allows."""
        for _ in range(self.limit):
            try:
                return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
            except openai.APIError as error:
                self.failures += 1
                if not self.may_retry(error):
                    raise
        raise RuntimeError("no answer")

    def ask_static(self):
        """Retry what a static method allows."""
        for _ in range(self.limit):
            try:
                with self.client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
                    return list(stream)
            except openai.APIError as error:
                if not self.is_down(error):
                    raise ValueError(str(error)) from error
        return None


def ask_method():
    """Ask by an object with a method that decides."""
    return Caller().ask()


def ask_static():
    """Ask by an object with a static method that decides."""
    return Caller().ask_static()


async def may_pass(error):
    """Return whether an error may pass, asynchronously."""
    return isinstance(error, openai.InternalServerError)


async def ask_awaited():
    """Await the decision."""
    for _ in range(3):
        try:
            return [e async for e in await aclient.chat.completions.create(model="m", messages=Q, stream=True)]
        except openai.APIError as error:
            if not await may_pass(error):
                raise
    raise RuntimeError("no answer")


def status_of(error):
    """Return the status of an error, and 0 if it has none."""
    try:
        return error.status_code
    except AttributeError:
        return 0


def ask_guarded_attribute():
    """Read the status in a function that catches its absence."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if status_of(error) in (0, 200, 400, 401):
                raise
    raise RuntimeError("no answer")
