"""Checks of a stream's end whose exception a clause takes.

The answers come from running `tests/truth/programs/anthropic/checks_caught.py`.
"""

import textwrap
from typing import Final

import pytest

from tests.scan.places import find_only_place, scan_text

PROGRAM: Final = """\
import anthropic
client = anthropic.Anthropic()
class Cut(Exception): ...
def is_whole(message): return message.stop_reason is not None
def raise_cut(message):
    if message.stop_reason is None: raise Cut
def ask():
    for attempt in range(2):
        try:
            with client.messages.stream() as stream:
                message = stream.get_final_message()
{check}
            return message
        except {taken}:
{reaction}
    raise RuntimeError("no answer")
"""


@pytest.mark.parametrize(
    ("check", "taken", "reaction", "decision"),
    [
        ("if message.stop_reason is None: raise Cut", "(Cut, anthropic.APIError)", "continue", "retry"),
        ("if message.stop_reason is None: raise Cut", "Exception", "continue", "retry"),
        ("if message.stop_reason is None: raise Cut", "anthropic.APIError", "continue", "fail raises Cut"),
        ("if not message.stop_reason: raise Cut()", "Exception as e", "raise OSError from e", "fail raises OSError"),
        ("if not message.stop_reason: raise Cut()", "(Cut, anthropic.APIError)", "return ''", "fail returns ''"),
        ("assert message.stop_reason", "(AssertionError, anthropic.APIError)", "continue", "retry"),
        ("assert message.stop_reason", "anthropic.APIError", "continue", "fail raises AssertionError"),
        ("raise_cut(message)", "(Cut, anthropic.APIError)", "continue", "retry"),
        ("raise_cut(message)", "anthropic.APIError", "continue", "fail raises Cut"),
    ],
)
def test_the_exception_of_a_check_is_followed_to_its_clause(
    check: str, taken: str, reaction: str, decision: str
) -> None:
    """What its clause does with it is what the code does with a stream that was cut."""
    program = PROGRAM.format(check=textwrap.indent(check, " " * 12), taken=taken, reaction=" " * 12 + reaction)
    found = find_only_place(program).decisions["eof-mid"]
    assert f"{found.choice} {found.detail}".rstrip() == decision


def test_a_function_that_says_whether_the_answer_is_whole_is_a_check() -> None:
    """Its answer is followed to what the code does then."""
    check = " " * 12 + "if not is_whole(message): continue"
    program = PROGRAM.format(check=check, taken="anthropic.APIError", reaction=" " * 12 + "continue")
    assert find_only_place(program).decisions["eof-mid"].choice == "retry"


READ: Final = """\
import anthropic
client = anthropic.Anthropic()
def read():
    try:
        return list(client.messages.create(stream=True))
    except anthropic.RateLimitError:
        return None
"""


@pytest.mark.parametrize(
    ("caller", "choice"),
    [
        ("def ask():\n    if not any(e.type == 'message_stop' for e in read()): raise ValueError\n", "undecided"),
        ("def ask():\n    for e in read():\n        if e.type == 'message_stop': print(e)\n", "accept"),
        ("def log(e):\n    if e.type == 'message_stop': print(e)\ndef ask():\n    for e in read(): log(e)\n", "accept"),
        ("", "accept"),
    ],
)
def test_a_caller_may_check_the_end(caller: str, choice: str) -> None:
    """What looks at one event after the other does not notice that the last one is missing."""
    (place,) = scan_text(READ + caller)
    assert place.decisions["eof-mid"].choice == choice


@pytest.mark.parametrize(
    ("condition", "retried"),
    [
        ("not any(e.type == 'message_stop' for e in events)", "eof-mid eof-after-delta"),
        ("not any(e.type == 'message_delta' and e.delta.stop_reason for e in events)", "eof-mid"),
    ],
)
def test_a_check_notices_what_it_looks_for(condition: str, retried: str) -> None:
    """A stream may have said why it ends and still lack its last event."""
    code = f"""\
import anthropic
client = anthropic.Anthropic()
def ask():
    for _ in range(2):
        try:
            events = list(client.messages.create(stream=True))
        except anthropic.APIStatusError:
            continue
        if {condition}: continue
        return events
"""
    decisions = find_only_place(code).decisions
    noticed = [id_ for id_ in ("eof-mid", "eof-after-delta") if decisions[id_].choice == "retry"]
    assert noticed == retried.split()


def test_no_clause_sees_what_its_else_raises() -> None:
    """The `else` of a `try` is outside of it."""
    check = "if not any(e.type == 'message_stop' for e in events): raise ValueError"
    code = READ.replace("return list(", "events = list(").replace("except anthropic.RateLimitError", "except Exception")
    assert find_only_place(f"{code}    else:\n        {check}\n").decisions["eof-mid"].detail == "raises ValueError"
