"""Every handler of ours is found for what it is, in its own source."""

import re

import pytest

from matrix.scan import Exactness, scan
from matrix.scan.failures import failures_of
from matrix.scan.nearest_handler import list_taken_by_handlers
from matrix.targets import ANTHROPIC

SILENT = {"any-exception", "getattr-status", "sdk-retries", "stop-reason", "str-overloaded"}
"""They import nothing of the SDK, which the probe imports for them: alone, nothing says that they are about it."""

CLIENT = "import anthropic\n\nclient = anthropic.Anthropic(max_retries=3)\n"


def handler(name: str) -> str:
    """The source of a handler."""
    return (ANTHROPIC.probe / "handlers" / f"{name}.py").read_text(encoding="utf-8")


def as_written_by_a_user(name: str) -> str:
    """A handler with a client of its own, and the call that it is given written out."""
    source = handler(name).replace("create()", "client.messages.create(stream=True)")
    return re.sub(r'(^""".*"""\n)', lambda found: found[0] + CLIENT, source, count=1)


@pytest.mark.parametrize("name", ANTHROPIC.handlers)
def test_a_handler_as_a_user_writes_it_is_that_handler(name: str) -> None:
    """One place, the handler itself, and no difference from it."""
    found = scan(ANTHROPIC, as_written_by_a_user(name), f"{name}.py")
    assert () == found.problems
    assert [(name, Exactness.SAME, "", True)] == [
        (catch.handler, catch.exactness, catch.note, catch.streams) for catch in found.catches
    ]


@pytest.mark.parametrize("name", ANTHROPIC.handlers)
def test_the_source_of_a_handler_is_that_handler(name: str) -> None:
    """Byte for byte as the probe runs it; but one that does not import the SDK is none of our matter."""
    found = scan(ANTHROPIC, handler(name), f"{name}.py")
    assert ([] if name in SILENT else [name]) == [catch.handler for catch in found.catches]
    assert found.uses_sdk is (name not in SILENT)


def test_every_id_is_of_a_handler() -> None:
    """So that whoever reads a catch finds the handler; the others are found by what no failure shows."""
    judged = set(list_taken_by_handlers(failures_of(ANTHROPIC)))
    assert {"remedy", "sdk-retries", "stop-reason"} == set(ANTHROPIC.handlers) - judged
    assert set() == judged - set(ANTHROPIC.handlers)
