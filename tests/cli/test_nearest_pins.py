"""Each scanned file is judged by the release that its own project pins."""

import json
from pathlib import Path

import pytest

from matrix.cli.nearest_pins import NearestPins
from matrix.store import queries
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.paths import DATA

SCRIPT = '# /// script\n# dependencies = ["{requirement}"]\n# ///\nimport anthropic\n'
LOCK = 'version = 1\n[[package]]\nname = "anthropic"\nversion = "{version}"\n{source}'
SOURCE = 'source = {{ registry = "https://index.example/simple" }}\n'.format()
HTTPX = f'[[package]]\nname = "httpx"\nversion = "0.28.1"\n{SOURCE}'
PROJECT = '[project]\nname = "a"\nversion = "1"\ndependencies = ["{requirement}"]\n'
ROOT = '[[package]]\nname = "root"\nversion = "1"\nsource = { virtual = "." }\n'
NEWEST = "newest"


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """Read the committed data."""
    return queries.knowledge(Store(DATA, ANTHROPIC), "3.11")


def lock(version: str) -> str:
    """Write a lock of this release and of another package."""
    return LOCK.format(version=version, source=SOURCE) + HTTPX


def notebook(*lines: str) -> str:
    """Write a notebook with one cell of code."""
    source = "\n".join(lines)
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": source}]})


