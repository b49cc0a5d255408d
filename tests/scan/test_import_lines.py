"""The lines that may import something have every name that a parsed file imports."""

import ast

import pytest

from matrix.scan.import_lines import find_import_lines
from tests.support.paths import ROOT

SOURCES = (
    "import a, b.c as d\n",
    "from a import (\n    b,  # not (c)\n    d as e,\n)\nf = 1\n",
    "from a \\\n    .b \\\r\n  import \\\n  c, \\\n  d\n",
    "from a import \\\n    (b,\n     c)\n",
    "x = 1; import a; from b import c\n",
    "if x: import a\ntry: from . import b\nexcept ImportError: pass\n",
    "def f():\n\tfrom .. import (a,\n\n\tb)",
    "\ufefffrom a import b\r\nimport c\r\n",
)


def find_names(tree: ast.AST) -> set[str]:
    """Find every part of the names that a file imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            dotted = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            names |= {part for name in dotted for part in name.split(".")}
    return names - {""}


@pytest.mark.parametrize("source", SOURCES)
def test_every_imported_name_is_in_a_line(source: str) -> None:
    """Check parentheses, backslashes and line ends."""
    lines = find_import_lines(source.encode()).decode()
    assert {name for name in find_names(ast.parse(source.encode())) if name not in lines} == set()
    assert "f = 1" not in lines


def test_the_lines_of_real_programs_have_every_imported_name() -> None:
    """Check the files of this project."""
    for path in sorted((ROOT / "matrix").rglob("*.py")):
        source = path.read_bytes()
        lines = find_import_lines(source).decode("utf-8", "replace")
        assert {name for name in find_names(ast.parse(source)) if name not in lines} == set(), path
