"""docs/trust.md: each promise names a test that is there."""

import ast
import re

import pytest

from tests.mutants.mutant import Mutant
from tests.mutants.protections import MUTANTS
from tests.support.paths import ROOT

NAMED = sorted(
    set(
        re.findall(
            r"`(tests/[\w/]*test_\w+\.py)(?:::(\w+))?`", (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
        )
    )
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


UNMUTATED = {
    "tests/cli/test_cli.py",
    "tests/service/test_merge.py",
    "tests/store/test_other_schemas.py",
    "tests/test_bounds.py",
}
"""Whole files of tests, in which no single test stands for the promise."""


def test_every_promise_has_a_mutant_without_it() -> None:
    """`nox -s mutants` shows that the test of each promise notices when its protection is removed."""
    promised = {f"{file}::{name}" if name else file for file, name in NAMED}
    assert promised - UNMUTATED - {mutant.test for mutant in MUTANTS} == set()
    assert {mutant.test for mutant in MUTANTS} - promised == set()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.test} {mutant.path}")
def test_a_mutant_fits_the_source(mutant: Mutant) -> None:
    """Each text that it replaces is in its file once."""
    source = (ROOT / mutant.path).read_text(encoding="utf-8")
    assert mutant.change(source) != source