@pytest.mark.parametrize(
    ("files", "scanned", "expected"),
    [
        pytest.param(
            {"a/requirements.txt": "anthropic==0.45.2", "b/requirements.txt": "anthropic==2.12.0"},
            ".",
            {"a/app.py": "0.45.2 a/requirements.txt:1", "b/deep/app.py": "2.12.0 b/requirements.txt:1"},
            id="two services with two pins",
        ),
        pytest.param(
            {"requirements.txt": "anthropic==2.12.0", "x.py": SCRIPT.format(requirement="anthropic==0.45.2")},
            ".",
            {"x.py": "0.45.2 x.py:2", "y.py": "2.12.0 requirements.txt:1"},
            id="a script with its own pin",
        ),
        pytest.param(
            {"requirements.txt": "anthropic==2.12.0", "x.py": SCRIPT.format(requirement="rich")},
            ".",
            {"x.py": "2.12.0 requirements.txt:1"},
            id="a script whose block does not name the SDK",
        ),
        pytest.param(
            {"x.py": SCRIPT.format(requirement="anthropic==0.45.2")},
            ".",
            {"y.py": NEWEST},
            id="another script's pin",
        ),
        pytest.param(
            {"backend/requirements.txt": "anthropic==0.45.2"},
            ".",
            {"backend/app.py": "0.45.2 backend/requirements.txt:1", "tools/x.py": "0.45.2 backend/requirements.txt:1"},
            id="a pin in a folder next to the file",
        ),
        pytest.param(
            {"a/b/requirements.txt": "anthropic==0.45.2", "c/requirements.txt": "anthropic==2.12.0"},
            ".",
            {"a/x/app.py": "0.45.2 a/b/requirements.txt:1"},
            id="the pin with the longest path in common",
        ),
        pytest.param(
            {"deploy/Dockerfile": "FROM python\nRUN pip install anthropic==0.45.2\n"},
            ".",
            {"src/app.py": "0.45.2 deploy/Dockerfile:2"},
            id="a command in a folder next to the file",
        ),
        pytest.param(
            {"requirements.txt": "anthropic==0.45.2", "tool/pyproject.toml": "[tool.ruff]\nline-length = 100\n"},
            ".",
            {"tool/app.py": "0.45.2 requirements.txt:1"},
            id="a nearer manifest without requirements",
        ),
        pytest.param(
            {
                "pyproject.toml": "[tool.uv.workspace]\nmembers = ['a']\n",
                "uv.lock": lock("0.75.0"),
                "a/pyproject.toml": PROJECT.format(requirement="anthropic>=0.40"),
            },
            ".",
            {"a/app.py": "0.75.0 uv.lock:3"},
            id="the lock of a workspace",
        ),
        pytest.param(
            {"uv.lock": lock("0.75.0"), "a/pyproject.toml": PROJECT.format(requirement="anthropic>=2,<2.13")},
            ".",
            {"a/app.py": "2.12.0 a/pyproject.toml:4"},
            id="a lock above that the range does not allow",
        ),
        pytest.param(
            {"requirements.txt": "anthropic==0.75.0", "a/pyproject.toml": PROJECT.format(requirement="anthropic<2.13")},
            ".",
            {"a/app.py": "2.12.0 a/pyproject.toml:4"},
            id="a pin above that locks no member",
        ),
        pytest.param(
            {"uv.lock": lock("0.75.0") + ROOT, "a/pyproject.toml": PROJECT.format(requirement="anthropic>=0.40,<2.13")},
            ".",
            {"a/app.py": "2.12.0 a/pyproject.toml:4"},
            id="a lock above of another project",
        ),
        pytest.param(
            {"requirements.txt": "anthropic==2.12.0", "x.ipynb": notebook("%pip install anthropic==0.45.2")},
            ".",
            {"x.ipynb": "0.45.2 x.ipynb:cell 1:1", "y.ipynb": "2.12.0 requirements.txt:1"},
            id="a notebook that installs a release",
        ),
        pytest.param(
            {"requirements.txt": "anthropic==2.12.0", "x.ipynb": notebook("%pip install anthropic")},
            ".",
            {"x.ipynb": "2.12.0 requirements.txt:1"},
            id="a notebook that installs any release, below a pin",
        ),
        pytest.param(
            {"x.ipynb": notebook("!pip install 'anthropic<=2.12.0'"), "z.ipynb": notebook("!pip install rich")},
            ".",
            {"x.ipynb": "2.12.0 x.ipynb:cell 1:1", "y.py": NEWEST, "z.ipynb": NEWEST},
            id="a notebook that installs a range",
        ),
        pytest.param(
            {"pyproject.toml": PROJECT.format(requirement="anthropic==0.75.0"), "uv.lock": lock("0.75.0")},
            ".",
            {"app.py": "0.75.0 uv.lock:3"},
            id="one release in a project and its lock",
        ),
        pytest.param(
            {"requirements.txt": "anthropic==0.45.2", "repo/.git/HEAD": "", "repo/src/a.txt": ""},
            "repo",
            {"repo/src/app.py": NEWEST},
            id="a pin above the repository",
        ),
        pytest.param(
            {"repo/.git/HEAD": "", "repo/deploy/requirements.txt": "anthropic==0.45.2"},
            "repo/src",
            {"repo/src/app.py": "0.45.2 repo/deploy/requirements.txt:1"},
            id="a pin of the repository outside of the scanned folder",
        ),
        pytest.param({}, ".", {"app.py": NEWEST}, id="no manifest"),
        pytest.param({"requirements.txt": "rich"}, ".", {"app.py": NEWEST}, id="no requirement on the SDK"),
    ],
)
def test_a_file_is_judged_by_the_nearest_release(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    known: Knowledge,
    files: dict[str, str],
    scanned: str,
    expected: dict[str, str],
) -> None:
    """Each pin has the place that names it."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / scanned).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path)
    nearest = NearestPins(ANTHROPIC, known, [Path(scanned)])
    actual = {
        name: ", ".join(f"{pin.version} {pin.where}" if pin.where else NEWEST for pin in nearest.of_file(Path(name)))
        for name in expected
    }
    assert expected == actual
    assert [] == nearest.problems


def test_a_manifest_that_cannot_be_read_is_a_problem_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: Knowledge
) -> None:
    """Two files in two folders read it."""
    (tmp_path / "uv.lock").write_text("[[package]\n")
    monkeypatch.chdir(tmp_path)
    nearest = NearestPins(ANTHROPIC, known, [Path()])
    assert nearest.of_file(Path("a/x.py")) == nearest.of_file(Path("b/y.py"))
    assert ["uv.lock"] == [problem.place.path for problem in nearest.problems]


def test_folders_above_are_those_of_the_real_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: Knowledge
) -> None:
    """A path with `..` leads past the working directory, whose manifest does not count."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "requirements.txt").write_text("anthropic==0.45.2\n")
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (pin,) = NearestPins(ANTHROPIC, known, [Path("../there/app.py")]).of_file(Path("../there/app.py"))
    assert "" == pin.where
