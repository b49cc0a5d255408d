"""The report of `check` and `scan`: subjects, findings about each, and problems. Pure.

A *subject* is a part of a user's file that is judged: a requirement on the SDK, or a place that catches its errors. A
*finding* is one statement about it. A *problem* is input that could not be read. Every output format is a function of
one `Report`.
"""

import datetime as dt
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from matrix.model import Frozen


class Place(Frozen, frozen=True, order=True):
    """A place in a user's file.

    Attributes:
        path: The path of the file with forward slashes, relative to the working directory if it is below it.
        line: The number of the line, from 1; 0 for the whole file.
        column: The column, from 1, in characters; 0 for the whole line.
        cell: The number of the cell of a notebook, from 1, counting cells of text too; 0 in other files.
        cell_line: The number of the line in the cell, from 1; 0 in other files.
    """

    path: str
    line: int = 0
    column: int = 0
    cell: int = 0
    cell_line: int = 0

    def __str__(self) -> str:
        if self.cell:
            return f"{self.path}:{self.in_cell}"
        return self.path + (f":{self.line}" if self.line else "") + (f":{self.column}" if self.column else "")

    @property
    def in_cell(self) -> str:
        """The cell and the line in it, such as `cell 3:5`; empty in other files than notebooks."""
        return f"cell {self.cell}:{self.cell_line}" if self.cell else ""


def project_of(place: Place) -> str:
    """Return the folder of the project that a manifest belongs to."""
    folder = PurePosixPath(place.path).parent
    return str(folder.parent if folder.name == "requirements" else folder)


class Problem(Frozen, frozen=True):
    """Input that could not be read. The rest of its file was read if possible.

    Attributes:
        place: The place of the input.
        message: What is wrong with it, in one sentence.
        hint: What to do next; empty if there is no advice.
    """

    place: Place
    message: str
    hint: str = ""


class Level(StrEnum):
    """The level of a finding. Errors and warnings make a command fail; notes do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


ORDER: Final = {level: rank for rank, level in enumerate(Level)}
"""Rank of each level, from 0 for the worst."""


class Rule(Frozen, frozen=True):
    """A kind of finding.

    Attributes:
        id: The name that `--ignore` takes; it never changes once it is published.
        title: What its findings mean, in a few words.
        help: Why they matter and what to do, in a sentence or two.
    """

    id: str
    title: str
    help: str


class Finding(Frozen, frozen=True, kw_only=True):
    """One statement about a subject.

    Attributes:
        rule: The id of its rule.
        level: Its level for this subject.
        message: What happens, on which release, in a sentence or two.
        instead: The code to write or the release to pin instead; empty if there is no advice.
    """

    rule: str
    level: Level
    message: str
    instead: str = ""


class State(StrEnum):
    """The result of judging a subject."""

    FINE = "fine"
    FINDING = "finding"
    UNKNOWN = "unknown"
    """The matrix has no measurement. Unknown does not mean safe."""
    UNJUDGED = "unjudged"
    """Neither good nor bad: the source does not show what the code does, or the check was given no handler."""


class Subject(Frozen, frozen=True, kw_only=True):
    """A requirement on the SDK, or a place that catches its errors.

    Attributes:
        place: Its place.
        text: Its text in the file: `anthropic>=0.40,<1`, `except anthropic.OverloadedError`.
        about: What it means, in one line: `allows 12 releases; today 0.52.2 is installed`.
        release: The release that it is judged by; empty if there is none.
        state: The result of judging it.
        findings: The findings about it, worst first.
    """

    place: Place
    text: str
    about: str = ""
    release: str = ""
    state: State = State.FINE
    findings: tuple[Finding, ...] = ()


class Exit(StrEnum):
    """The result of a check or a scan in one word."""

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
"""Result to exit code; documented in docs/exit-codes.md."""


class Report(Frozen, frozen=True, kw_only=True):
    """The report of a check or a scan.

    Attributes:
        command: The command: `check` or `scan`.
        version: The version of this program.
        measured: The day of the newest result in the data; None if there is no data.
        suite: The digest of the suite that was measured.
        catching: The ids of the handlers that `--catching` names.
        subjects: The subjects, in the order of their places.
        problems: The input that could not be read.
        rules: The rules that the findings name.
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
        """The result of the command. A problem outranks a finding, since it may hide something worse."""
        states = {subject.state for subject in self.subjects}
        if self.problems:
            return Exit.BROKEN
        if State.FINDING in states:
            return Exit.FINDING
        if State.UNKNOWN in states:
            return Exit.UNKNOWN
        return Exit.FINE if self.subjects else Exit.NOTHING
