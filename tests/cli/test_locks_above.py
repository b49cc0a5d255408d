"""A lock in a folder above a manifest decides what its ranges install."""

import json
from pathlib import Path
from typing import Final

import pytest

from tests.miniature.drive import run_command
from tests.support.paths import DATA

PROJECT: Final = '[project]\nname = "a"\nversion = "1"\ndependencies = ["{}"]\n'
UV: Final = 'version = 1\n[[package]]\nname = "anthropic"\nversion = "0.45.2"\nsource = {{ registry = "x" }}\n{}'.format
MEMBER: Final = '[[package]]\nname = "a"\nversion = "1"\nsource = {{ {} }}\n'.format
POETRY: Final = '[[package]]\nname = "anthropic"\nversion = "0.45.2"\n[metadata]\nlock-version = "2.1"\n'
PDM: Final = '[metadata]\nlock_version = "4.5.0"\n[[package]]\nname = "anthropic"\nversion = "0.45.2"\n'
PIXI: Final = "version: 6\npackages:\n- pypi: https://x/anthropic-0.45.2.whl\n  name: anthropic\n  version: 0.45.2\n"
FORK: Final = 'version = 1\n[[package]]\nname = "anthropic"\nversion = "{}"\nresolution-markers = ["{}"]\n'.format
SETUP_CFG: Final = "[options]\ninstall_requires = anthropic"
RANGE: Final = PROJECT.format("anthropic>=0.40")
TODAY: Final = "2.14.0"


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Write files, with their folders."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("lock", "member", "expected"),
    [
        pytest.param(("uv.lock", UV("")), ("a/pyproject.toml", RANGE), "0.45.2", id="uv"),
        pytest.param(
            ("uv.lock", UV(MEMBER('editable = "a"'))), ("a/pyproject.toml", RANGE), "0.45.2", id="member of uv"
        ),
        pytest.param(
            ("uv.lock", UV(MEMBER('virtual = "."'))), ("a/pyproject.toml", RANGE), TODAY, id="no member of uv"
        ),
        pytest.param(("uv.lock", UV(MEMBER('virtual = "."'))), ("a/setup.cfg", SETUP_CFG),
                     TODAY, id="setup.cfg of no member of uv"),
        pytest.param(("poetry.lock", POETRY), ("a/pyproject.toml", RANGE), "0.45.2", id="poetry"),
        pytest.param(("pdm.lock", PDM), ("packages/a/pyproject.toml", RANGE), "0.45.2", id="pdm"),
        pytest.param(("pixi.lock", PIXI), ("a/pixi.toml", "[pypi-dependencies]\nanthropic = '>=0.40'"), "0.45.2",
                     id="pixi"),
        pytest.param(("uv.lock", UV("")), ("a/requirements.txt", "anthropic\n"), "0.45.2", id="requirements"),
        pytest.param(("uv.lock", UV("")), ("a/requirements/x.txt", "anthropic\n"), "0.45.2", id="deep requirements"),
        pytest.param(("uv.lock", UV("")), ("a/requirements.txt", "anthropic>=1\n"), TODAY, id="not in the range"),
        pytest.param(("uv.lock", UV("")), ("a/requirements.txt", "anthropic==0.44.0\n"), "0.44.0", id="a pin"),
        pytest.param(("uv.lock", "version = 1\n"), ("a/pyproject.toml", RANGE), TODAY, id="a lock without the SDK"),
        pytest.param(("requirements.txt", "anthropic==0.45.2"), ("a/pyproject.toml", RANGE), TODAY, id="no lock"),
        pytest.param(("uv.lock", UV("")), ("a/Dockerfile", "RUN pip install anthropic"), TODAY, id="a command"),
        pytest.param(("uv.lock", UV("")), ("a/tox.ini", "[testenv]\ndeps = anthropic"), TODAY, id="tox"),
        pytest.param(("uv.lock", UV("")), ("a/x.py", '# /// script\n# dependencies = ["anthropic"]\n# ///\n'), TODAY,
                     id="a script"),
        pytest.param(("uv.lock", UV("")), ("a/pyproject.toml", '[build-system]\nrequires = ["anthropic"]\n'), TODAY,
                     id="a requirement of the build"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", [".", "inside"])
def test_a_lock_above_decides_what_a_range_installs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lock: tuple[str, str],
    member: tuple[str, str],
    expected: str,
    path: str,
) -> None:
    """Check it for the whole tree, and for a path inside of it."""
    write_files(tmp_path, dict([lock, member, (".git/HEAD", "")]))
    path = path if path == "." else member[0].partition("/")[0]
    monkeypatch.chdir(tmp_path)
    report = json.loads(run_command("--data", DATA, "check", path, "--format", "json").out)
    releases = [each["release"] for each in report["subjects"] if each["place"]["path"] == member[0]]
    assert [expected] == releases


@pytest.mark.parametrize("above", ["repo/a/requirements.txt", "a/requirements.txt"])
def test_the_nearest_lock_of_the_repository_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, above: str
) -> None:
    """Check that a lock above the repository does not count, and that the answer names the lock."""
    write_files(tmp_path, {"uv.lock": UV(""), "repo/.git/HEAD": "", above: "anthropic>=0.40\n"})
    monkeypatch.chdir(tmp_path)
    done = run_command("--data", DATA, "check", above)
    assert above.startswith("a/") == ("locked in uv.lock:3" in " ".join(done.out.split()))


