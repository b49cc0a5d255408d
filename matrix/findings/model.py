"""The report of `check`, `scan` and `doctor`: subjects, findings about each, and problems. Pure.

A *subject* is a part of a user's file that is judged: a requirement on the SDK, or a place that catches its errors. A
*finding* is one statement about it. A *problem* is input that could not be read. A *diagnosis* sums up one project.
Every output format is a function of one `Report`.
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
    """A requirement on the SDK, a place that catches its errors, or a failure that was played to a program.

    Attributes:
        place: Its place.
        text: Its text in the file: `anthropic>=0.40,<1`, `except anthropic.OverloadedError`; the id of a scenario.
        about: What it means, in one line: `allows 12 releases; today 0.52.2 is installed`.
        release: The release that it is judged by; empty if there is none.
        state: The result of judging it.
        findings: The findings about it, worst first.
        evidence: What happened, line by line; empty but for `audit`.
    """

    place: Place
    text: str
    about: str = ""
    release: str = ""
    state: State = State.FINE
    findings: tuple[Finding, ...] = ()
    evidence: tuple[str, ...] = ()


class InstalledRelease(Frozen, frozen=True, kw_only=True):
    """What an environment of a project has.

    Attributes:
        environment: The folder of the environment.
        version: The installed release of the SDK; empty if it is not installed, or if that can't be read.
        python: The version of the environment's Python; empty if it is not known.
        problem: Why the environment can't be read, in a sentence; empty if it can.
    """

    environment: str
    version: str = ""
    python: str = ""
    problem: str = ""


class WorstFinding(Frozen, frozen=True, kw_only=True):
    """The worst finding of a project.

    Attributes:
        place: The place of its subject.
        text: The text of its subject.
        finding: The finding.
        of: The number of the project's findings, notes among them.
    """

    place: Place
    text: str
    finding: Finding
    of: int


class Diagnosis(Frozen, frozen=True, kw_only=True):
    """What a user has to know first about one project that uses the SDK.

    Attributes:
        folder: The folder of the project.
        package: The name of the SDK's package.
        release: The release by which it is judged.
        chosen: Why it is judged by that release: `pinned in requirements.txt:1`.
        others: The other releases that its files name, each with its place.
        installed: What its environments have.
        age: Days since the data was last checked; null if there is no data.
        is_stale: Whether that is longer ago than the data's schedule, so that newer releases may be missing.
        overloaded: What an overloaded server inside a stream looks like on that release, in a sentence.
        files: The number of its files that use the SDK.
        places: The number of places in them that are judged.
        clients: The client classes that its code names.
        unmeasured: Those of the clients that were not measured.
        handlers: The ids of the handlers that its code uses.
        worst: Its worst finding; null if it has none.
        pin: What to pin, in a sentence.
        write: What to write where a stream is read, in a sentence; empty if there is no advice.
        reproduced: What a caller saw when the overloaded error was played in its environment; empty if it was not.
        commands: The commands that print the rest.
    """

    folder: str
    package: str
    release: str
    chosen: str
    others: tuple[str, ...] = ()
    installed: tuple[InstalledRelease, ...] = ()
    age: int | None = None
    is_stale: bool = False
    overloaded: str
    files: int = 0
    places: int = 0
    clients: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    handlers: tuple[str, ...] = ()
    worst: WorstFinding | None = None
    pin: str
    write: str = ""
    reproduced: str = ""
    commands: tuple[str, ...] = ()


class Exit(StrEnum):
    """The result of a command in one word."""

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
    """The report of a command.

    Attributes:
        command: The command: `check`, `scan`, `doctor` or `audit`.
        version: The version of this program.
        measured: The day of the newest result in the data; None if there is no data.
        suite: The digest of the suite that was measured.
        catching: The ids of the handlers that `--catching` names.
        subjects: The subjects, in the order of their places.
        problems: The input that could not be read.
        rules: The rules that the findings name.
        projects: The diagnosis of each project; empty but for `doctor`.
        program: The command line of this program for the package, up to the subcommand.
        is_scanned: Whether `scan` judges code that uses the package.
    """

    command: str
    version: str
    measured: dt.date | None
    suite: str
    catching: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    problems: tuple[Problem, ...] = ()
    rules: tuple[Rule, ...] = ()
    projects: tuple[Diagnosis, ...] = ()
    program: str = "matrix"
    is_scanned: bool = True

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
        return Exit.FINE if self.subjects or self.projects else Exit.NOTHING
