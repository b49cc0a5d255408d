"""The scan of programs of the Groq and the Together SDK: streams that end without an exception, and say why or not."""

import textwrap

import pytest

from matrix.scan.scanning import scan
from matrix.targets import TARGETS
from tests.scan.places import describe, open_release

NEWEST = {"groq": "1.7.0", "together": "3.1.1"}


def list_decisions(id_: str, text: str) -> dict[str, str]:
    """List what the only place in a source does, by scenario."""
    head = f"import {id_}\nclient = {id_}.{TARGETS[id_].client_prefix}()\n"
    scanned = scan(open_release(NEWEST[id_], of=id_), head + textwrap.dedent(text), "app.py")
    assert () == scanned.problems
    (catch,) = scanned.catches
    return {scenario: describe(decision) for scenario, decision in catch.decisions.items()}


CHUNKS = 'client.chat.completions.create(model="m", messages=[], stream=True)'

CHECKS = f"""
    def ask():
        finish = None
        for chunk in {CHUNKS}:
            finish = chunk.choices[0].finish_reason or finish
        if finish {{test}}:
            raise ValueError
        return finish
"""


@pytest.mark.parametrize(
    ("id_", "test", "scenario", "expected"),
    [
        ("groq", "is None", "eof-mid", "fail raises ValueError"),
        ("groq", "is None", "x-groq-error", "fail raises ValueError"),
        ("together", "is None", "eof-mid", "fail raises ValueError"),
        ("together", "is None", "finish-error", "fail returns 'error'"),
        ("together", "!= 'stop'", "finish-error", "fail raises ValueError"),
        ("together", "!= 'stop'", "eof-mid", "fail raises ValueError"),
    ],
)
def test_a_check_of_the_end_is_run_on_what_the_stream_delivered(
    id_: str, test: str, scenario: str, expected: str
) -> None:
    """Check that there is a finish reason, and that it is that of a whole answer."""
    assert expected == list_decisions(id_, CHECKS.format(test=test))[scenario]


@pytest.mark.parametrize("id_", NEWEST)
def test_errors_in_a_stream_have_no_class_of_a_status(id_: str) -> None:
    """Retry by a class, which only an HTTP response has."""
    decisions = list_decisions(
        id_,
        f"""
        for _ in range(3):
            try:
                list({CHUNKS})
                break
            except {id_}.InternalServerError:
                continue
        """,
    )
    overloaded = TARGETS[id_].overloaded_type
    assert ("retry", "fail") == (decisions[f"http-{overloaded}"], decisions[f"mid-{overloaded}"])
