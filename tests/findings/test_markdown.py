"""Reports as Markdown for the summary of a job."""

import re
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from matrix.findings.formats.diagnoses import rows
from matrix.findings.formats.markdown import BUDGET, code, escaped, prose, render
from matrix.findings.formats.tally import reported_findings, reported_rules
from matrix.findings.model import Report
from tests.findings.examples import BROKEN, EMPTY, FINE, HOSTILE, PINNED, SCANNED, reports

RELAXED = settings(deadline=None, max_examples=25)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {"<code>", "</code>", "<!-- -->"}
BLOCKS = {"<details>\n<summary>What the rules mean</summary>\n", "</details>\n", "</details>"}
INLINE = {"text", "softbreak", "hardbreak", "html_inline", "strong_open", "strong_close"}


def tokens(text: str) -> list[Token]:
    """Return the tokens of Markdown, with those inside of its blocks."""
    return [inner for token in PARSER.parse(text) for inner in (token, *(token.children or ()))]


def test_a_report_is_rendered() -> None:
    """It has a heading, a table, the findings and the rules."""
    expected = """\
## midstream check: 1 error, 1 warning, 1 note

1 requirement&#58; 1 error, 1 warning, 1 note. Data of 2026-11-23.

| | Place | Subject | Findings |
|---|---|---|---|
| ✗ error | <code>uv.lock&#58;12</code> | <code>anthropic==0.45.0</code> | 1 error, 1 warning, 1 note |

### <code>uv.lock&#58;12</code>

<code>anthropic==0.45.0</code>: allows one release&#58; 0.45.0

- ✗ **error**: <code>except anthropic.OverloadedError</code> raises AttributeError&#58; 0.45.0 has no such class, so \
the handler itself crashes whenever a stream fails. (<code>missing-class</code>)\x20\x20
  Instead: pin anthropic&#62;=0.87 and ask <code>error.type</code>, or use <code>explain</code> of midstream.remedy.
- ! **warning**: <code>error.status&#95;code == 529</code> misses an overload inside a stream&#58; its status code is \
200. (<code>overload-missed</code>)\x20\x20
  Instead:

  ```python
  from midstream.remedy import explain

  except anthropic.APIError as error:
      if explain(error).retryable:
          ...
  ```
- · **note**: A stream that is cut short ends without any exception in this release. (<code>silent-end</code>)

<details>
<summary>What the rules mean</summary>
"""
    assert render(PINNED).startswith(expected)


@pytest.mark.parametrize(
    ("report", "heading"),
    [
        (FINE, "## midstream check: 1 note"),
        (SCANNED, "## midstream scan: 1 error, 2 warnings"),
        (BROKEN, "## midstream check: 2 unknown, 2 problems"),
        (EMPTY, "## midstream scan: nothing found"),
        (msgspec.structs.replace(FINE, subjects=FINE.subjects[:1]), "## midstream check: all fine"),
    ],
)
def test_the_heading_has_the_counts(report: Report, heading: str) -> None:
    """It is the first line."""
    assert heading == render(report).splitlines()[0]


def test_a_fine_subject_is_in_the_table_only() -> None:
    """It has no section of its own."""
    row = "| ✓ fine | <code>jobs/nightly.py&#58;90&#58;5</code> | <code>except Exception</code> | none |"
    assert row in render(SCANNED).splitlines()
    assert 3 == render(SCANNED).count("\n### ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain words, and 1.2", "plain words, and 1.2"),
        ("use `a` or `b`.", "use <code>a</code> or <code>b</code>."),
        ("`a`", "<code>a</code>"),
        ("one ` alone", "one &#96; alone"),
        ("`a` and ` alone", "<code>a</code> and &#96; alone"),
        ("a*b", "a&#42;b"),
        ("", ""),
    ],
)
def test_text_between_backticks_is_code(text: str, expected: str) -> None:
    """Only our own messages have backticks."""
    assert expected == prose(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text: str) -> None:
    """It is text on its own, in a cell and as code."""
    for shown in (escaped(text), code(text), prose(text)):
        (row,) = [token for token in PARSER.parse(f"| h |\n|---|\n| {shown} |\n") if token.type == "tbody_open"]
        assert row.map == [2, 3]
        assert set() == {token.type for token in tokens(f"x {shown}")} - INLINE - {
            "inline",
            "paragraph_open",
            "paragraph_close",
        }


@given(reports)
@RELAXED
def test_no_text_breaks_out(report: Report) -> None:
    """No text adds a link, image, tag, heading, row, cell or list."""
    shown = render(report)
    parsed = tokens(shown)
    kinds = Counter(token.type for token in parsed)
    inline = {inner.type for token in parsed if token.type == "inline" for inner in token.children or ()}
    assert set() == inline - INLINE
    assert set() == {token.content for token in parsed if token.type == "html_inline"} - OURS
    assert set() == {token.content for token in parsed if token.type == "html_block"} - BLOCKS
    sections = [subject for subject in report.subjects if reported_findings(subject)]
    assert 1 + len(report.projects) + len(sections) + bool(report.problems) == kinds["heading_open"]
    assert (1 + len(report.subjects) if report.subjects else 0) == kinds["tr_open"]
    assert 4 * kinds["tr_open"] == kinds["th_open"] + kinds["td_open"]
    items = (
        sum(len([*rows(each, report)]) - 1 + len(each.commands) for each in report.projects)
        + sum(len(reported_findings(subject)) for subject in sections)
        + len(report.problems)
        + len(reported_rules(report))
    )
    assert items == kinds["list_item_open"]
    assert 0 == kinds["blockquote_open"] + kinds["code_block"] + kinds["hr"]
    outside = "".join(token.content for token in parsed if token.type == "inline")
    assert None is re.search(r"://|www\.|@(?!<!-- -->)", outside, flags=re.IGNORECASE)


def test_a_summary_fits() -> None:
    """GitHub refuses a summary that is too long, so the parts that do not fit are counted."""
    many = msgspec.structs.replace(PINNED, subjects=PINNED.subjects * 1_000)
    shown = render(many)
    assert len(shown.encode()) <= BUDGET + 200
    assert re.search(
        r"\n\d[\d,]+ parts of this report did not fit in a summary; other formats have all parts\.\n", shown
    )
    assert shown.endswith("Judged for the handlers: <code>class-overloaded</code>, <code>status-429-529</code>.\n")
