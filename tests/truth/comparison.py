"""Compares what the scan claims of a place with what happened when the program ran. Pure."""

from enum import IntEnum, StrEnum

from matrix.model import Frozen


class Choice(StrEnum):
    """What a place does about one failure."""

    RETRY = "retry"
    FAIL = "fail"
    ACCEPT = "accept"
    CRASH = "crash"
    UNDECIDED = "undecided"


class Effect(IntEnum):
    """What a place does with a failure, as far as other places around it are concerned."""

    NOTHING = 0
    """It notices no failure."""
    ESCAPES = 1
    """It lets the error escape."""
    RAISES = 2
    """It raises another exception."""
    ACTS = 3
    """It calls again, goes on, or can't be decided: places around it see nothing, or nobody can tell."""


class Claim(Frozen, frozen=True):
    """What the scan says that a place does in one scenario.

    Attributes:
        choice: What it does.
        detail: What the caller gets, the class of a crash, or the reason why it is not decided.
        errors: The dotted classes of the errors that the call may raise there; empty if it raises none.
    """

    choice: Choice
    detail: str = ""
    errors: tuple[str, ...] = ()

    @property
    def effect(self) -> "Effect":
        """What the claim leaves to places further out."""
        if self.choice is Choice.ACCEPT:
            return Effect.NOTHING
        if self.choice is not Choice.FAIL:
            return Effect.ACTS
        return Effect.RAISES if self.detail.startswith("raises") else Effect.ACTS if self.detail else Effect.ESCAPES

    def __str__(self) -> str:
        return f"{self.choice} {self.detail}".rstrip()


class Happened(Frozen, frozen=True, kw_only=True):
    """What happened when an entry was called in one scenario.

    Attributes:
        attempts: The number of requests that the backend received.
        escaped: The dotted name of the class of the exception that escaped; empty if none did.
        returned: The dotted name of the class of the value that it returned; empty if it raised.
        text: The text of the exception, shortened.
    """

    attempts: int
    escaped: str = ""
    returned: str = ""
    text: str = ""

    def __str__(self) -> str:
        attempts = f"{self.attempts} attempt{'' if self.attempts == 1 else 's'}"
        return f"{attempts}, {f'{self.escaped} escaped' if self.escaped else f'{self.returned} returned'}"


class Agreement(StrEnum):
    """How a claim and what happened agree."""

    AGREES = "agree"
    UNDECIDED = "undecided"
    CONTRADICTS = "contradict"


def compare(claim: Claim, happened: Happened) -> Agreement:
    """Compare a claim about the place of an entry in one scenario with what happened when the entry ran in it."""
    if claim.choice is Choice.UNDECIDED:
        return Agreement.UNDECIDED
    return Agreement.AGREES if _holds(claim, happened) else Agreement.CONTRADICTS


def _holds(claim: Claim, happened: Happened) -> bool:
    match claim.choice:
        case Choice.RETRY:
            return happened.attempts > 1
        case Choice.CRASH:
            return _short(happened.escaped) == _short(claim.detail)
        case Choice.ACCEPT:
            return happened.attempts == 1 and not happened.escaped
    return happened.attempts == 1 and any(_ends_so(each, claim, happened) for each in claim.detail.split(" or "))


def _ends_so(detail: str, claim: Claim, happened: Happened) -> bool:
    """Return whether a call that failed ended as one of the details of a claim says."""
    verb, _, what = detail.partition(" ")
    match verb:
        case "" | "raises" if what in ("", "the error"):
            return happened.escaped in claim.errors
        case "raises" if what == "an exception":
            return bool(happened.escaped)
        case "raises":
            return _short(happened.escaped) == _short(what)
        case "returns" | "goes":
            return not happened.escaped
    raise ValueError(f"Nothing is known of the detail {detail!r}.")


def _short(name: str) -> str:
    return name.rpartition(".")[2]
