"""Diagnoses in a terminal: few lines, narrow enough, and commands that can be copied."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.findings.formats import text
from matrix.findings.formats.diagnoses import MOST_LINES, diagnosis_lines, rows
from matrix.findings.model import Diagnosis, Exit, InstalledRelease, Report
from matrix.system.text import visible
from tests.findings.examples import DIAGNOSED, EMPTY, diagnoses
from tests.support.behaviours import RELAXED

(APP,) = DIAGNOSED.projects


def row(diagnosis: Diagnosis, label: str) -> str:
    """Return the text of one row."""
    return next(each.text for each in rows(diagnosis, DIAGNOSED) if each.label == label)


@given(diagnoses, st.integers(30, 120))
@RELAXED
def test_a_diagnosis_has_at_most_fifteen_lines_of_bounded_width(diagnosis: Diagnosis, width: int) -> None:
    """Only a word without spaces and a command are wider: people copy these."""
    lines = diagnosis_lines(diagnosis, DIAGNOSED, width)
    assert len(lines) <= MOST_LINES == 15
    commands = len(diagnosis.commands)
    printed = lines[len(lines) - commands :]
    assert [visible(command) for command in diagnosis.commands] == [line[12:] for line in printed]
    wide = [line for line in lines[: len(lines) - commands] if len(line) > width]
    assert [] == [line for line in wide if len(line.removesuffix(" ...")[12:].split()) > 1]


def test_the_rows_that_matter_most_get_the_lines() -> None:
    """A long finding does not hide what to pin, and a cut row says that it was cut."""
    assert APP.worst is not None
    long = msgspec.structs.replace(APP.worst.finding, message="it fails " * 100)
    diagnosis = msgspec.structs.replace(
        APP, worst=msgspec.structs.replace(APP.worst, finding=long), write="write this " * 50, pin="pin that " * 50
    )
    lines = diagnosis_lines(diagnosis, DIAGNOSED, 80)
    labels = [line[2:12].strip() for line in lines[1:] if line[2:12].strip()]
    assert ["Installed", "Data", "Overload", "Code", "Worst", "Pin", "Write", "Next"] == labels
    assert (15, 4) == (len(lines), sum(line.endswith(" ...") for line in lines))


@pytest.mark.parametrize(
    ("age", "is_stale", "expected"),
    [
        (0, False, "Measured until 2026-11-23, last checked today."),
        (1, False, "Measured until 2026-11-23, last checked 1 day ago."),
        (
            40,
            True,
            "Measured until 2026-11-23, last checked 40 days ago. Newer releases may be missing.",
        ),
        (None, False, "There is none: run `matrix refresh`, then `matrix run`."),
    ],
)
def test_the_age_of_the_data_is_said(age: int | None, is_stale: bool, expected: str) -> None:
    """Data that is older than its schedule is named so."""
    assert expected == row(msgspec.structs.replace(APP, age=age, is_stale=is_stale), "Data")


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        (InstalledRelease(environment=".venv", version="0.45.0", python="3.11.7"), "0.45.0 in .venv (Python 3.11.7)."),
        (InstalledRelease(environment=".venv", version="0.52.2"), "0.52.2 in .venv, not 0.45.0."),
        (InstalledRelease(environment=".venv", python="3.11.7"), "not in .venv (Python 3.11.7)."),
        (InstalledRelease(environment=".venv", problem="It is a trap."), ".venv can't be read: It is a trap."),
    ],
)
def test_what_an_environment_has_is_compared_with_the_pin(installed: InstalledRelease, expected: str) -> None:
    """An environment without the SDK, and one that can't be read, are named too."""
    assert expected == row(msgspec.structs.replace(APP, installed=(installed,)), "Installed")


def test_a_client_that_was_not_measured_is_named_so() -> None:
    """The others are not."""
    clients = msgspec.structs.replace(APP, clients=("Anthropic", "AnthropicBedrock"), unmeasured=("AnthropicBedrock",))
    assert "clients Anthropic, AnthropicBedrock (not measured); handler" in row(clients, "Code")


def test_code_that_catches_nothing_and_no_code_differ() -> None:
    """Both are said."""
    caught = msgspec.structs.replace(APP, places=0, handlers=())
    assert "2 files, no place catches its errors; client Anthropic." == row(caught, "Code")
    assert "No Python file here uses anthropic." == row(msgspec.structs.replace(caught, files=0), "Code")


def test_a_project_without_a_finding_is_fine() -> None:
    """It has no subject either, and still there is something to report."""
    fine = msgspec.structs.replace(APP, worst=None)
    report = msgspec.structs.replace(DIAGNOSED, subjects=(), projects=(fine,))
    assert ("✓ No finding.", Exit.FINE) == (row(fine, "Worst"), report.exit)
    assert text.render(report).endswith("\n\n1 project: no finding.\n")


def test_no_project_is_nothing() -> None:
    """The summary says so."""
    report: Report = msgspec.structs.replace(EMPTY, command="doctor")
    assert (Exit.NOTHING, "Found no project that uses the SDK. There is no data.\n") == (
        report.exit,
        text.render(report),
    )
