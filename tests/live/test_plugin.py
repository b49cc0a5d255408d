"""The pytest plugin in another project, which uses a real release of the SDK."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.midstream.test_pytest_plugin import EXAMPLES

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]

RELEASES = {
    "0.28.1": ("httpx<0.28",),  # its client passes an argument that httpx 0.28 removed
    "2.12.0": (),
}
"""Release to its other requirements: one from before `error.type`, and one from after."""


@pytest.mark.parametrize("version", RELEASES)
def test_the_documented_example_for_the_sdk_works(wheel: Path, tmp_path: Path, version: str) -> None:
    """Check it in a project outside the repository, where pytest finds the plugin."""
    python = tmp_path / "environment" / "bin" / "python"
    uv = find_uv_bin()
    _run(uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "environment")
    requirements: list[str | Path] = [wheel, "pytest", f"anthropic=={version}", *RELEASES[version]]
    _run(uv, "pip", "install", "--quiet", "--python", python, *requirements)
    project = tmp_path / "project"
    project.mkdir()
    for name in ("ask.py", "test_ask.py"):
        (project / name).write_text(EXAMPLES[name], encoding="utf-8")
    program = "from importlib.metadata import version; import matrix; print(version('anthropic'), matrix.__file__)"
    installed, _, where = _run(python, "-c", program, folder=project).strip().partition(" ")
    assert version == installed
    assert Path(where).is_relative_to(tmp_path)
    last = _run(python, "-m", "pytest", "-q", "-W", "error", folder=project).splitlines()[-1]
    assert " passed in " in last
    assert not [word for word in ("failed", "error", "skipped", "warning") if word in last]


def _run(*arguments: str | Path, folder: Path | None = None) -> str:
    """Run a command that must succeed, without the settings of the test run; return its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    done = subprocess.run(
        [*map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout
