"""The tutorial: its programs and commands are run in their order, and print what the page shows."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.test_audit import install
from tests.support.paths import ROOT

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(900)]

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(python|console)\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    """A line of three dots stands for omitted lines; times are those of the machine."""
    [release] = re.findall(r"anthropic==\S+", PAGE)
    python = install(tmp_path / "venv", release)
    environment = {**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}", "COLUMNS": "100", "NO_COLOR": "1"}
    environment["PYTHONPATH"] = str(ROOT)
    codes = []
    for kind, text in BLOCKS:
        if kind == "python":
            (tmp_path / "ask.py").write_text(text, encoding="utf-8")
            continue
        command, _, shown = text.removeprefix("$ ").partition("\n")
        arguments = [sys.executable, "-m", *shlex.split(command)]
        ran = subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert re.fullmatch(_pattern(shown), ran.stdout), ran.stdout + ran.stderr
        codes.append(ran.returncode)
    assert [1, 0, 0] == codes


def _pattern(shown: str) -> str:
    lines = (re.sub(r"(\\ )+\d+\\\.\d\d\\ s\\ ", r" +[\\d.]+ s ", re.escape(line)) for line in shown.splitlines())
    return "".join(r"(?:.*\n)*?" if line == r"\.\.\." else f"{line}\n" for line in lines)
