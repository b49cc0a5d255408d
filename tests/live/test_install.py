"""Installs of this distribution from its wheel and the package index, each into its own environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.cli.test_extras import BASE_COMMANDS, EXIT_CODES, NEEDS

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]

BASE = {"click", "h11", "midstream", "msgspec", "packaging", "poetry-core", "pyyaml"}
"""Every distribution of an install without extras."""


def run(*arguments: str | Path, folder: Path, expected: int = 0) -> str:
    """Run a command without the settings of the test run, and check its exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    done = subprocess.run(
        [*map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert expected == done.returncode, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def install(folder: Path, *requirements: str | Path) -> Path:
    """Make an environment, and install requirements in it.

    Returns:
        Folder of its programs.
    """
    environment = folder / "environment"
    run(find_uv_bin(), "venv", "--quiet", "--python", sys.executable, environment, folder=folder)
    run(find_uv_bin(), "pip", "install", "--quiet", "--python", environment, *requirements, folder=folder)
    return environment / ("Scripts" if sys.platform == "win32" else "bin")


def test_the_base_has_these_packages_and_runs_its_commands(wheel: Path, tmp_path: Path) -> None:
    """Check a folder that is no checkout; commands of an extra say how to install it."""
    programs = install(tmp_path, wheel)
    listed = run(find_uv_bin(), "pip", "list", "--quiet", "--python", programs.parent, folder=tmp_path)
    assert BASE == {line.split()[0] for line in listed.splitlines()[2:]}
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").write_text("anthropic==0.28.1\n", encoding="utf-8")
    for name, arguments in BASE_COMMANDS.items():
        assert run(programs / "midstream", name, *arguments, folder=project, expected=EXIT_CODES.get(name, 0))
    for name, (extra, arguments) in NEEDS.items():
        if name == "migrate":  # it refuses the data of the installation before it needs anything
            continue
        assert f"the extra `{extra}`." in run(programs / "matrix", name, *arguments, folder=project, expected=9)


def test_the_hint_of_a_missing_extra_works_as_printed(wheel: Path, tmp_path: Path) -> None:
    """Run it in a shell, and check that the command then works."""
    programs = install(tmp_path, wheel)
    message = run(programs / "matrix", "report", "--site", "site", folder=tmp_path, expected=9)
    command = message.partition("Hint: Install the extra: `")[2].partition("`")[0]
    path = f"{Path(find_uv_bin()).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["/bin/sh", "-c", command], env={**os.environ, "PATH": path}, check=True, capture_output=True)
    assert "Open file://" in run(programs / "matrix", "report", "--site", "site", folder=tmp_path)


def test_it_is_installed_beside_an_old_pydantic(wheel: Path, tmp_path: Path) -> None:
    """Check commands and fixture in a project with `pydantic<2`."""
    programs = install(tmp_path, wheel, "pydantic<2", "pytest")
    assert "1." == run(programs / "python", "-c", "import pydantic; print(pydantic.VERSION)", folder=tmp_path)[:2]
    (tmp_path / "test_fixture.py").write_text(
        "def test_fixture(midstream):\n    assert midstream.url('clean').startswith('http://127.0.0.1:')\n",
        encoding="utf-8",
    )
    assert "1 passed" in run(programs / "python", "-m", "pytest", "-q", "test_fixture.py", folder=tmp_path)
