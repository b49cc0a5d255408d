"""Reports as JSON for programs, and their schema."""

import json
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings

from matrix.findings.formats.json_ import SCHEMA, ReportDocument, render
from matrix.findings.formats.schema import schema
from matrix.findings.model import EXIT_CODES, Exit, Report
from tests.findings.examples import BROKEN, EMPTY, EXAMPLES, FINE, PINNED, SCANNED, reports

RELAXED = settings(deadline=None, max_examples=25)
VALIDATOR = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker())


def test_the_schema_is_valid() -> None:
    """Its draft is named; its id is not an address, so nothing is downloaded."""
    jsonschema.Draft202012Validator.check_schema(schema())
    assert "https://json-schema.org/draft/2020-12/schema" == schema()["$schema"]
    assert "urn:midstream:report:1" == schema()["$id"]


def test_every_field_is_described() -> None:
    """The descriptions come from the types' docstrings."""
    fields = {
        f"{name}.{field}": schema_of_field
        for name, definition in schema()["$defs"].items()
        for field, schema_of_field in definition.get("properties", {}).items()
    }
    assert len(fields) > 30
    assert [] == [name for name, schema_of_field in fields.items() if not schema_of_field.get("description")]


def test_the_document_has_every_field_of_a_report() -> None:
    """A field that is added to the report is added to the document."""
    assert {"schema", "exit", "counts", *Report.__struct_fields__} == set(ReportDocument.__struct_fields__)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_report_matches_its_schema(name: str) -> None:
    """Each example does."""
    VALIDATOR.validate(json.loads(render(EXAMPLES[name])))


@pytest.mark.parametrize(
    ("report", "word"),
    [
        (FINE, Exit.FINE),
        (PINNED, Exit.FINDING),
        (SCANNED, Exit.FINDING),
        (BROKEN, Exit.BROKEN),
        (EMPTY, Exit.NOTHING),
    ],
)
def test_a_report_has_the_result_of_the_command(report: Report, word: Exit) -> None:
    """It has the word and the exit code."""
    assert {"word": word, "code": EXIT_CODES[word]} == json.loads(render(report))["exit"]


def test_empty_fields_are_present() -> None:
    """Readers need not know what a missing field means."""
    fine = json.loads(render(FINE))
    assert SCHEMA == fine["schema"]
    assert {
        "place": {"path": "pyproject.toml", "line": 14, "column": 5, "cell": 0, "cell_line": 0},
        "text": "anthropic>=0.87,<3",
        "about": "allows 41 releases, 0.87.0 to 2.12.0; today 2.12.0 is installed",
        "release": "2.12.0",
        "state": "fine",
        "findings": [],
        "evidence": [],
    } == fine["subjects"][0]
    assert [] == fine["problems"]


def test_json_is_indented_and_in_the_order_of_the_types() -> None:
    """Equal reports have equal bytes, and people can read them."""
    expected = """\
{
  "schema": "midstream/report/1",
  "command": "scan",
  "version": "0.1.0",
  "measured": null,
  "suite": "",
  "catching": [],
  "exit": {
    "word": "nothing",
    "code": 4
  },
  "counts": {
    "subjects": 0,
    "errors": 0,
    "warnings": 0,
    "notes": 0,
    "unknown": 0,
    "problems": 0
  },
  "subjects": [],
  "problems": [],
  "rules": [],
  "projects": [],
  "program": "matrix",
  "is_scanned": true
}
"""
    assert expected == render(EMPTY)


@given(reports)
@RELAXED
def test_a_report_is_complete_and_ascii(report: Report) -> None:
    """Reading it returns the report, but for half characters, which UTF-8 can't encode."""
    shown = render(report)
    assert shown.replace("\n", "").isprintable()
    assert shown.isascii()
    read: dict[str, Any] = json.loads(shown)
    VALIDATOR.validate(read)
    again = msgspec.convert({name: read[name] for name in Report.__struct_fields__}, Report)
    assert render(report) == render(again)
