"""`matrix probe` runs in a sandbox, for root and for a user without rights: it sees all files and changes none."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.harness.uv import Uv
from tests.miniature import drive
from tests.miniature.drive import Matrix
from tests.miniature.index import Index
from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")

_NOBODY = 65534

_ARGUMENTS = ("--scenario", "mid-overloaded_error", "--surface", "messages.create", "--format", "json")

_ACT = """
import os, pathlib, socket
folder = pathlib.Path(__file__).parent if "__file__" in globals() else pathlib.Path(os.sys.prefix)
told = {"read": (folder / "secret").read_text(), "home": os.listdir(), "user": os.getuid()}
told["rights"] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")]
try:
    (folder / "secret").write_text("changed")
    told["wrote"] = 0
except OSError as error:
    told["wrote"] = error.errno
told["network"] = [name for _, name in socket.if_nameindex()]
"""


@pytest.fixture
def everyone() -> Iterator[Path]:
    """Make a folder in which every user can read and write."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def _read_report(output: str) -> dict[str, object]:
    """Return what the release saw, from the JSON of the command."""
    observations = json.loads(output)["observations"]
    (text,) = [
        entry["observation"]["exception"]["text"]
        for entry in observations
        if entry["scenario"] == "mid-overloaded_error"
    ]
    report: dict[str, object] = json.loads(text)
    return report


def _prepare(folder: Path) -> None:
    (folder / "act.py").write_text(_ACT, encoding="utf-8")
    (folder / "secret").write_text("a secret", encoding="utf-8")
    (folder / "secret").chmod(0o666)


@pytest.mark.parametrize("confinement", ["required", "auto"])
def test_a_probe_runs_in_the_sandbox(matrix: Matrix, index: Index, tmp_path: Path, confinement: str) -> None:
    """It reads the user's files, since its own may be anywhere, but writes none and reaches no network."""
    program = drive.install(index, "does_as_told", tmp_path / "cell")
    _prepare(tmp_path / "cell")
    done = matrix("probe", "--python", program, *_ARGUMENTS, "--sandbox", confinement)
    assert 0 == done.code, done.err
    report = _read_report(done.out)
    assert 30 == report.pop("wrote")  # EROFS
    assert {"read": "a secret", "home": [], "user": os.getuid(), "rights": ["0" * 16], "network": ["lo"]} == report


def test_a_probe_says_that_there_is_no_sandbox(
    matrix: Matrix, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody takes limits alone for a sandbox."""
    program = drive.install(index, "does_as_told", tmp_path / "cell")
    _prepare(tmp_path / "cell")
    monkeypatch.setattr("matrix.harness.sandbox.shutil.which", lambda _name: None)
    done = matrix("probe", "--python", program, *_ARGUMENTS)
    assert "Your code runs with limits but without a sandbox: bubblewrap is not installed." in done.err
    assert (0, 0) == (done.code, _read_report(done.out)["wrote"])
    assert 9 == matrix("probe", "--python", program, *_ARGUMENTS, "--sandbox", "required").code


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="the other tests already run as a user without rights")
@pytest.mark.parametrize("confinement", ["required", "auto"])
@pytest.mark.usefixtures("own_cache")
def test_a_user_without_rights_has_the_same_sandbox(index: Index, everyone: Path, confinement: str) -> None:
    """User namespaces give an unprivileged user what root has."""
    python = Path(f"/usr/bin/python{drive.PYTHON}")
    if not python.exists():
        pytest.skip(f"every user can run the system's Python, but it is not {drive.PYTHON}")
    user = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    packages = [path for path in sys.path if path.endswith("site-packages")]
    for needed in (ROOT / "matrix", *packages):
        if subprocess.run([*user, "ls", str(needed)], capture_output=True, check=False).returncode:
            pytest.skip(f"other users can't read {needed}")
    uv = Uv(index.address)
    program = asyncio.run(uv.create(everyone / "cell", python, drive.lock_of("does_as_told"), ""))
    _prepare(everyone / "cell")
    asked = ["--data", "data", "probe", "--python", str(program), *_ARGUMENTS, "--sandbox", confinement]
    done = subprocess.run(
        [*user, str(python), "-B", "-m", "matrix", *asked],
        env={
            "PATH": os.defpath,
            "HOME": str(everyone),
            "XDG_CACHE_HOME": str(everyone / "cache"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *packages]),
        },
        cwd=everyone,
        capture_output=True,
        text=True,
        timeout=drive.PATIENCE,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    report = _read_report(done.stdout)
    assert 30 == report.pop("wrote")  # EROFS
    assert {"read": "a secret", "home": [], "user": _NOBODY, "rights": ["0" * 16], "network": ["lo"]} == report
