"""Render a report as JSON, for programs. Pure.

Every field is present, even if it is empty; `reports/schemas/report.json` describes the fields. The text is ASCII, and
fields have the order of the types, so equal reports have equal bytes. JSON shortens nothing.
"""

import datetime as dt
from typing import Final, Literal

import msgspec

from matrix.findings.formats.tally import Tally, tally
from matrix.findings.model import EXIT_CODES, Diagnosis, Exit, Problem, Report, Rule, Subject
from matrix.model import Frozen
from matrix.schema import encode

SCHEMA: Final = "midstream/report/1"
"""The name of this format. Its number changes when a field is removed or changes its meaning."""


class ReportExit(Frozen, frozen=True):
    """The result of a command.

    Attributes:
        word: The result in one word.
        code: The exit code of that result; with `--exit-zero` or `--allow-nothing` the command may exit with 0 instead.
    """

    word: Exit
    code: int


class ReportDocument(Frozen, frozen=True, kw_only=True):
    """The report of a command.

    Attributes:
        schema: The name of this format.
        command: The command: `check`, `scan`, `doctor` or `audit`.
        version: The version of this program.
        measured: The day of the newest result in the data; null if there is no data.
        suite: The digest of the suite that was measured.
        catching: The ids of the handlers that `--catching` names.
        exit: The result of the command.
        counts: The numbers of subjects, findings and problems.
        subjects: The subjects, in the order of their places.
        problems: The input that could not be read.
        rules: The rules that the findings name.
        projects: The diagnosis of each project; empty but for `doctor`.
        program: The command line of this program for the package, up to the subcommand.
        is_scanned: Whether `scan` judges code that uses the package.
    """

    schema: Literal["midstream/report/1"]
    command: str
    version: str
    measured: dt.date | None
    suite: str
    catching: tuple[str, ...]
    exit: ReportExit
    counts: Tally
    subjects: tuple[Subject, ...]
    problems: tuple[Problem, ...]
    rules: tuple[Rule, ...]
    projects: tuple[Diagnosis, ...]
    program: str
    is_scanned: bool


def render(report: Report) -> str:
    """Render a report as JSON."""
    return encode(_fields(document(report)))


def document(report: Report) -> ReportDocument:
    """Return a report with its result and its counts."""
    return ReportDocument(
        schema=SCHEMA,
        command=report.command,
        version=report.version,
        measured=report.measured,
        suite=report.suite,
        catching=report.catching,
        exit=ReportExit(report.exit, EXIT_CODES[report.exit]),
        counts=tally(report),
        subjects=report.subjects,
        problems=report.problems,
        rules=report.rules,
        projects=report.projects,
        program=report.program,
        is_scanned=report.is_scanned,
    )


def _fields(value: object) -> object:
    """Convert a value to JSON types, with the empty fields that msgspec would leave out."""
    match value:
        case msgspec.Struct():
            return {name: _fields(getattr(value, name)) for name in value.__struct_fields__}
        case tuple():
            return [_fields(item) for item in value]
        case dt.date():
            return value.isoformat()
        case str():
            return encodable(value)
    return value


def encodable(text: str) -> str:
    """Escape, as Python does, the bytes of a file's name that are not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()
