"""docs/trust.md: each promise names a test that is there."""

import ast
import re

import pytest

from tests.support.paths import ROOT

NAMED = sorted(
    set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")))
)


def test_promises_are_found() -> None:
    """Or nothing would be tested below."""
    assert len(NAMED) > 40


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_what_proves_a_promise_exists(file: str, name: str) -> None:
    """A test that was renamed takes the promise with it."""
    functions = {
        node.name
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert not name or name in functions
