"""The exception of a call as code sees it: what the code reads of it is noted. Pure.

Code that reads the same parts of two exceptions, and finds the same values, decides alike. So code is run once for all
exceptions in which it reads the same values.
"""

from collections.abc import Mapping
from typing import Any

from matrix.observation import RemedyResult
from matrix.scan.endings import MISSING, Ending
from matrix.scan.instances import is_a
from matrix.scan.recorded import Recorded

Part = tuple[str, Any]
"""A part of an exception: its kind, and its name or another value that distinguishes it from others of the kind."""

TextSteps = tuple[tuple[str, ...], ...]
"""What code made of a text, in order: each a method of text, or the texts that were put before it and after it."""


def apply_steps(text: str, steps: TextSteps) -> str:
    """Make of a text what some code makes of it."""
    for step in steps:
        match step:
            case (method,):
                text = getattr(text, method)()
            case (before, after):
                text = before + text + after
    return text


class ErrorView:
    """The exception of a call, which notes the parts that are read.

    Args:
        ending: The recorded end of the call.
        recorded: The release.
    """

    def __init__(self, ending: Ending, recorded: Recorded) -> None:
        self._ending = ending
        self._recorded = recorded
        self.read: dict[Part, Any] = {}

    def _note(self, kind: str, name: Any = "") -> Any:
        part = kind, name
        if part not in self.read:
            self.read[part] = read_part(self._ending, self._recorded, part)
        return self.read[part]

    def has_all(self, parts: Mapping[Part, Any]) -> bool:
        """Return whether all these parts have these values."""
        return all(read_part(self._ending, self._recorded, part) == value for part, value in parts.items())

    def is_a(self, name: str) -> bool:
        """Return whether it is an instance of a class, by its dotted name."""
        return bool(self._note("class", name))

    def read_attribute(self, name: str) -> Any:
        """Return an attribute that is plain data; MISSING if it has none of this name."""
        return self._note("attribute", name)

    def has_attribute(self, name: str) -> bool:
        """Return whether it has an attribute that is plain data."""
        return bool(self._note("has", name))

    def read_response(self, name: str) -> Any:
        """Return an attribute of its response that is plain data; MISSING if the scan does not know it."""
        return self._note("response", name)

    @property
    def unrecorded(self) -> frozenset[str]:
        """The attributes that it may have and that were not recorded."""
        return self._recorded.target.classes.unrecorded

    @property
    def headers(self) -> dict[str, str]:
        """The headers of its response, by name in lower case."""
        return dict(self._note("headers"))

    @property
    def response_attribute(self) -> str:
        """The attribute that is its response; empty if it has none."""
        return self._recorded.target.classes.response if self._note("has response") else ""

    @property
    def has_cause(self) -> bool:
        """Whether it was raised from another exception."""
        return bool(self._note("cause"))

    @property
    def text(self) -> str:
        """What `str()` returns for it."""
        return str(self._note("text"))

    def text_has(self, word: str, steps: TextSteps) -> bool:
        """Return whether a text that code made of `str()` has a word."""
        return bool(self._note("text has", (word, steps)))

    @property
    def names(self) -> tuple[str, ...]:
        """The dotted names of its class and of all base classes, nearest first."""
        return tuple(self._note("names"))

    @property
    def in_stream(self) -> bool:
        """Whether it comes after an HTTP 200."""
        return bool(self._note("in stream"))

    @property
    def is_begun(self) -> bool:
        """Whether it comes after the beginning of an answer."""
        return bool(self._note("begun"))

    @property
    def delivered(self) -> tuple[tuple[str, ...], str, str]:
        """The types of the events that came before it, their text, and why the answer ended if they say so."""
        events, text, reason = self._note("delivered")
        return events, text, reason

    @property
    def remedy(self) -> RemedyResult | None:
        """What our remedy says of it in a guarded stream."""
        remedy: RemedyResult | None = self._note("remedy")
        return remedy

    @property
    def explained(self) -> RemedyResult | None:
        """What our remedy says of it outside a guarded stream."""
        remedy: RemedyResult | None = self._note("explained")
        return remedy


def _unspell(name: str, spellings: Mapping[str, str]) -> str:
    """Return our word for an attribute that users write otherwise; empty for a word of ours that they do not write."""
    return next((ours for ours, theirs in spellings.items() if theirs == name), "" if name in spellings else name)


def read_part(ending: Ending, recorded: Recorded, part: Part) -> Any:
    """Read a part of the exception of a call."""
    kind, name = part
    raised = ending.raised
    match kind:
        case "class":
            return raised is not None and is_a(raised, name, recorded.target.module)
        case "attribute":
            return ending.read_attribute(_unspell(name, recorded.target.spellings))
        case "has":
            return ending.read_attribute(_unspell(name, recorded.target.spellings)) is not MISSING
        case "response":
            return ending.read_response(name)
        case "headers":
            return ending.headers
        case "has response":
            return ending.status is not None
        case "cause":
            return raised is not None and bool(raised.causes) and raised.causes[0].how == "cause"
        case "text":
            return raised.text if raised is not None else ""
        case "text has":
            word, steps = name
            return raised is not None and word in apply_steps(raised.text, steps)
        case "names":
            return (raised.name, *raised.bases) if raised is not None else ()
        case "in stream":
            return ending.in_stream
        case "begun":
            return ending.is_begun
        case "delivered":
            return ending.events, ending.text, ending.reason
        case "remedy":
            return ending.remedy
    return recorded.explain(ending)
