"""Every reading command, on data of which one file is missing, empty or not ours: a result, or a named failure."""

import contextlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from matrix.cli import cli
from matrix.errors import MatrixError
from matrix.model import Cell, Lane
from matrix.observation import Behaviour
from matrix.targets import ANTHROPIC
from tests.support.behaviours import CLEAN, MID, catalogue, completed, error, fill, on, raised, result

PLAIN: Final[Behaviour] = on(completed(), CLEAN) | on(raised(error(attributes={"status_code": 200})), MID)
SILENT: Final[Behaviour] = on(completed(), CLEAN) | on(completed("Hello", None), MID)

COMMANDS: Final = (
    "check requirements.txt",
    "scan code.py",
    "advise",
    "diff 0.45.2 0.87.0",
    "explain 0.45.2",
    "history",
    "list releases",
    "verify",
    "announce --published published",
    "announce --published data",
    "gate --published published",
    "stale",
    "elsewhere",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with data, with the same data as published, and with a project."""
    folder = tmp_path_factory.mktemp("whole")
    versions = {"0.45.2": PLAIN, "0.87.0": SILENT}
    cells = {
        Cell(version, lane, "3.11"): result(behaviour, suite=ANTHROPIC.digest)
        for version, behaviour in versions.items()
        for lane in Lane
    }
    fill(folder / "data", catalogue(*versions), cells)
    shutil.copytree(folder / "data", folder / "published")
    (folder / "requirements.txt").write_text("anthropic==0.45.2\n", encoding="utf-8")
    (folder / "code.py").write_text("import anthropic\n", encoding="utf-8")
    return folder


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files of some data, one of each folder, and the folders."""
    for path in sorted(folder.rglob("*")):
        if path.parent == folder or path == min(path.parent.iterdir()):
            yield path


def run(folder: Path, command: str) -> tuple[int, str, str]:
    """Run a command in this process; return its exit code, and message and hint of its failure."""
    arguments = [str(folder / word) if (folder / word).exists() else word for word in command.split()]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            return cli.main(["--data", str(folder / "data"), *arguments], standalone_mode=False) or 0, "", ""
        except MatrixError as failure:
            return failure.exit_code, str(failure), failure.hint
        except click.exceptions.Exit as end:
            return end.exit_code, "", ""
        except click.ClickException as failure:
            return failure.exit_code, failure.message, "usage"


@pytest.mark.parametrize("damage", ["missing", "empty", "another"])
def test_no_damaged_file_ends_a_command_with_a_traceback(whole: Path, tmp_path: Path, damage: str) -> None:
    """Each failure has a message; corrupt data (5) and wrong usage (2) have a hint."""
    for path in [whole / "data", *files_of(whole / "data")]:
        copy = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        shutil.copytree(whole, copy)
        damaged = copy / path.relative_to(whole)
        if damaged.is_dir():
            shutil.rmtree(damaged)
        else:
            damaged.unlink()
        if damage != "missing":
            damaged.mkdir() if path.is_dir() else damaged.write_text("" if damage == "empty" else "{}\n")
        for command in COMMANDS:
            code, message, hint = run(copy, command)
            assert bool(message) >= (code in {5, 10}), (path, command)
            assert bool(hint) >= (code in {2, 5}), (path, command, message)


def test_announce_names_the_file_that_does_not_list_a_release(whole: Path, tmp_path: Path) -> None:
    """It ended in a `KeyError`."""
    shutil.copytree(whole, tmp_path / "copy")
    file = tmp_path / "copy" / "data" / "releases.json"
    file.unlink()
    expected = (5, f"{file}: does not list 0.45.2, which has results.", "Restore it: `git checkout -- reports/data`.")
    assert expected == run(tmp_path / "copy", "announce --published published")
