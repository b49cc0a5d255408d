"""Files that real tools wrote are read exactly: each requirement on the target, its line, and the locked packages."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from matrix.findings.model import Place
from matrix.manifests import Manifest, ManifestEntry, read
from matrix.targets import DEFAULT

FIXTURES = Path(__file__).parent / "fixtures"


class Row(NamedTuple):
    """An entry without what all entries of a file share."""

    line: int
    specifier: str
    marker: str = ""
    extras: tuple[str, ...] = ()
    origin: str = "package"
    direct: str = ""


LINUX = 'platform_machine == "x86_64" and sys_platform == "linux"'
OLD, NEW = 'python_full_version < "3.13"', 'python_full_version >= "3.13"'

PROJECTS = {"uv-extra/uv.lock": (".",), "uv-forked/uv.lock": (".",), "uv-path/uv.lock": ("vendored", ".")}
"""The folders of the projects that a lock names."""

EXPECTED: dict[str, tuple[str, str, int, list[Row]]] = {
    "pip-compile/requirements.in": ("requirements", "", 0, [Row(1, "==0.45.2", origin="requirement")]),
    "pip-compile/requirements.txt": ("requirements", "", 15, [Row(11, "==0.45.2", origin="requirement")]),
    "pip-freeze/requirements.txt": ("requirements", "", 15, [Row(2, "==0.45.2", origin="requirement")]),
    "pip-lock/pylock.toml": ("pylock", "", 15, [Row(16, "==0.45.2")]),
    "uv-extra/pyproject.toml": (
        "pyproject",
        ">=3.13",
        0,
        [Row(5, ">=0.60", extras=("aiohttp",), origin="project.dependencies")],
    ),
    "uv-extra/uv.lock": ("uv.lock", ">=3.13", 25, [Row(73, "==2.12.0", extras=("aiohttp",))]),
    "uv-extra/pylock.toml": ("pylock", ">=3.13", 25, [Row(56, "==2.12.0", LINUX)]),
    "uv-extra/exported.txt": ("requirements", "", 25, [Row(32, "==2.12.0", LINUX, origin="requirement")]),
    "uv-forked/pyproject.toml": (
        "pyproject",
        ">=3.12",
        0,
        [
            Row(6, "==0.45.2", 'python_version < "3.13"', origin="project.dependencies"),
            Row(7, ">=0.60,<0.61", 'python_version >= "3.13"', origin="project.dependencies"),
        ],
    ),
    "uv-forked/uv.lock": ("uv.lock", ">=3.12", 14, [Row(19, "==0.45.2", OLD), Row(40, "==0.60.0", NEW)]),
    "uv-forked/pylock.toml": ("pylock", ">=3.12", 14, [Row(15, "==0.45.2", OLD), Row(23, "==0.60.0", NEW)]),
    "uv-forked/universal.txt": (
        "requirements",
        "",
        14,
        [Row(5, "==0.45.2", OLD, origin="requirement"), Row(7, "==0.60.0", NEW, origin="requirement")],
    ),
    "uv-path/pyproject.toml": (
        "pyproject",
        ">=3.11",
        0,
        [Row(5, "", origin="project.dependencies", direct="vendored")],
    ),
    "uv-path/uv.lock": ("uv.lock", ">=3.11", 2, [Row(6, "==0.45.2+ours", direct="vendored")]),
    "poetry-2/pyproject.toml": ("pyproject", ">=3.11,<4", 0, [Row(5, ">=0.39,<0.40", origin="project.dependencies")]),
    "poetry-2/poetry.lock": ("poetry.lock", ">=3.11,<4", 16, [Row(21, "==0.39.0", origin="package (main)")]),
    "poetry-1.8/pyproject.toml": (
        "pyproject",
        ">=3.9,<4.0",
        0,
        [
            Row(9, ">=0.28.1,<0.29.0", 'python_full_version < "3.11"', origin="tool.poetry.dependencies"),
            Row(9, ">=0.39,<0.40", 'python_full_version >= "3.11"', origin="tool.poetry.dependencies"),
        ],
    ),
    "poetry-1.8/poetry.lock": ("poetry.lock", ">=3.9,<4.0", 26, [Row(52, "==0.28.1"), Row(82, "==0.39.0")]),
    "poetry-1.1/poetry.lock": (
        "poetry.lock",
        ">=3.9,<4.0",
        22,
        [Row(15, "==0.28.1", origin="package (main)"), Row(42, "==0.39.0", origin="package (main)")],
    ),
    "pdm/pyproject.toml": (
        "pyproject",
        "==3.11.*",
        0,
        [Row(5, ">=0.40,<1", extras=("bedrock",), origin="project.dependencies")],
    ),
    "pdm/pdm.lock": (
        "pdm.lock",
        "==3.11.*",
        23,
        [Row(25, "==0.125.0", extras=("bedrock",), origin="package (default)")],
    ),
    "pdm-2.4/pdm.lock": ("pdm.lock", "", 16, [Row(11, "==0.125.0")]),
    "pipenv/Pipfile": (
        "Pipfile",
        "==3.11.*",
        0,
        [Row(7, ">=0.40,<1", 'python_version >= "3.9"', ("aiohttp",), "packages")],
    ),
    "pipenv/Pipfile.lock": (
        "Pipfile.lock",
        "==3.11.*",
        25,
        [Row(210, "==0.125.0", 'python_version >= "3.9"', ("aiohttp",), "default")],
    ),
}
"""File to its kind, its Python versions, the number of other packages that it locks, and its entries."""


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_that_a_tool_wrote_is_read(name: str) -> None:
    """All entries are equal, and there is no problem."""
    kind, python, count, rows = EXPECTED[name]
    actual = read(DEFAULT, FIXTURES / name, name)
    locked = actual.entries[0].locked
    entries = tuple(
        ManifestEntry(
            place=Place(name, row.line),
            specifier=row.specifier,
            marker=row.marker,
            extras=row.extras,
            origin=row.origin,
            direct=row.direct,
            locked=locked,
        )
        for row in rows
    )
    projects = PROJECTS.get(name, ())
    assert Manifest(path=name, kind=kind, entries=entries, python=python, projects=projects) == actual
    assert count == len(locked)


@pytest.mark.parametrize("name", [name for name, (_, _, count, _) in EXPECTED.items() if count])
def test_locked_versions_are_those_of_the_file(name: str) -> None:
    """Each locked package stands in the file with that version."""
    text = (FIXTURES / name).read_text(encoding="utf-8")
    for package, version in read(DEFAULT, FIXTURES / name).entries[0].locked.items():
        spelt = re.escape(package).replace(r"\-", "[-_.]")
        pair = rf'(?im)^name = "{spelt}"\nversion = "{re.escape(version)}"$'
        pin = rf"(?im)^{spelt}(\[[a-z,]+\])?=={re.escape(version)}( |$)"
        member = rf'(?i)"{spelt}": \{{[^}}]*"version": "=={re.escape(version)}"'
        assert any(re.search(pattern, text) for pattern in (pair, pin, member)), package


def test_the_pins_of_a_frozen_environment_are_all_locked() -> None:
    """Only the target's own pin is left out."""
    lines = (FIXTURES / "pip-freeze/requirements.txt").read_text(encoding="utf-8").splitlines()
    expected = {name.replace("_", "-"): version for name, _, version in (line.partition("==") for line in lines)}
    expected.pop("anthropic")
    assert expected == read(DEFAULT, FIXTURES / "pip-freeze/requirements.txt").entries[0].locked


def test_every_fixture_is_expected() -> None:
    """No fixture is unused; two projects have the same `pyproject.toml`, and one of them is enough."""
    files = {path.relative_to(FIXTURES).as_posix() for path in FIXTURES.rglob("*") if path.is_file()}
    alike = {"README.md", "poetry-1.1/pyproject.toml", "pdm-2.4/pyproject.toml"}
    assert files - alike == EXPECTED.keys()


def test_no_fixture_names_a_real_index_or_this_machine() -> None:
    """Hosts of an index are replaced, and no path is absolute."""
    forbidden = re.compile("pypi" + r"\.org|python" + r"hosted|file:///|/(?:root|home|tmp|opt|work)/")
    for path in FIXTURES.rglob("*"):
        if path.is_file():
            assert None is forbidden.search(path.read_text(encoding="utf-8")), path
