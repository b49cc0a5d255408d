"""Environments are asked which distributions they have; anything else is a problem."""

import itertools
import json
import os
import shutil
import sys
import venv
from pathlib import Path

import pytest

from matrix.manifests import environment, installed
from matrix.manifests.discover import discover_environments
from matrix.targets import DEFAULT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a virtual environment with nothing installed."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True)
    return folder


@pytest.fixture
def site(folder: Path) -> Path:
    """Return the folder of its distributions, and remove those of other tests."""
    site = next((folder / "lib").glob("python*")) / "site-packages"
    for path in sorted(site.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    return site


def put(site: Path, name: str, version: str, direct: object = None) -> None:
    """Install a distribution that has only metadata."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    if direct is not None:
        (info / "direct_url.json").write_text(json.dumps(direct), encoding="utf-8")


def program(folder: Path, text: str) -> str:
    """Write an executable shell script named `python`."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_an_installed_release_is_an_entry(folder: Path, site: Path) -> None:
    """All other distributions are locked; the folder and the interpreter give the same, read or run."""
    put(site, "anthropic", "0.45.2")
    put(site, "Typing_Extensions", "4.12.2")
    pythons = (str(folder), str(folder / "bin" / "python"))
    for python, run in itertools.product(pythons, (False, True)):
        manifest = installed(DEFAULT, python, run=run)
        (entry,) = manifest.entries
        assert ("environment", python, ()) == (manifest.kind, manifest.path, manifest.problems)
        assert "==" + ".".join(map(str, sys.version_info[:3])) == manifest.python
        assert ("==0.45.2", "installed", {"typing-extensions": "4.12.2"}, "") == (
            entry.specifier,
            entry.origin,
            entry.locked,
            entry.direct,
        )


@pytest.mark.parametrize(
    ("direct", "expected"),
    [
        ({"url": "file:///checkout", "dir_info": {"editable": True}}, "file:///checkout"),
        ({"url": "https://e.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "00"}}, "https://e.org/a.git@00"),
        (["no", "object"], ""),
    ],
)
def test_a_release_from_an_address_has_the_address(folder: Path, site: Path, direct: object, expected: str) -> None:
    """The address is that of PEP 610's `direct_url.json`."""
    put(site, "anthropic", "0.45.2", direct)
    assert [expected] == [each.direct for each in installed(DEFAULT, str(folder)).entries]


def test_an_environment_without_the_target_has_no_entry(folder: Path, site: Path) -> None:
    """It has no problem either: broken distributions are skipped."""
    (site / "broken-1.dist-info").mkdir()
    put(site, "anthropic-tools", "1")
    manifest = installed(DEFAULT, str(folder))
    assert ((), ()) == (manifest.entries, manifest.problems)


def test_an_invalid_installed_version_is_a_problem(folder: Path, site: Path) -> None:
    """The message quotes the version."""
    put(site, "anthropic", "new")
    assert ["The installed version of anthropic is not valid: 'new'."] == [
        each.message for each in installed(DEFAULT, str(folder)).problems
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exit 3", "The interpreter ended with exit code 3 and gave no answer."),
        ("exit 0", "The program is not a Python: its answer can't be read."),
        ("echo garbage", "The program is not a Python: its answer can't be read."),
        ("echo '{'", "The program is not a Python: its answer can't be read."),
        ("echo '[{]'", "The program is not a Python: its answer can't be read."),
        ("echo '{}'", "The program is not a Python: its answer has no version."),
        ("echo '{\"python\": 3}'", "The program is not a Python: its answer has no version."),
        ('echo \'{"python": "x"}\'', "The program is not a Python: its answer has no version."),
        (
            'echo \'{"python": "2.7.18"}\'',
            "The interpreter is Python 2.7.18, but only Python 3.8 and later can list what is installed.",
        ),
        ("printf '\\377\\376\\000'", "The program is not a Python: its answer can't be read."),
    ],
)
def test_a_program_that_is_not_a_python_is_a_problem(tmp_path: Path, text: str, message: str) -> None:
    """Exit codes, unreadable answers and old Pythons each have their own message."""
    manifest = installed(DEFAULT, program(tmp_path, text), run=True)
    assert ([message], ()) == ([each.message for each in manifest.problems], manifest.entries)


@pytest.mark.parametrize(
    "distributions", ["3", "[3]", "[[3, 4, 5]]", '[["anthropic", 1, 2]]', '[["a", {}, null]]', "{}"]
)
def test_an_answer_with_wrong_types_raises_nothing(tmp_path: Path, distributions: str) -> None:
    """Values of wrong types are skipped."""
    manifest = installed(
        DEFAULT, program(tmp_path, f'echo \'{{"python": "3.11.7", "distributions": {distributions}}}\''), run=True
    )
    assert "==3.11.7" == manifest.python
    assert all("*" not in each.specifier for each in manifest.entries)


def test_output_before_the_answer_is_skipped(tmp_path: Path) -> None:
    """A wrapper script may greet its user."""
    text = 'echo hello; echo \'{"python": "3.11.7", "distributions": [["anthropic", "1.0", null]]}\''
    assert ["==1.0"] == [each.specifier for each in installed(DEFAULT, program(tmp_path, text), run=True).entries]


@pytest.mark.parametrize("python", ["", "/nothing/here", "no-such-python", "a\0b", "a" * 9000, __file__])
def test_a_missing_interpreter_is_a_problem(python: str) -> None:
    """A file that is not executable has the same message."""
    assert ["The interpreter does not exist, or is not executable."] == [
        each.message for each in installed(DEFAULT, python).problems
    ]


def test_a_folder_without_an_interpreter_is_a_problem(tmp_path: Path) -> None:
    """The folder is not a virtual environment."""
    (problem,) = installed(DEFAULT, str(tmp_path)).problems
    assert "The folder has no interpreter." == problem.message


def test_a_virtual_environment_without_an_interpreter_is_read(folder: Path, site: Path, tmp_path: Path) -> None:
    """Its link may lead to an interpreter of another machine; to run it is still a problem."""
    put(site, "anthropic", "0.45.2")
    moved = Path(shutil.copytree(folder, tmp_path / "moved", symlinks=True))
    shutil.rmtree(moved / "bin")
    assert ["==0.45.2"] == [entry.specifier for entry in installed(DEFAULT, str(moved)).entries]
    assert ["The folder has no interpreter."] == [
        problem.message for problem in installed(DEFAULT, str(moved), run=True).problems
    ]


def test_the_environments_of_a_folder_are_listed(tmp_path: Path) -> None:
    """The usual names come first; other folders, and environments below, are none."""
    for name in (
        "b/pyvenv.cfg",
        "venv/pyvenv.cfg",
        ".venv/pyvenv.cfg",
        "conda-meta/x",
        "c/conda-meta/x",
        "d/e/pyvenv.cfg",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "linked").symlink_to(tmp_path / "b")
    assert [".venv", "venv", "b", "c", "linked"] == [path.name for path in discover_environments(tmp_path)]
    assert [] == discover_environments(tmp_path / "none")


def test_a_file_that_the_system_cannot_execute_is_a_problem(tmp_path: Path) -> None:
    """The message quotes the system's reason."""
    path = tmp_path / "python"
    path.write_bytes(b"\x7fELFnonsense")
    path.chmod(0o755)
    assert ["The interpreter can't be run: Exec format error."] == [
        each.message for each in installed(DEFAULT, str(path), run=True).problems
    ]


def test_a_program_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes that it started are killed with it."""
    monkeypatch.setattr(environment, "DEADLINE", 0.3)
    manifest = installed(DEFAULT, program(tmp_path, "sleep 60 & sleep 60"), run=True)
    assert ["The interpreter did not answer within 0.3 seconds."] == [each.message for each in manifest.problems]


def test_an_interpreter_is_found_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name is enough."""
    program(tmp_path, 'echo \'{"python": "3.8.1", "distributions": []}\'')
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert "==3.8.1" == installed(DEFAULT, "python", run=True).python


def make_hostile(folder: Path) -> Path:
    """Make an environment whose interpreter and `.pth` file leave a mark where they run; return the mark."""
    mark, site = folder.parent / "mark", folder / "lib" / "python3.12" / "site-packages"
    (folder / "bin").mkdir(parents=True)
    site.mkdir(parents=True)
    program(folder / "bin", f"touch {mark}")
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\nversion_info = 3.12.1.final.0\n", encoding="utf-8")
    (site / "run.pth").write_text(f"import os; os.mknod({str(mark)!r})\n", encoding="utf-8")
    (site / "sitecustomize.py").write_text(f"import os; os.mknod({str(mark)!r})\n", encoding="utf-8")
    put(site, "anthropic", "0.45.2")
    return mark


@pytest.mark.parametrize("path", ["", "bin/python"])
def test_nothing_of_an_environment_is_run(tmp_path: Path, path: str) -> None:
    """Its files say what is installed; `run` asks its interpreter."""
    environment_, python = tmp_path / "environment", str(tmp_path / "environment" / path)
    mark = make_hostile(environment_)
    manifest = installed(DEFAULT, python)
    assert ("==3.12.1", ["==0.45.2"], ()) == (
        manifest.python,
        [each.specifier for each in manifest.entries],
        manifest.problems,
    )
    assert not mark.exists()
    installed(DEFAULT, python, run=True)
    assert mark.exists()


def test_an_interpreter_without_an_environment_is_read(tmp_path: Path) -> None:
    """Its version stands in a header; a folder that a `.pth` file names is searched too."""
    library = tmp_path / "lib" / "python3.13"
    (library / "site-packages").mkdir(parents=True)
    (library / "os.py").touch()
    (tmp_path / "bin").mkdir()
    python = program(tmp_path / "bin", "exit 1")
    (tmp_path / "checkout").mkdir()
    put(tmp_path / "checkout", "anthropic", "0.50.0")
    (library / "site-packages" / "a.pth").write_text(f"# no folder\n{tmp_path / 'checkout'}\n", encoding="utf-8")
    manifest = installed(DEFAULT, python)
    assert ("==3.13.*", ["==0.50.0"]) == (manifest.python, [each.specifier for each in manifest.entries])
    header = tmp_path / "include" / "python3.13" / "patchlevel.h"
    header.parent.mkdir(parents=True)
    header.write_text('#define PY_VERSION\t\t"3.13.1+"\n', encoding="utf-8")
    assert "==3.13.1" == installed(DEFAULT, python).python


def test_what_only_the_interpreter_knows_needs_run(tmp_path: Path) -> None:
    """The hint names the option."""
    make_hostile(tmp_path / "shared")
    with (tmp_path / "shared" / "pyvenv.cfg").open("a", encoding="utf-8") as file:
        file.write("include-system-site-packages = true\n")
    for python, message in (
        (str(tmp_path / "shared"), "The environment also has the packages of its base interpreter."),
        (program(tmp_path, "exit 1"), "What the interpreter has can't be read from its folder."),
    ):
        (problem,) = installed(DEFAULT, python).problems
        assert message == problem.message
        assert "Pass `--run` if you trust this interpreter" in problem.hint


@pytest.mark.parametrize("name", ["METADATA", "direct_url.json", "RECORD"])
def test_a_file_without_an_end_is_not_read(tmp_path: Path, name: str) -> None:
    """A pipe in an environment waits for nobody."""
    make_hostile(tmp_path / "environment")
    (info,) = (tmp_path / "environment").glob("lib/*/site-packages/*.dist-info")
    (info / name).unlink(missing_ok=True)
    os.mkfifo(info / name)
    assert len(installed(DEFAULT, str(tmp_path / "environment")).entries) == (name != "METADATA")
