"""Reports of a target: their commands name it, whatever names the user's files have."""

import os
from pathlib import Path

import pytest

from matrix.findings.formats import FORMATS
from tests.cli.conftest import Run
from tests.support.paths import DATA


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("target", ["anthropic", "openai"])
def test_a_file_whose_name_is_no_utf_8_is_reported(run: Run, target: str, form: str) -> None:
    """Linux allows any bytes in a name."""
    name = os.fsdecode(b"requirements-\xff.txt")
    Path(name).write_text("anthropic==0.45.2\nopenai==1.40.0\n", encoding="utf-8")
    code, out, _ = run("--target", target, "--data", str(DATA.parent / target), "check", "--format", form)
    assert code in {0, 1, 3}
    assert "requirements-" in out
