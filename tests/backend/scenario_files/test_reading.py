"""Scenario files of users: what is accepted, and what each mistake is answered with."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from matrix.backend.limits import Limits
from matrix.backend.scenario_files.document import schema
from matrix.backend.scenario_files.reading import load, read
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import (
    Body,
    Event,
    Finish,
    Head,
    NoIdeal,
    Pause,
    Prelude,
    RaisesStatus,
    Rest,
    Text,
)
from matrix.errors import UsageError
from matrix.targets import ANTHROPIC, OPENAI

VALID = """\
schema: midstream/scenarios/1
scenarios:
  - id: overload-then-ok
    title: The server is overloaded after some text, and answers the second request.
    dialects: [messages]
    attempts:
      - - type: Head
          headers: [[Retry-After, "2"]]
        - type: Prelude
        - type: Pause
          seconds: 0.2
        - type: Event
          name: error
          data: '{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'
        - type: Finish
      - - type: Head
        - type: Prelude
        - type: Rest
        - type: Finish
    ideal: {type: RaisesStatus, error_type: overloaded_error, status: 529}
    text: some
    retry: true
"""

BODY = """\
schema: midstream/scenarios/1
scenarios:
  - id: body
    title: Some bytes.
    dialects: [messages]
    attempts:
      - - type: Head
        - type: Body
          text: "data: 1"
        - type: Finish
