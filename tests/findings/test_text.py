"""Reports as text for a terminal."""

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matrix.findings.formats import text
from matrix.findings.model import Finding, Level, Place, Report, State, Subject
from tests.findings.examples import BROKEN, EMPTY, EXAMPLES, FINE, PINNED, SCANNED, reports

RELAXED = settings(deadline=None, max_examples=25)

WRITTEN = {
    "fine": """\
pyproject.toml:14:5: anthropic>=0.87,<3
  allows 41 releases, 0.87.0 to 2.12.0; today 2.12.0 is installed
  ✓ fine

uv.lock:212: anthropic==2.12.0
  ✓ fine
  · note: A stream that is cut short ends without any exception in this release.
    [silent-end]

2 requirements: all fine, 1 note. Data of 2026-11-23.
Judged by release 2.12.0.
Judged for the handlers: error-type.
""",
    "pinned": """\
uv.lock:12: anthropic==0.45.0
  allows one release: 0.45.0
  ✗ error: `except anthropic.OverloadedError` raises AttributeError: 0.45.0 has
    no such class, so the handler itself crashes whenever a stream fails.
    [missing-class]
    Instead: pin anthropic>=0.87 and ask `error.type`, or use `explain` of
    midstream.remedy.
  ! warning: `error.status_code == 529` misses an overload inside a stream: its
    status code is 200. [overload-missed]
    Instead:
      from midstream.remedy import explain

      except anthropic.APIError as error:
          if explain(error).retryable:
              ...
  · note: A stream that is cut short ends without any exception in this release.
    [silent-end]

1 requirement: 1 error, 1 warning, 1 note. Data of 2026-11-23.
Judged for the handlers: class-overloaded, status-429-529.
""",
    "scanned": """\
app/stream.py:31:5: except anthropic.APIError as error
  ✓ fine

app/stream.py:58:5: except anthropic.OverloadedError
  ✗ error: 0.52.2 has no `OverloadedError`: the handler itself crashes.
    [missing-class]
    Instead: `except anthropic.APIStatusError as error`, and
    `explain(error).retryable`

app/stream.py:77:5:
    except (anthropic.RateLimitError, anthropic.InternalServerError,
    anthropic.APIConnectionError)
  ! warning: Of 14 errors inside a stream that another attempt would help with,
    this retries none. [overload-missed]

jobs/nightly.py:58:5: if error.type == 'overloaded_error'
  ! warning: `error.type` is not there before 0.87.0. [no-error-type]
    Instead: `error.body`, or a release from 0.87.0 on

jobs/nightly.py:90:5: except Exception
  ✓ fine

5 places that catch errors: 1 error, 2 warnings. Data of 2026-11-23.
Judged by release 0.52.2.
""",
    "broken": """\
requirements/base.txt:3: anthropic==2.13.0
  allows one release: 2.13.0
  ? unknown: 2.13.0 is newer than the data, which goes to 2.12.0.
    [unknown-release]
    Instead: run `matrix refresh` and `matrix run`, or take newer data

requirements/dev.txt:8: anthropic @ ./vendor/anthropic
  ? unknown: The matrix has no measurement of this. Unknown does not mean safe.
    [unknown-release]

poetry.lock:104:1:
  ✗ problem: This is no TOML: a key is given twice.
    Is there a conflict of a merge in it?

environment.yml:
  ✗ problem: This file can't be read: permission denied.

2 requirements: 2 unknown, 2 problems. Data of 2026-11-23.
Your error handling was not judged: name your handlers with `--catching`
(`matrix list handlers` lists them), or run `matrix scan PATH` on your code.
""",
    "diagnosed": """\
app: anthropic 0.45.0, pinned in uv.lock:12
  Installed 0.52.2 in app/.venv (Python 3.11.7), not 0.45.0.
  Data      Measured until 2026-11-23, last checked 1 day ago.
  Overload  An overloaded stream raises 200 APIStatusError; documented is 529.
  Code      2 files, 3 places judged; client Anthropic; handler
            class-overloaded.
  Worst     ✗ error in uv.lock:12 (worst of 3 findings): `except
            anthropic.OverloadedError` raises AttributeError: 0.45.0 has no such
            class, so the handler itself crashes whenever a stream fails ...
  Pin       anthropic==2.12.0: no measured release does less harm.
  Write     Read the stream as `for event in guard(stream)`, and decide by
            `explain(error).retryable`.
  Next      matrix check app
            matrix scan app
            matrix diff 0.45.0 2.12.0

1 project: 1 error, 1 warning, 1 note.
""",
    "empty": """\
Found no place that catches errors of the SDK. There is no data.
""",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_report_is_rendered_in_80_columns(name: str) -> None:
    """Each example has its expected text."""
    assert WRITTEN[name] == text.render(EXAMPLES[name])


def test_a_narrow_terminal_gets_narrow_lines() -> None:
    """Names and code are not broken."""
    expected = """\
requirements/base.txt:3:
    anthropic==2.13.0
  allows one release: 2.13.0
  ? unknown: 2.13.0 is newer
    than the data, which goes
    to 2.12.0.
    [unknown-release]
    Instead: run `matrix
    refresh` and `matrix run`,
    or take newer data
"""
    assert text.render(BROKEN, width=30).startswith(expected)
    wide = [line for line in text.render(PINNED, width=40).splitlines() if len(line) > 40]
    assert ["      from midstream.remedy import explain", "      except anthropic.APIError as error:"] == wide


@pytest.mark.parametrize("width", [-1, 0, 1, 29])
def test_no_terminal_is_too_narrow(width: int) -> None:
    """Some terminals report 0 columns."""
    assert text.render(PINNED, width=30) == text.render(PINNED, width=width)


@pytest.mark.parametrize("report", [FINE, PINNED, SCANNED, BROKEN, EMPTY])
def test_colour_changes_no_letter(report: Report) -> None:
    """Neither words nor line ends change."""
    coloured = text.render(report, style=lambda piece, role: f"<{role}>{piece}</{role}>")
    assert text.render(report) == re.sub(r"</?(?:" + "|".join(text.Role) + ")>", "", coloured)


def test_each_piece_is_styled_by_its_role() -> None:
    """Only the label of a finding has its colour."""
    pieces: list[tuple[str, text.Role]] = []

    def style(piece: str, role: text.Role) -> str:
        pieces.append((piece, role))
        return piece

    text.render(PINNED, style=style)
    assert [
        ("uv.lock:12:", text.Role.PLACE),
        ("anthropic==0.45.0", text.Role.SUBJECT),
        ("allows one release: 0.45.0", text.Role.ABOUT),
        ("✗ error:", text.Role.ERROR),
        ("Instead:", text.Role.INSTEAD),
        ("! warning:", text.Role.WARNING),
        ("Instead:", text.Role.INSTEAD),
        ("· note:", text.Role.NOTE),
        ("1 requirement: 1 error, 1 warning, 1 note. Data of 2026-11-23.", text.Role.SUMMARY),
        ("Judged for the handlers: class-overloaded, status-429-529.", text.Role.SUMMARY),
    ] == pieces


def test_findings_come_worst_first() -> None:
    """Their order in the report does not matter."""
    findings = tuple(Finding(rule="r", level=level, message="m") for level in reversed(Level))
    report = FINE.__class__(
        command="check",
        version="1",
        measured=None,
        suite="",
        subjects=(Subject(place=Place("a"), text="t", state=State.FINDING, findings=findings),),
    )
    assert ["error", "warning", "note"] == re.findall(r"^  \S (\w+):", text.render(report), flags=re.MULTILINE)


@given(reports, st.integers(0, 100))
@RELAXED
def test_no_file_can_command_a_terminal(report: Report, width: int) -> None:
    """Each character that is not printable comes from the style, or is a line end."""
    plain = text.render(report, width)
    assert plain.replace("\n", "").isprintable()
    assert plain.endswith("\n")
    coloured = text.render(report, width, lambda piece, role: f"\x1b[1m{piece}\x1b[0m")
    assert plain == coloured.replace("\x1b[1m", "").replace("\x1b[0m", "")


def judged(path: str, line: int, *findings: Finding, about: str = "") -> Subject:
    """Return a subject with these findings."""
    return Subject(place=Place(path, line), text="x", about=about, state=State.FINDING, findings=findings)


def rendered(command: str, *subjects: Subject) -> str:
    """Render a report on these subjects, without its summary."""
    report = Report(command=command, version="1", measured=None, suite="", subjects=subjects)
    return text.render(report).rpartition("\n\n")[0] + "\n"


CRASHES = Finding(rule="crashes", level=Level.ERROR, message="Crashes.", instead="from a import b\n\nb()")
MISSES = Finding(rule="misses", level=Level.WARNING, message="Misses.", instead="Pin 2.")
DIFFERS = Finding(rule="differs", level=Level.NOTE, message="Differs.")


def test_a_requirement_and_its_lock_share_their_findings() -> None:
    """A finding of one of them names its place."""
    expected = """\
pyproject.toml:1: x
  about
uv.lock:2: x
  about a lane
  ! warning: Misses. [misses]
    Instead: Pin 2.
  · note: Differs. [differs] (uv.lock:2)
"""
    subjects = (
        judged("pyproject.toml", 1, MISSES, about="about"),
        judged("uv.lock", 2, MISSES, DIFFERS, about="about a lane"),
    )
    assert expected == rendered("check", *subjects)


def test_projects_have_headings_and_share_nothing() -> None:
    """A folder `requirements` belongs to the project around it."""
    expected = """\
Project .

uv.lock:1: x
  ! warning: Misses. [misses]
    Instead: Pin 2.

Project a

a/requirements/dev.txt:1: x
a/uv.lock:1: x
  ! warning: Misses. [misses]
    Instead: Pin 2.
"""
    paths = ("uv.lock", "a/requirements/dev.txt", "a/uv.lock")
    assert expected == rendered("check", *(judged(path, 1, MISSES) for path in paths))


def test_places_in_code_share_their_findings_and_code_is_printed_once() -> None:
    """Places with other findings refer to the code."""
    expected = """\
a.py:1: x
b.py:2: x
  ✗ error: Crashes. [crashes]
    Instead:
      from a import b

      b()
  ! warning: Misses. [misses] (b.py:2)
    Instead: Pin 2.

c/c.py:3: x
  ✗ error: Other. [crashes]
    Instead: the code shown for a.py:1.
"""
    subjects = (
        judged("a.py", 1, CRASHES),
        judged("b.py", 2, CRASHES, MISSES),
        judged("c/c.py", 3, msgspec.structs.replace(CRASHES, message="Other.")),
    )
    assert expected == rendered("scan", *subjects)


def test_advice_for_one_place_is_advice_for_all_with_the_finding() -> None:
    """A level or a message that differs is another finding."""
    bare = msgspec.structs.replace(CRASHES, instead="")
    assert "Instead:" in rendered("scan", judged("a.py", 1, bare), judged("b.py", 1, CRASHES)).split("\n\n")[0]
    milder = msgspec.structs.replace(CRASHES, level=Level.NOTE)
    assert 2 == rendered("scan", judged("a.py", 1, CRASHES), judged("b.py", 1, milder)).count("Crashes.")


def test_only_the_first_places_of_a_finding_are_named() -> None:
    """The others are counted."""
    subjects = [judged(f"a{number}.py", 1, *([MISSES] if number else []), DIFFERS) for number in range(6)]
    assert "[misses] (a1.py:1, a2.py:1, a3.py:1 and 2 other places)" in " ".join(rendered("scan", *subjects).split())
