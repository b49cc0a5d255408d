"""What the scan reports of a user's file: its places, and what each does about every recorded failure. Pure."""

from enum import StrEnum

import msgspec

from matrix.findings.model import Place, Problem
from matrix.model import Frozen


class Choice(StrEnum):
    """What a place does about one failure."""

    RETRY = "retry"
    """It makes the call again."""
    FAIL = "fail"
    """It does not make the call again: it raises, returns or goes on."""
    ACCEPT = "accept"
    """The call raises nothing, and the place notices nothing."""
    CRASH = "crash"
    """It raises an error of its own by mistake, such as a missing class or attribute."""
    UNDECIDED = "undecided"
    """Its source does not show what it does."""


class Decision(Frozen, frozen=True):
    """What a place does about one failure, and how.

    Attributes:
        choice: What it does.
        detail: For FAIL `raises Busy` or `returns None`, several joined by `or`, and empty if the error itself escapes.
            For CRASH the class of the exception. For UNDECIDED the reason.
    """

    choice: Choice
    detail: str = ""

    @property
    def escapes(self) -> bool:
        """Whether the error leaves the place as it came."""
        return self.choice is Choice.FAIL and not self.detail


class PlaceRole(StrEnum):
    """The kind of a place."""

    CATCH = "catch"
    """It catches errors: a `try`, `suppress`, or an error handler of a framework."""
    RETRIES = "retries"
    """It sets up retries by a library or by a function of the user."""
    PREDICATE = "predicate"
    """It classifies an error, and its caller acts on the answer."""
    CHECK = "check"
    """It checks whether a stream was complete."""
    STREAM = "stream"
    """It reads a stream without catching errors and without checking the end."""
    CLIENT = "client"
    """It makes a client with `max_retries`, which retries nothing inside a stream."""


class Catch(Frozen, frozen=True, kw_only=True):
    """A place that catches errors of the SDK, or leaves a stream unchecked, judged on one release.

    Attributes:
        place: The position of the code that decides: the clause, or the call that sets up retries.
        code: That code as it is written, on one line and shortened.
        role: The kind of place.
        function: The function around it, with its classes: `Gateway.ask`; empty at the top of the module.
        decisions: Scenario to what it does. Only scenarios that can reach it by the calls that it makes.
        taken: The scenarios whose error it takes, by id: it does not let that error escape.
        same_as: The handler that decides as it does in all scenarios, by id; empty if there is none.
        reads: Whether a stream is read inside it; None if the source does not show it.
        runs_out: Whether it returns None after the last attempt.
        passed_on: The scenarios in which it answers its own client with the status of the stream, by id.
        unmeasured: The class of a client that it calls and that was not measured, such as `AnthropicBedrock`; or empty.
        clients: The ids of the clients of its calls, as far as they were measured; empty if it makes none.
        note: A remark about it, as a clause; empty if there is none.
    """

    place: Place
    code: str
    role: PlaceRole
    function: str = ""
    decisions: dict[str, Decision] = msgspec.field(default_factory=dict)
    taken: tuple[str, ...] = ()
    same_as: str = ""
    reads: bool | None = None
    runs_out: bool = False
    passed_on: tuple[str, ...] = ()
    unmeasured: str = ""
    clients: tuple[str, ...] = ()
    note: str = ""

    @property
    def passes_status(self) -> bool:
        """Whether it answers its own client with the status of the stream."""
        return bool(self.passed_on)

    @property
    def retries(self) -> bool:
        """Whether it calls again after some failure."""
        return any(decision.choice is Choice.RETRY for decision in self.decisions.values())

    @property
    def undecided(self) -> dict[str, str]:
        """The scenarios whose decision can't be known, each with the reason."""
        return {id_: each.detail for id_, each in self.decisions.items() if each.choice is Choice.UNDECIDED}


class ScannedFile(Frozen, frozen=True, kw_only=True):
    """The result of scanning one file.

    Attributes:
        path: Its path, as `Place` has it.
        catches: Its places, in the order of the text.
        problems: The parts that could not be read.
        uses_sdk: Whether the file uses the SDK at all.
    """

    path: str
    catches: tuple[Catch, ...] = ()
    problems: tuple[Problem, ...] = ()
    uses_sdk: bool = False
