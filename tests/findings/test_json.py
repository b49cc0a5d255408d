"""A report for programs, and its schema."""

import json
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings

from matrix.findings.formats.json_ import SCHEMA, Document, render
from matrix.findings.formats.schema import schema
from matrix.findings.model import EXIT_CODES, Exit, Report
from tests.findings.examples import BROKEN, EMPTY, EXAMPLES, FINE, PINNED, SCANNED, reports

RELAXED = settings(deadline=None, max_examples=25)
VALIDATOR = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker())


def test_the_schema_is_a_schema() -> None:
    """Of the draft that it names; its name is no address, so nobody is asked for it."""
    jsonschema.Draft202012Validator.check_schema(schema())
    assert "https://json-schema.org/draft/2020-12/schema" == schema()["$schema"]
    assert "urn:midstream:report:1" == schema()["$id"]


def test_every_field_is_described() -> None:
    """By the documentation of its type."""
    fields = {
        f"{name}.{field}": found
        for name, definition in schema()["$defs"].items()
        for field, found in definition.get("properties", {}).items()
    }
    assert len(fields) > 30
    assert [] == [name for name, found in fields.items() if not found.get("description")]


def test_a_report_says_all_that_there_is() -> None:
    """A field that is added to a report is in the document too, or this fails."""
    assert {"schema", "exit", "counts", *Report.__struct_fields__} == set(Document.__struct_fields__)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_report_is_as_its_schema_says(name: str) -> None:
    """Each example."""
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
def test_a_report_says_how_it_ended(report: Report, word: Exit) -> None:
    """In a word, and as the exit code of that word."""
    assert {"word": word, "code": EXIT_CODES[word]} == json.loads(render(report))["exit"]


def test_what_is_empty_is_there() -> None:
    """Nobody who reads it has to know what a missing field means."""
    fine = json.loads(render(FINE))
    assert SCHEMA == fine["schema"]
    assert {
        "place": {"path": "pyproject.toml", "line": 14, "column": 5},
        "text": "anthropic>=0.87,<3",
        "about": "allows 41 releases, 0.87.0 to 2.12.0; today 2.12.0 is installed",
        "release": "2.12.0",
        "state": "fine",
        "findings": [],
    } == fine["subjects"][0]
    assert [] == fine["problems"]


def test_json_is_pretty_and_in_the_order_of_the_types() -> None:
    """So that people can read it, and so that equal reports have equal bytes."""
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
  "rules": []
}
"""
    assert expected == render(EMPTY)


@given(reports)
@RELAXED
def test_a_report_is_whole_and_inert(report: Report) -> None:
    """What is read is what was written, but for half characters, which UTF-8 can't say; and all of it is ASCII."""
    shown = render(report)
    assert shown.replace("\n", "").isprintable()
    assert shown.isascii()
    read: dict[str, Any] = json.loads(shown)
    VALIDATOR.validate(read)
    again = msgspec.convert({name: read[name] for name in Report.__struct_fields__}, Report)
    assert render(report) == render(again)
