"""Exceptions that the code around a caught error raises itself, and the clauses that take them.

The answers come from running `tests/truth/programs/anthropic/caught_own.py`.
"""

import textwrap

import pytest

from matrix.scan.catches import Choice
from tests.scan.places import find_only_place, list_chosen
from tests.scan.test_conditions import PROGRAM


@pytest.mark.parametrize(
    ("taken", "retried", "crashed"),
    [
        ("ValueError", "400 429 529 mid-400 mid-429 mid-529", ""),
        ("json.JSONDecodeError", "400 429 529 mid-400 mid-429 mid-529", ""),
        ("(KeyError, json.decoder.JSONDecodeError)", "400 429 529 mid-400 mid-429 mid-529", ""),
        ("KeyError", "", "400 429 529 mid-400 mid-429 mid-529"),
    ],
)
def test_a_clause_takes_exceptions_of_the_library_by_their_bases(taken: str, retried: str, crashed: str) -> None:
    """The text of an error is no JSON, which a clause may take by the name of the exception, or of its base."""
    body = f"try: body = json.loads(str(e))\nexcept {taken}: continue"
    program = PROGRAM.format(kind="anthropic.APIStatusError", body=textwrap.indent(body, " " * 12))
    catch = find_only_place(program)
    assert (retried, crashed) == (list_chosen(catch, Choice.RETRY), list_chosen(catch, Choice.CRASH))


@pytest.mark.parametrize(
    ("raised", "taken", "decision"),
    [
        ("TimeoutError", "asyncio.TimeoutError", "fail returns None"),
        ("asyncio.CancelledError", "Exception", "fail raises CancelledError"),
        ("ConnectionResetError", "IOError", "fail returns None"),
        ("requests.Timeout()", "requests.RequestException", "undecided Timeout comes from requests"),
        ("requests.Timeout()", "OSError", "undecided Timeout comes from requests"),
        ("PermissionError", "requests.RequestException", "fail raises PermissionError"),
    ],
)
def test_an_exception_of_the_code_meets_a_clause_further_out(raised: str, taken: str, decision: str) -> None:
    """Nothing is known of the classes of other packages."""
    body = f"try: raise {raised}\nexcept {taken}: return"
    program = "import asyncio, requests\n" + PROGRAM.format(
        kind="anthropic.APIStatusError", body=textwrap.indent(body, " " * 12)
    )
    found = find_only_place(program).decisions["mid-overloaded_error"]
    assert f"{found.choice} {found.detail}".startswith(decision)
