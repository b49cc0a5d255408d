"""What is found in a user's source: the places that catch errors of the SDK. Pure."""

from enum import StrEnum

from matrix.findings.model import Place, Problem
from matrix.model import Frozen


class Exactness(StrEnum):
    """How near a place is to the handler that it is judged by."""

    SAME = "same"
    """It decides as the handler does, on every failure that the handler is tried on here."""
    NEAR = "near"
    """It decides otherwise on some; the note says on which."""
    UNKNOWN = "unknown"
    """It can't be judged; the note says why."""


class Action(StrEnum):
    """What a place does with the errors that it takes."""

    RETRIES = "retries"
    """It makes the call again."""
    DECIDES = "decides"
    """It says which kind of error it is, and somebody else acts on that."""
    RAISES = "raises"
    """It raises an error of its own."""
    ANSWERS = "answers"
    """It goes on without the answer: returns, logs, passes."""


class Catch(Frozen, frozen=True, kw_only=True):
    """A place that catches errors of the SDK: a whole `try`, a retrying decorator, or a predicate.

    Attributes:
        place: Where what decides stands: the clause, or the condition in it.
        code: What stands there, as it is written, on one line and shortened.
        handler: The id of the nearest of our handlers; empty if it can't be judged.
        exactness: How near that is.
        note: In what it differs from the handler, or why it can't be judged; empty if there is nothing to say.
        action: What is done with the errors.
        function: The function it stands in, with its classes: `Gateway.ask`; empty at the top of the module.
        streams: Whether a stream is read there; None if that can't be seen.
        names: Handlers whose class it names: where a release has no such class, it crashes as they do.
    """

    place: Place
    code: str
    handler: str
    exactness: Exactness
    note: str = ""
    action: Action = Action.RETRIES
    function: str = ""
    streams: bool | None = None
    names: tuple[str, ...] = ()


class Source(Frozen, frozen=True, kw_only=True):
    """What was found in one file.

    Attributes:
        path: As `Place` has it.
        catches: In the order of their places.
        problems: What could not be read.
        uses_sdk: Whether the file has to do with the SDK at all.
    """

    path: str
    catches: tuple[Catch, ...] = ()
    problems: tuple[Problem, ...] = ()
    uses_sdk: bool = False
