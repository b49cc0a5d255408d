"""Small projects of each kind, as people write them, have their requirements found from their root."""

from pathlib import Path

import pytest

from matrix.manifests import discover_tree, read
from matrix.manifests.carried import find_carried
from matrix.targets import DEFAULT
from tests.manifests.test_hostile import write

CASES = {
    "setup_cfg": ({"setup.cfg": "[options]\ninstall_requires =\n    anthropic==0.45.2\n"}, ["setup.cfg:3 ==0.45.2"]),
    "two": (
        {"a/requirements.txt": "anthropic==0.45.2\n", "b/requirements.txt": "anthropic==2.12.0\n"},
        ["a/requirements.txt:1 ==0.45.2", "b/requirements.txt:1 ==2.12.0"],
    ),
    "conda": (
        {"environment.yml": "dependencies:\n  - python=3.11\n  - pip\n  - pip:\n      - anthropic==0.45.2\n"},
        ["environment.yml:5 ==0.45.2"],
    ),
    "sub": (
        {"backend/requirements.txt": "anthropic==0.45.2\n", "README.md": "anthropic\n"},
        ["backend/requirements.txt:1 ==0.45.2"],
    ),
    "pixi": ({"pixi.toml": '[pypi-dependencies]\nanthropic = "==0.45.2"\n'}, ["pixi.toml:2 ==0.45.2"]),
    "dup2": (
        {
            "pyproject.toml": '[project]\ndependencies=["anthropic == 0.75.0"]\n',
            "uv.lock": 'version = 1\n[[package]]\nname = "anthropic"\nversion = "0.75.0"\n'
            'source = { registry = "https://index.example/simple" }\n',
        },
        ["pyproject.toml:2 ==0.75.0", "uv.lock:3 ==0.75.0"],
    ),
    "pep723": (
        {
            "script.py": '# /// script\n# dependencies = [\n#   "anthropic==0.45.2",\n# ]\n# ///\n',
            "app.py": "import anthropic\nBLOCK = '# /// script'\n",
        },
        ["script.py:3 ==0.45.2"],
    ),
    "dynamic": (
        {
            "pyproject.toml": '[project]\ndynamic = ["dependencies"]\n'
            '[tool.setuptools.dynamic]\ndependencies = {file = ["deps/run.txt"]}\n',
            "deps/run.txt": "anthropic==0.45.2\n",
        },
        ["deps/run.txt:1 ==0.45.2"],
    ),
    "rye": (
        {
            "pyproject.toml": '[project]\ndependencies = ["anthropic>=0.40"]\n[tool.rye]\nmanaged = true\n',
            "requirements.lock": "-e file:.\nanthropic==0.45.2\n    # via a\n",
        },
        ["pyproject.toml:2 >=0.40", "requirements.lock:2 ==0.45.2"],
    ),
    "trans": (
        {"requirements.txt": "langchain-anthropic==0.3.0\n"},
        ["requirements.txt:1 langchain-anthropic==0.3.0"],
    ),
}
"""Name of a case to its files, and to the place and the specifier of each requirement."""


@pytest.mark.parametrize("case", CASES)
def test_every_requirement_of_a_project_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """Nothing is reported that was not asked for."""
    files, expected = CASES[case]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / name, text)
    monkeypatch.chdir(tmp_path)
    requirements: list[str] = []
    for path in discover_tree(Path()):
        manifest = read(DEFAULT, path)
        assert () == manifest.problems
        requirements += [f"{entry.place} {entry.specifier}" for entry in manifest.entries]
        if not manifest.entries:
            carried = find_carried(DEFAULT, path, manifest.path)
            requirements += [f"{each.entry.place} {each.package}{each.entry.specifier}" for each in carried]
    assert expected == requirements
