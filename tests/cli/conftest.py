"""A command line in an empty folder, on the committed data."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from matrix import cli
from tests.support.paths import DATA

Run = Callable[..., tuple[int, str, str]]
"""Runs `matrix` with arguments; returns its exit code, its output and its errors."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs `matrix` in an empty folder, on the committed data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIDSTREAM_DATA", str(DATA))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["matrix", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        captured = capsys.readouterr()
        return int(leaving.value.code or 0), captured.out, captured.err

    return call


def write(files: dict[str, str]) -> None:
    """Write files in this folder."""
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
