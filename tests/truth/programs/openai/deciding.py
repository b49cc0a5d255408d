"""Functions, chains and enums that decide about an error for the clause that caught it."""

import enum

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]


class Do(enum.Enum):
    """What to do about an error."""

    RETRY = 1
    STOP = 2
    SKIP = 3


def classify(exc: Exception) -> Do:
    """Decide about an error with a chain of `isinstance`."""
    if isinstance(exc, openai.AuthenticationError):
        return Do.STOP
    if isinstance(exc, openai.RateLimitError):
        return Do.RETRY
    overloaded = getattr(openai, "APITimeoutError", None)
    if overloaded is not None and isinstance(exc, overloaded):
        return Do.RETRY
    if isinstance(exc, openai.InternalServerError):
        return Do.RETRY
    if isinstance(exc, (openai.APITimeoutError, openai.APIConnectionError)):
        return Do.RETRY
    return Do.SKIP


def ask_enum():
    """Retry what an enum says."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as exc:
            if classify(exc) is not Do.RETRY:
                raise
    raise RuntimeError("no answer")


def again(exc: BaseException) -> bool:
    """Return whether an error is in a tuple that grows, or has a transient status."""
    transient: tuple[type[BaseException], ...] = (
        openai.APIConnectionError,
        openai.RateLimitError,
        openai.InternalServerError,
    )
    overloaded = getattr(openai, "APITimeoutError", None)
    if overloaded is not None:
        transient = transient + (overloaded,)
    if isinstance(exc, transient):
        return True
    if isinstance(exc, openai.APIStatusError):
        return exc.status_code == 429 or 500 <= exc.status_code < 600
    return False


def ask_grown_tuple():
    """Retry what a function with a tuple that grows says."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as exc:
            if not again(exc):
                raise
    raise RuntimeError("no answer")


def decide(exc: Exception) -> str:
    """Decide about an error with `match`."""
    match exc:
        case openai.RateLimitError() | openai.InternalServerError():
            return "retry"
        case openai.APIStatusError(status_code=status) if status >= 500:
            return "retry"
        case openai.APIConnectionError():
            return "wait"
        case _:
            return "stop"


def ask_match():
    """Retry what a function with `match` says."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as exc:
            if decide(exc) == "stop":
                raise
    raise RuntimeError("no answer")


def ask_inner_match():
    """Decide with `match` in the clause."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as exc:
            match exc:
                case openai.APIStatusError(status_code=429 | 503):
                    continue
                case openai.APIConnectionError():
                    continue
                case _:
                    return None
    raise RuntimeError("no answer")


class Policy:
    """What to retry, and how often."""

    def __init__(self, classes, statuses, attempts=3):
        self.classes = classes
        self.statuses = statuses
        self.attempts = attempts

    def allows(self, error):
        """Return whether the policy retries an error."""
        return isinstance(error, self.classes) or getattr(error, "status_code", None) in self.statuses


PATIENT = Policy((openai.APIConnectionError,), frozenset({429, 500, 503}))


def ask_policy():
    """Retry what a policy object allows."""
    for _ in range(PATIENT.attempts):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if not PATIENT.allows(error):
                raise
    raise RuntimeError("no answer")


NAMES = frozenset({"RateLimitError", "InternalServerError", "APITimeoutError", "APIConnectionError"})


def is_named(error):
    """Return whether the name of the error's class is in a set."""
    return error.__class__.__name__ in NAMES


def ask_names():
    """Retry what a set of names has."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if not is_named(error):
                raise
    raise RuntimeError("no answer")


def ask_ternary():
    """Decide with a conditional expression, and with a flag that a loop tests."""
    wanted, left = True, 3
    while wanted and left:
        left -= 1
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            code = error.status_code if isinstance(error, openai.APIStatusError) else 0
            wanted = code == 0 or code >= 429
    return None
