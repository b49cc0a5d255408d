"""An environment tells what is installed in it; whatever is no environment is a problem."""

import json
import sys
import venv
from pathlib import Path

import pytest

from matrix.manifests import environment, installed
from matrix.targets import DEFAULT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with nothing in it."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True)
    return folder


@pytest.fixture
def site(folder: Path) -> Path:
    """Where its distributions are; none is left from another test."""
    site = next((folder / "lib").glob("python*")) / "site-packages"
    for path in sorted(site.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    return site


def put(site: Path, name: str, version: str, direct: object = None) -> None:
    """Pretend that a distribution is installed."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    if direct is not None:
        (info / "direct_url.json").write_text(json.dumps(direct), encoding="utf-8")


def program(folder: Path, text: str) -> str:
    """A program that is no Python."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_what_is_installed_is_an_entry(folder: Path, site: Path) -> None:
    """With all other distributions, by folder and by interpreter."""
    put(site, "anthropic", "0.45.2")
    put(site, "Typing_Extensions", "4.12.2")
    for python in (str(folder), str(folder / "bin" / "python")):
        manifest = installed(DEFAULT, python)
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
def test_what_is_installed_from_elsewhere_says_so(folder: Path, site: Path, direct: object, expected: str) -> None:
    """As PEP 610 has it."""
    put(site, "anthropic", "0.45.2", direct)
    assert [expected] == [each.direct for each in installed(DEFAULT, str(folder)).entries]


def test_an_environment_without_the_sdk_has_no_entry(folder: Path, site: Path) -> None:
    """And no problem; what is broken in it is passed over."""
    (site / "broken-1.dist-info").mkdir()
    put(site, "anthropic-tools", "1")
    manifest = installed(DEFAULT, str(folder))
    assert ((), ()) == (manifest.entries, manifest.problems)


def test_a_version_that_is_none_is_said(folder: Path, site: Path) -> None:
    """As in a lock."""
    put(site, "anthropic", "new")
    assert ["The version of anthropic that is installed is no version."] == [
        each.message for each in installed(DEFAULT, str(folder)).problems
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exit 3", "It ended with exit code 3 and no answer."),
        ("exit 0", "It is no Python: it did not answer what it was asked."),
        ("echo garbage", "It is no Python: it did not answer what it was asked."),
        ("echo '{'", "It is no Python: it did not answer what it was asked."),
        ("echo '[{]'", "It is no Python: it did not answer what it was asked."),
        ("echo '{}'", "It is no Python: it has no version."),
        ("echo '{\"python\": 3}'", "It is no Python: it has no version."),
        ('echo \'{"python": "x"}\'', "It is no Python: it has no version."),
        ('echo \'{"python": "2.7.18"}\'', "It is Python 2.7.18, and only 3.8 and later can say what is installed."),
        ("printf '\\377\\376\\000'", "It is no Python: it did not answer what it was asked."),
    ],
)
def test_what_is_no_python_is_a_problem(tmp_path: Path, text: str, message: str) -> None:
    """In words."""
    manifest = installed(DEFAULT, program(tmp_path, text))
    assert ([message], ()) == ([each.message for each in manifest.problems], manifest.entries)


@pytest.mark.parametrize("found", ["3", "[3]", "[[3, 4, 5]]", '[["anthropic", 1, 2]]', '[["a", {}, null]]', "{}"])
def test_an_answer_of_other_types_is_borne(tmp_path: Path, found: str) -> None:
    """Whatever a program prints."""
    manifest = installed(DEFAULT, program(tmp_path, f'echo \'{{"python": "3.11.7", "distributions": {found}}}\''))
    assert "==3.11.7" == manifest.python
    assert all("*" not in each.specifier for each in manifest.entries)


def test_what_is_printed_before_the_answer_is_passed_over(tmp_path: Path) -> None:
    """A wrapper that greets its user."""
    text = 'echo hello; echo \'{"python": "3.11.7", "distributions": [["anthropic", "1.0", null]]}\''
    assert ["==1.0"] == [each.specifier for each in installed(DEFAULT, program(tmp_path, text)).entries]


@pytest.mark.parametrize("python", ["", "/nothing/here", "no-such-python", "a\0b", "a" * 9000, __file__])
def test_an_interpreter_that_is_not_there_is_a_problem(python: str) -> None:
    """Or that can't be run."""
    assert ["There is no such interpreter, or it can't be run."] == [
        each.message for each in installed(DEFAULT, python).problems
    ]


def test_a_folder_without_an_interpreter_is_a_problem(tmp_path: Path) -> None:
    """With what to name instead."""
    (problem,) = installed(DEFAULT, str(tmp_path)).problems
    assert "There is no interpreter in this folder." == problem.message


def test_a_file_of_no_format_is_a_problem(tmp_path: Path) -> None:
    """The system says so."""
    path = tmp_path / "python"
    path.write_bytes(b"\x7fELFnonsense")
    path.chmod(0o755)
    assert ["It can't be run: Exec format error."] == [each.message for each in installed(DEFAULT, str(path)).problems]


def test_what_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it started."""
    monkeypatch.setattr(environment, "DEADLINE", 0.3)
    manifest = installed(DEFAULT, program(tmp_path, "sleep 60 & sleep 60"))
    assert ["It did not answer within 0.3 seconds."] == [each.message for each in manifest.problems]


def test_an_interpreter_is_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name."""
    program(tmp_path, 'echo \'{"python": "3.8.1", "distributions": []}\'')
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert "==3.8.1" == installed(DEFAULT, "python").python
