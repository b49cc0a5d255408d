"""What the scan reports of a user's file: the places that catch errors of the SDK. Pure."""

from enum import StrEnum

from matrix.findings.model import Place, Problem
from matrix.model import Frozen


class Exactness(StrEnum):
    """How closely a place matches the handler that it is judged by."""

    SAME = "same"
    """It decides as the handler does, on every failure that both are tried on."""
    NEAR = "near"
    """It decides otherwise on some failures; the note names them."""
    UNKNOWN = "unknown"
    """It can't be judged; the note gives the reason."""


class Reaction(StrEnum):
    """What a place does with the errors that it takes."""

    RETRIES = "retries"
    """It makes the call again."""
    DECIDES = "decides"
    """It classifies the error, and its caller acts on the answer."""
    RAISES = "raises"
    """It raises an error of the user's own."""
    ANSWERS = "answers"
    """It goes on without a result of the call: it returns, logs, or passes."""


class Catch(Frozen, frozen=True, kw_only=True):
    """A place that catches errors of the SDK: a whole `try`, a retrying decorator, or a predicate.

    Attributes:
        place: The position of the code that decides: the clause, or the condition in it.
        code: That code as it is written, on one line and shortened.
        handler: The id of the nearest of our handlers; empty if the place can't be judged.
        exactness: How closely it matches the handler.
        note: How it differs from the handler, or why it can't be judged; empty if it is the same.
        reaction: What it does with the errors.
        function: The function around it, with its classes: `Gateway.ask`; empty at the top of the module.
        streams: Whether a stream is read there; None if the source does not show it.
        names: Handlers whose class it names: where a release has no such class, it crashes as they do.
    """

    place: Place
    code: str
    handler: str
    exactness: Exactness
    note: str = ""
    reaction: Reaction = Reaction.RETRIES
    function: str = ""
    streams: bool | None = None
    names: tuple[str, ...] = ()


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
