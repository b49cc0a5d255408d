"""The scan of each handler's own source finds that handler."""

import re

import pytest

from matrix.scan import Exactness, scan
from matrix.scan.failures import failures_of
from matrix.scan.nearest_handler import list_taken_by_handlers
from matrix.targets import ANTHROPIC

SILENT = {"any-exception", "getattr-status", "sdk-retries", "stop-reason", "str-overloaded"}
"""Handlers that import nothing of the SDK: nothing in their source says that they are about it."""

CLIENT = "import anthropic\n\nclient = anthropic.Anthropic(max_retries=3)\n"


def read_handler(name: str) -> str:
    """Read the source of a handler."""
    return (ANTHROPIC.probe / "handlers" / f"{name}.py").read_text(encoding="utf-8")


def write_as_a_user(name: str) -> str:
    """Write a handler as a user does, with a client and the call in full."""
    text = read_handler(name).replace("create()", "client.messages.create(stream=True)")
    return re.sub(r'(^""".*"""\n)', lambda docstring: docstring[0] + CLIENT, text, count=1)


@pytest.mark.parametrize("name", ANTHROPIC.handlers)
def test_a_handler_as_a_user_writes_it_matches_itself(name: str) -> None:
    """The scan finds one place, without a note."""
    scanned = scan(ANTHROPIC, write_as_a_user(name), f"{name}.py")
    assert () == scanned.problems
    assert [(name, Exactness.SAME, "", True)] == [
        (catch.handler, catch.exactness, catch.note, catch.streams) for catch in scanned.catches
    ]


@pytest.mark.parametrize("name", ANTHROPIC.handlers)
def test_the_source_of_a_handler_matches_itself(name: str) -> None:
    """The source is as the probe runs it; a handler that does not import the SDK gives nothing."""
    scanned = scan(ANTHROPIC, read_handler(name), f"{name}.py")
    assert ([] if name in SILENT else [name]) == [catch.handler for catch in scanned.catches]
    assert scanned.uses_sdk is (name not in SILENT)


def test_the_table_names_every_handler() -> None:
    """Three handlers are missing on purpose: no failure tells them from others."""
    judged = set(list_taken_by_handlers(failures_of(ANTHROPIC)))
    assert {"remedy", "sdk-retries", "stop-reason"} == set(ANTHROPIC.handlers) - judged
    assert set() == judged - set(ANTHROPIC.handlers)
