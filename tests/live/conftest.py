"""Fixtures of the tests that install this project."""

import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.miniature.drive import once
from tests.support.paths import ROOT


@pytest.fixture(scope="session")
def wheel(shared: Path) -> Path:
    """Build the wheel of this checkout."""

    def build(folder: Path) -> None:
        subprocess.run([find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True)

    [made] = once(shared / "wheel", build).glob("*.whl")
    return made
