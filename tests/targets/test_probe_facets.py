"""The probe's description of exceptions and connections: which parts of a text it replaces, and what a pool holds.

The module is loaded from its file; it needs the standard library only.
"""

import importlib.util
import sys
from types import SimpleNamespace
from typing import Any, Final

import pytest

from matrix.targets import ANTHROPIC


def _load_facets() -> Any:
    spec = importlib.util.spec_from_file_location("a_test_of_probe_facets", ANTHROPIC.probe / "probe_facets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        spec.loader.exec_module(module)
    return module


facets: Final = _load_facets()

AN_OBJECT: Final = "<a.B object at 0x7f3a5c0d1e90>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(AN_OBJECT, "<a.B object at 0x>", id="Python's address"),
        pytest.param("<a.B object at 0x000001F3A5C0D1E9>", "<a.B object at 0x>", id="Python's address on Windows"),
        pytest.param("Cancelled by cancel scope 7f3a5c0d1e90", "Cancelled by cancel scope 0x", id="AnyIO 4.0 to 4.10"),
        pytest.param(
            "Cancelled via cancel scope 7f3a5c0d1e90 by <Task name='a'>; reason: b",
            "Cancelled via cancel scope 0x by <Task name='a'>; reason: b",
            id="AnyIO since 4.11",
        ),
    ],
)
def test_an_address_is_replaced(text: str, expected: str) -> None:
    """Equal behaviour must give equal bytes, wherever an object lies in memory."""
    assert expected == facets.scrub(text, "")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("'utf-8' codec can't decode byte 0xff in position 91", id="a byte"),
        pytest.param("Attempted to exit cancel scope in a different task than it was entered in", id="AnyIO 3 and 4"),
        pytest.param("Attempted to exit a cancel scope that isn't the current task's current cancel scope", id="AnyIO"),
        pytest.param("the cancel scope deadbeef was not entered", id="a name of a cancel scope"),
        pytest.param("request deadbeefcafe failed", id="an identifier"),
    ],
)
def test_a_text_without_an_address_is_left_alone(text: str) -> None:
    """A replaced part would hide a difference between two releases."""
    assert text == facets.scrub(text, "")


def make_client(*states: str) -> SimpleNamespace:
    """Make a client over httpx whose pool has connections in these states."""
    connections = [
        SimpleNamespace(
            is_idle=lambda state=state: state in ("idle", "failed"),
            is_closed=lambda state=state: state in ("closed", "failed"),
        )
        for state in states
    ]
    pool = SimpleNamespace(connections=connections)
    return SimpleNamespace(_client=SimpleNamespace(_transport=SimpleNamespace(_pool=pool)))


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param((), "closed", id="dropped"),
        pytest.param(("closed",), "closed", id="closed, and dropped at the next call"),
        pytest.param(("failed",), "closed", id="could not be made"),
        pytest.param(("idle",), "idle", id="idle"),
        pytest.param(("closed", "idle"), "idle", id="idle, beside a closed one"),
        pytest.param(("failed", "idle"), "idle", id="idle, beside one that could not be made"),
        pytest.param(("open",), "open", id="open"),
        pytest.param(("idle", "closed", "open"), "open", id="open, beside others"),
    ],
)
def test_a_connection_has_one_state(states: tuple[str, ...], expected: str) -> None:
    """No caller sees whether a pool drops a closed connection at once or later, so both have one state."""
    assert expected == facets.connection(make_client(*states))


def test_a_client_without_a_pool_has_no_state() -> None:
    """An unknown state is empty, and differs from each known one."""
    assert "" == facets.connection(SimpleNamespace())
