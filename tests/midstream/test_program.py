"""The console scripts `midstream` and `matrix` are one program, even in a project with its own module `matrix`."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from matrix import __version__
from tests.support.paths import ROOT

OTHERS = {"matrix.py": "a module", "matrix/__init__.py": "a package"}
"""Modules of another project in its own folder."""


def run(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, which comes first on the path of modules."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["matrix", "midstream"])
def test_usage_and_version_name_the_called_program(name: str) -> None:
    """Check what a reader copies."""
    assert run("-m", name, "--help").stdout.startswith(f"Usage: python -m {name} [OPTIONS] COMMAND")
    assert f"python -m {name}, version {__version__}\n" == run("-m", name, "--version").stdout


def test_both_scripts_run_the_same_command_line() -> None:
    """Check that `midstream` verifies which `matrix` it imports."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert {"matrix": "matrix.__main__:main", "midstream": "midstream.__main__:main"} == scripts
    assert run("-m", "midstream", "list", "rules").stdout == run("-m", "matrix", "list", "rules").stdout


@pytest.mark.parametrize("file", OTHERS)
def test_the_matrix_of_another_project_is_named_in_one_line(tmp_path: Path, file: str) -> None:
    """Check that a hint follows, and no traceback."""
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("raise AssertionError('it was imported')\n", encoding="utf-8")
    done = run("-m", "midstream", "--version", folder=tmp_path)
    assert (2, "") == (done.returncode, done.stdout)
    [line] = done.stderr.splitlines()
    assert line.startswith(f"Error: This command needs the package `matrix` of midstream ({ROOT / 'matrix'}), but ")
    assert f"`import matrix` finds {tmp_path / file}." in line
