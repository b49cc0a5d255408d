"""What `check` and `scan` have to say: subjects, what was found about each, and what could not be read. Pure.

A *subject* is a thing in a user's file that was judged: a requirement on the SDK, or a place that catches its errors. A
*finding* is one thing to know about it. Every output format is a function of one `Report`.
"""

import datetime as dt
from enum import StrEnum
from typing import Final

from matrix.model import Frozen


class Place(Frozen, frozen=True, order=True):
    """Where something stands in a user's file.

    Attributes:
        path: As the user would write it, relative to where the command runs if it can be, with forward slashes.
        line: From 1; 0 for the file as a whole.
        column: From 1, in characters; 0 for the line as a whole.
    """

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return self.path + (f":{self.line}" if self.line else "") + (f":{self.column}" if self.column else "")


class Problem(Frozen, frozen=True):
    """Something that could not be read; what stands around it was read all the same.

    Attributes:
        place: Where.
        message: What is wrong, in one sentence.
        hint: What to try; empty if nothing is known.
    """

    place: Place
    message: str
    hint: str = ""


class Level(StrEnum):
    """How much a finding matters. Errors and warnings make a command fail; notes never do."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


ORDER: Final = {level: place for place, level in enumerate(Level)}
"""Levels from the worst to the best."""


class Rule(Frozen, frozen=True):
    """A kind of finding.

    Attributes:
        id: Never changes once it is published; `--ignore` takes it.
        title: What it means, in a few words.
        help: Why it matters and what to do, in a sentence or two.
    """

    id: str
    title: str
    help: str


class Finding(Frozen, frozen=True, kw_only=True):
    """One thing to know about a subject.

    Attributes:
        rule: The id of its rule.
        level: How much it matters here.
        message: What was found, in a sentence or two.
        instead: What to write or to pin instead; empty if there is nothing.
    """

    rule: str
    level: Level
    message: str
    instead: str = ""


class State(StrEnum):
    """What a subject comes to."""

    FINE = "fine"
    FINDING = "finding"
    UNKNOWN = "unknown"
    """The matrix can't say: unknown, not safe."""
    UNJUDGED = "unjudged"
    """It can't be judged from what is written: neither good nor bad."""


class Subject(Frozen, frozen=True, kw_only=True):
    """A requirement on the SDK, or a place that catches its errors.

    Attributes:
        place: Where it stands.
        text: As it is written there: `anthropic>=0.40,<1`, `except anthropic.OverloadedError`.
        about: What it comes to before it is judged, in one line: `allows 12 releases; today 0.52.2 is installed`.
        release: The release that it is judged by; empty if there is none.
        state: What it comes to.
        findings: Worst first.
    """

    place: Place
    text: str
    about: str = ""
    release: str = ""
    state: State = State.FINE
    findings: tuple[Finding, ...] = ()


class Exit(StrEnum):
    """How a check ended, and the exit code of each, below."""

    FINE = "fine"
    FINDING = "finding"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    NOTHING = "nothing"


EXIT_CODES: Final[dict[Exit, int]] = {
    Exit.FINE: 0,
    Exit.FINDING: 1,
    Exit.BROKEN: 2,
    Exit.UNKNOWN: 3,
    Exit.NOTHING: 4,
}
"""How a check ended to what the command leaves with; documented in docs/exit-codes.md."""


class Report(Frozen, frozen=True, kw_only=True):
    """All that a check or a scan has to say.

    Attributes:
        command: `check` or `scan`.
        version: Of this program.
        measured: The day of the newest result in the data; None if there is no data.
        suite: The digest of the suite that was played.
        catching: The handlers that were asked about, by id.
        subjects: In the order of their places.
        problems: What could not be read.
        rules: Every rule that a finding names, by id.
    """

    command: str
    version: str
    measured: dt.date | None
    suite: str
    catching: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    problems: tuple[Problem, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def exit(self) -> Exit:
        """How it ended: what could not be read comes before what was found, for it may hide something worse."""
        states = {subject.state for subject in self.subjects}
        if self.problems:
            return Exit.BROKEN
        if State.FINDING in states:
            return Exit.FINDING
        if State.UNKNOWN in states:
            return Exit.UNKNOWN
        return Exit.FINE if self.subjects else Exit.NOTHING
