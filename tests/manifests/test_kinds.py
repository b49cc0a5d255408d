"""Manifests are recognised by their names, or else by their content."""

import subprocess
import sys
from pathlib import Path

import pytest

from matrix.manifests import discover, read
from matrix.manifests.kinds import _PARSERS, MANIFESTS
from matrix.targets import DEFAULT
from tests.manifests.test_fixtures import EXPECTED, FIXTURES
from tests.manifests.test_hostile import write


@pytest.mark.parametrize("name", [name for name, (kind, *_) in EXPECTED.items() if kind != "requirements"])
def test_a_file_with_another_name_is_recognised_by_its_content(tmp_path: Path, name: str) -> None:
    """The content must clearly be of one kind."""
    data = (FIXTURES / name).read_bytes()
    expected = read(DEFAULT, FIXTURES / name)
    assert expected.kind == MANIFESTS[DEFAULT.registry].kind_by_content(data)
    actual = read(DEFAULT, write(tmp_path / "frozen", data))
    assert [each.specifier for each in expected.entries] == [each.specifier for each in actual.entries]


def test_a_lock_is_read_with_little_more_than_tomllib() -> None:
    """Slow modules are imported only by the parsers that use them."""
    code = f"""
import sys
from pathlib import Path
from matrix.manifests import read
from matrix.targets import DEFAULT
assert read(DEFAULT, Path({str(FIXTURES / "uv-extra" / "uv.lock")!r})).entries
print(*sorted(sys.modules))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"matrix.manifests.requirements", "packaging.requirements", "poetry", "tempfile", "click", "rich"}
    assert set() == heavy & set(run.stdout.split())


def test_every_kind_has_its_parser() -> None:
    """The module of each parser exists."""
    assert all(
        (Path(sys.modules["matrix.manifests"].__path__[0]) / f"{name}.py").is_file() for name in _PARSERS.values()
    )


def test_the_manifests_of_a_folder_are_listed_in_order(tmp_path: Path) -> None:
    """Declarations come before locks; other folders and sub-folders are left out."""
    manifests = [
        "pyproject.toml",
        "uv.lock",
        "poetry.lock",
        "pdm.lock",
        "Pipfile",
        "Pipfile.lock",
        "pylock.toml",
        "pylock.dev.toml",
        "requirements-dev.txt",
        "requirements.txt",
        "requirements.in",
        "dev-requirements.txt",
        "requirements.lock",
        "setup.cfg",
        "setup.py",
        "hatch.toml",
        "pixi.toml",
        "pixi.lock",
        "environment.yml",
        "conda-lock.yml",
        "tox.ini",
        "tox.toml",
        "requirements/a.txt",
        "requirements/a.in",
    ]
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements-folder.txt").mkdir()
    for name in [*reversed(manifests), "notes.txt", "constraints.txt", "script.py", "Dockerfile"]:
        write(tmp_path / name, "")
    assert manifests == [path.relative_to(tmp_path).as_posix() for path in discover(tmp_path)]
    assert [] == discover(tmp_path / "nothing")
    assert [] == discover(tmp_path / "uv.lock")


def test_a_path_is_shown_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path outside of it is shown as it is."""
    (tmp_path / "a").mkdir()
    path = write(tmp_path / "a" / "requirements.txt", "anthropic\n")
    monkeypatch.chdir(tmp_path)
    assert ("a/requirements.txt", "a/requirements.txt") == (
        read(DEFAULT, path).path,
        read(DEFAULT, Path("a/requirements.txt")).path,
    )
    monkeypatch.chdir(tmp_path / "a")
    assert path.as_posix() == read(DEFAULT, write(tmp_path / "requirements.txt", "")).path.replace("/requ", "/a/requ")
