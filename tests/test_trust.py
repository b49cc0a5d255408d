"""docs/trust.md: each promise names a test that is there."""

import ast
import re

import pytest

from tests.support.paths import ROOT

NAMED = sorted(
    set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")))
)


def test_the_page_of_trust_names_many_tests() -> None:
    """The test below would otherwise test nothing."""
    assert len(NAMED) > 40


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_test_of_every_promise_exists(file: str, name: str) -> None:
    """A renamed test must be renamed on the page too."""
    functions = {
        node.name
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert not name or name in functions
