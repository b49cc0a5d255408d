"""A report for programs, and how JSON is written here. Pure.

Every field is always there, also where it is empty; `reports/schemas/report.json` describes them. All of it is ASCII
and in the order of the types, so equal reports have equal bytes. A report in JSON is whole: nothing is cut off.
"""

import datetime as dt
from typing import Final, Literal

import msgspec

from matrix.findings.formats.tally import Tally, tally
from matrix.findings.model import EXIT_CODES, Exit, Problem, Report, Rule, Subject
from matrix.model import Frozen
from matrix.schema import encode

SCHEMA: Final = "midstream/report/1"
"""The form of this document; it changes when a field is dropped or comes to mean something else."""


class Ending(Frozen, frozen=True):
    """How a check or a scan ended.

    Attributes:
        word: In a word.
        code: The exit code of that word; the command leaves with 0 instead if it was told to.
    """

    word: Exit
    code: int


class Document(Frozen, frozen=True, kw_only=True):
    """All that a check or a scan has to say.

    Attributes:
        schema: The form of this document.
        command: `check` or `scan`.
        version: Of this program.
        measured: The day of the newest result in the data; null if there is no data.
        suite: The digest of the suite that was played.
        catching: The handlers that were asked about, by id.
        exit: How it ended.
        counts: How many there are of what.
        subjects: In the order of their places.
        problems: What could not be read.
        rules: Every rule that a finding names, by id.
    """

    schema: Literal["midstream/report/1"]
    command: str
    version: str
    measured: dt.date | None
    suite: str
    catching: tuple[str, ...]
    exit: Ending
    counts: Tally
    subjects: tuple[Subject, ...]
    problems: tuple[Problem, ...]
    rules: tuple[Rule, ...]


def render(report: Report) -> str:
    """A report as JSON."""
    return encode(_fields(document(report)))


def document(report: Report) -> Document:
    """A report, with how it ended and what there is of what."""
    return Document(
        schema=SCHEMA,
        command=report.command,
        version=report.version,
        measured=report.measured,
        suite=report.suite,
        catching=report.catching,
        exit=Ending(report.exit, EXIT_CODES[report.exit]),
        counts=tally(report),
        subjects=report.subjects,
        problems=report.problems,
        rules=report.rules,
    )


def _fields(value: object) -> object:
    """A value as JSON has it, with the fields that msgspec leaves out because they are empty."""
    match value:
        case msgspec.Struct():
            return {name: _fields(getattr(value, name)) for name in value.__struct_fields__}
        case tuple():
            return [_fields(each) for each in value]
        case dt.date():
            return value.isoformat()
        case str():
            return sound(value)
    return value


def sound(text: str) -> str:
    """Text that UTF-8 can say: a byte of a file's name that is no UTF-8 is written as Python would escape it."""
    return text.encode("utf-8", "backslashreplace").decode()