"""


def save(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_a_file_describes_a_scenario(tmp_path: Path) -> None:
    """Check every field."""
    [scenario] = load([save(tmp_path, VALID)], ANTHROPIC).values()
    error = '{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'
    head = Head(headers=(("Retry-After", "2"),))
    assert (head, Prelude(), Pause(0.2), Event("error", error), Finish()) == scenario.steps
    assert (Head(), Prelude(), Rest(), Finish()) == scenario.then
    assert RaisesStatus("overloaded_error", 529) == scenario.ideal
    assert (Text.SOME, True, frozenset({Dialect.MESSAGES})) == (scenario.text, scenario.retry, scenario.dialects)


def test_json_and_yaml_are_the_same(tmp_path: Path) -> None:
    """The name of the file says which of the two it is."""
    as_json = save(tmp_path, json.dumps(yaml.safe_load(VALID)), "mine.json")
    assert read(save(tmp_path, VALID)) == read(as_json)


@pytest.mark.parametrize("text", [VALID, BODY])
def test_a_file_matches_the_published_schema(text: str) -> None:
    """An editor can check a file while it is written."""
    jsonschema.Draft202012Validator(schema()).validate(yaml.safe_load(text))


def test_a_scenario_without_an_ideal_says_so(tmp_path: Path) -> None:
    """No verdict may judge what nobody stated."""
    assert NoIdeal() == read(save(tmp_path, BODY))["body"].ideal


def test_bytes_are_text_or_base64(tmp_path: Path) -> None:
    """Text is for people, and Base64 for bytes that are no UTF-8."""
    in_base64 = BODY.replace('text: "data: 1"', "base64: /w==")
    assert Body(b"data: 1") == read(save(tmp_path, BODY))["body"].steps[1]
    assert Body(b"\xff") == read(save(tmp_path, in_base64))["body"].steps[1]


def test_third_and_later_requests_have_answers_of_their_own(tmp_path: Path) -> None:
    """After the last answer, the first follows again."""
    more = "\n".join(f"      - - {{type: Respond, status: {status}, body: ''}}" for status in (503, 529))
    scenario = read(save(tmp_path, BODY.rstrip() + "\n" + more))["body"]
    statuses = [next(getattr(step, "status", None) for step in scenario.attempt(number)) for number in range(5)]
    assert [200, 503, 529, 200, 503] == statuses


PLACE = "scenarios[0]"

REST_ATTEMPT = VALID[VALID.rindex("      - - type: Head") : VALID.index("    ideal")]
"""The lines of the second attempt."""

MISTAKES = {
    "unknown step": (VALID, "type: Pause", "type: Pauze", f"{PLACE}.attempts[0][2].type: ", "Did you mean Pause"),
    "unknown field of a step": (VALID, "seconds: 0.2", "second: 0.2", f"{PLACE}.attempts[0][2]: ", "`second`"),
    "unknown field of a scenario": (VALID, "    retry: true", "    retries: 2", f"{PLACE}: ", "`retries`"),
    "unknown field of an ideal": (VALID, "status: 529}", "code: 529}", f"{PLACE}.ideal: ", "`code`"),
    "unknown ideal": (VALID, "RaisesStatus", "RaisesStatuses", f"{PLACE}.ideal.type: ", "mean RaisesStatus"),
    "an ideal of the harness": (VALID, "{type: RaisesStatus, error_type: overloaded_error, status: 529}",
                                "{type: IsUnsupported}", f"{PLACE}.ideal.type: ", "IsUnsupported"),
    "no schema": (VALID, "schema: midstream/scenarios/1\n", "", "the document: ", "`schema`"),
    "another schema": (VALID, "scenarios/1", "scenarios/2", "schema: ", "scenarios/2"),
    "no list": (VALID, VALID, "- 1\n", "the document: ", "Expected `object`, got `array`"),
    "nothing": (VALID, VALID, "", "the document: ", "got `null`"),
    "a number for a text": (VALID, "name: error", "name: 12", f"{PLACE}.attempts[0][3].name: ", "in quotes"),
    "an id with a slash": (VALID, "id: over", "id: a/b", f"{PLACE}.id: ", "lower-case"),
    "an id with a line end": (VALID, "id: overload-then-ok", 'id: "a\\n"', f"{PLACE}.id: ", "lower-case"),
    "an unknown dialect": (VALID, "[messages]", "[grpc]", f"{PLACE}.dialects[0]: ", "grpc"),
    "no dialect": (VALID, "[messages]", "[]", f"{PLACE}.dialects: ", "length >= 1"),
    "no attempt": (BODY, BODY[BODY.index("    attempts") :], "    attempts: []\n", f"{PLACE}.attempts: ", ">= 1"),
    "an empty attempt": (VALID, REST_ATTEMPT, "      - []\n", f"{PLACE}.attempts[1]: ", ">= 1"),
    "no head": (VALID, "- - type: Head\n        - type: Prelude\n        - type: Rest",
                "- - type: Prelude\n        - type: Rest", f"{PLACE}.attempts[1][0]: ", "no Head precedes it"),
    "two heads": (VALID, "type: Rest", "type: Head", f"{PLACE}.attempts[1][2]: ", "a Head precedes it"),
    "a step after the end": (VALID, "type: Rest", "type: Close", f"{PLACE}.attempts[1][3]: ", "Close ended"),
    "a legal end of a broken response": (BODY, "type: Body", "type: Raw", f"{PLACE}.attempts[0][2]: ", "Raw broke"),
    "more than the length": (BODY, "type: Head", "type: Head\n          length: 3",
                             f"{PLACE}.attempts[0][1]: ", "Too much data"),
    "an illegal header": (BODY, "type: Head", 'type: Head\n          headers: [["a b", "c"]]',
                          f"{PLACE}.attempts[0][0]: ", "Illegal header name"),
    "a header with a field": (BODY, "type: Head", 'type: Head\n          headers: [["Content-Length", "5"]]',
                              f"{PLACE}.attempts[0][0]: ", "`length`"),
    "an impossible status": (BODY, "type: Head", "type: Head\n          status: 99",
                             f"{PLACE}.attempts[0][0].status: ", ">= 200"),
    "a negative length": (BODY, "type: Head", "type: Head\n          length: -1",
                          f"{PLACE}.attempts[0][0].length: ", ">= 0"),
    "a negative pause": (VALID, "seconds: 0.2", "seconds: -0.2", f"{PLACE}.attempts[0][2].seconds: ", ">= 0"),
    "an endless pause": (VALID, "seconds: 0.2", "seconds: .inf", f"{PLACE}.attempts[0]: ", "300 s"),
    "a pause that is no number": (VALID, "seconds: 0.2", "seconds: .nan", f"{PLACE}.attempts[0][2].seconds: ", ">="),
    "pauses that are too long": (VALID, "seconds: 0.2", "seconds: 301", f"{PLACE}.attempts[0]: ", "Shorten them"),
    "a line end in an event": (VALID, "name: error", 'name: "a\\nb"', f"{PLACE}.attempts[0][3]: ", "line end"),
    "neither text nor base64": (BODY, '\n          text: "data: 1"', "", f"{PLACE}.attempts[0][1]: ", "either"),
    "text and base64": (BODY, 'text: "data: 1"', "text: a\n          base64: YQ==",
                        f"{PLACE}.attempts[0][1]: ", "either"),
    "no base64": (BODY, 'text: "data: 1"', "base64: '?'", f"{PLACE}.attempts[0][1].base64: ", "base64"),
    "an ideal without a retry": (VALID, "    retry: true\n", "", f"{PLACE}: ", "`retry`"),
    "an id twice": (BODY, BODY, BODY + BODY[BODY.index("  - id") :], "scenarios[1].id: ", "also called 'body'"),
    "no YAML": (VALID, "  - id", " - id: [", "line ", "no YAML"),
    "an alias": (VALID, "status: 529", "status: &a 1, b: *a", "", "aliases"),
    "a directive": (VALID, "schema", "%YAML 1.1\n---\nschema", "", "directives"),
    "a tag of Python": (VALID, "[messages]", "!!python/object/apply:os.system [exit]", "line 5: ", "no YAML"),
    "too many levels": (VALID, "[messages]", "[" * 5000 + "]" * 5000, "", "nested too deeply"),
    "an impossible day": (VALID, "seconds: 0.2", "seconds: 2026-02-31", "", "impossible value"),
}  # fmt: skip
"""Name of a mistake to a file, what it replaces, its text, and what the message and the hint say."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place_and_a_hint(tmp_path: Path, name: str) -> None:
    """A person finds the line and knows what to write instead."""
    text, right, wrong, place, word = MISTAKES[name]
    assert right in text
    path = save(tmp_path, text.replace(right, wrong, 1))
    with pytest.raises(UsageError) as caught:
        load([path], ANTHROPIC)
    message = str(caught.value)
    assert message.startswith(f"{path}: {place}")
    assert word in f"{message} {caught.value.hint}"
    assert (2, True) == (caught.value.exit_code, bool(caught.value.hint))
    assert len(message) < len(str(path)) + 300


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.txt", b"{}", ".yaml, .yml or .json"),
        ("a.json", b"{", "no JSON"),
        ("a.json", b"[" * 100_000, "no JSON"),
        ("a.yaml", b"a: \xff", "byte 3 is no UTF-8"),
        ("a.json", b"\xff", "byte 0 is no UTF-8"),
        ("a.yaml", b"#" * (Limits().body + 1), "bytes"),
        ("missing.yaml", None, "can't be read"),
    ],
    ids=["suffix", "cut", "nested", "YAML in Latin-1", "JSON in Latin-1", "huge", "missing"],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str, content: bytes | None, word: str) -> None:
    """No content of a file ends in a traceback."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=word) as caught:
        read(path)
    assert caught.value.hint


def test_an_id_of_the_catalogue_is_refused(tmp_path: Path) -> None:
    """A base URL selects one scenario."""
    with pytest.raises(UsageError, match="'clean' in the catalogue"):
        load([save(tmp_path, BODY.replace("id: body", "id: clean"))], ANTHROPIC)


def test_an_id_of_another_file_is_refused(tmp_path: Path) -> None:
    """The message names the second file."""
    second = save(tmp_path, BODY, "second.yaml")
    with pytest.raises(UsageError, match=r"second\.yaml: there is a scenario 'body' in another file"):
        load([save(tmp_path, BODY), second], ANTHROPIC)


def test_a_dialect_of_another_api_is_refused(tmp_path: Path) -> None:
    """The hint is the command that speaks it."""
    path = save(tmp_path, BODY)
    with pytest.raises(UsageError, match="'body' exists in messages, which the OpenAI API does not speak") as caught:
        load([path], OPENAI)
    assert "`matrix backend` speaks it." == caught.value.hint