def test_each_release_of_a_fork_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check a lock with two releases for two Pythons, of which a second range allows one."""
    fork = FORK("0.45.2", "python_version < '3.10'") + FORK("2.12.0", "python_version >= '3.10'").partition("\n")[2]
    write_files(tmp_path, {"uv.lock": fork, "a/requirements.txt": "anthropic\n", "b/requirements.txt": "anthropic>1\n"})
    monkeypatch.chdir(tmp_path)
    report = json.loads(run_command("--data", DATA, "check", "a", "b", "--format", "json").out)
    assert [("a", "0.45.2"), ("a", "2.12.0"), ("b", "2.12.0")] == [
        (each["place"]["path"].partition("/")[0], each["release"]) for each in report["subjects"]
    ]


def test_a_doctor_names_no_finding_of_a_release_that_is_not_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check the worst finding of a member, whose range allows worse releases."""
    write_files(tmp_path, {"uv.lock": UV("").replace("0.45.2", "2.12.0"), "a/pyproject.toml": RANGE})
    write_files(tmp_path, {"a/app.py": "import anthropic\n"})
    monkeypatch.chdir(tmp_path)
    (project,) = json.loads(run_command("--data", DATA, "doctor", "--format", "json").out)["projects"]
    assert ("2.12.0", True) == (project["release"], "On 2.12.0" in project["worst"]["finding"]["message"])
    assert "0.86.0" not in project["worst"]["finding"]["message"]


def test_a_lock_above_that_can_not_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that it is reported only if a range needs it."""
    write_files(tmp_path, {"uv.lock": "[[package]\n", "a/requirements.txt": "anthropic\n", "b/x.txt": "anthropic==1\n"})
    monkeypatch.chdir(tmp_path)
    assert 2 == run_command("--data", DATA, "check", "a").code
    assert "uv.lock" in run_command("--data", DATA, "check", "a").out
    assert "uv.lock" not in run_command("--data", DATA, "check", "b/x.txt").out


def test_a_package_of_npm_is_decided_by_the_lock_of_its_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check a lock of pnpm above a member."""
    lock = "lockfileVersion: '9.0'\npackages:\n  '@anthropic-ai/sdk@0.40.0':\n    resolution: {integrity: sha512-x}\n"
    member = '{"dependencies": {"@anthropic-ai/sdk": ">=0.39"}}\n'
    write_files(tmp_path, {"pnpm-lock.yaml": lock, "packages/a/package.json": member})
    monkeypatch.chdir(tmp_path)
    arguments = ("--data", DATA, "--target", "anthropic-typescript", "check", "packages", "--format", "json")
    assert ["0.40.0"] == [each["release"] for each in json.loads(run_command(*arguments).out)["subjects"]]
