"""Extras: the commands that run on the base, and the message of each other command without its extra.

Every program here runs in a process in which modules that the base does not bring can't be imported, although they
are installed. tests/live/test_install.py does the same with real installs.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import click
import pytest

from matrix.cli import cli, extras
from tests.support.paths import ROOT

PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

BASE: Final = {"click", "h11", "msgspec", "packaging", "poetry", "yaml"}
"""The modules that the base brings."""

DISTRIBUTIONS: Final = {"poetry": "poetry-core", "yaml": "pyyaml"}
"""Module to its distribution, if the names differ."""

BASE_COMMANDS: Final = {
    "doctor": ["."],
    "check": ["."],
    "scan": ["."],
    "advise": ["anthropic>=2", "--catching", "status-set"],
    "diff": ["0.28.1", "2.12.0"],
    "explain": ["2.12.0"],
    "history": [],
    "list": ["scenarios"],
    "verify": [],
    "gate": ["--help"],
    "announce": ["--help"],
    "stale": ["--max-age", "9999d"],
    "elsewhere": ["--help"],
    "audit": ["--", sys.executable, "-c", "pass"],
    "backend": ["--lifetime", "0.1"],
    "record": ["--help"],
}
"""Command to arguments with which it does its work, or imports every module that it needs."""

EXIT_CODES: Final = {"audit": 4, "check": 1, "doctor": 1, "scan": 4}
"""Command of the base to its exit code with these arguments, if it is not 0."""

NEEDS: Final = {
    "plan": ("measure", []),
    "run": ("measure", ["--versions", "2.12.0", "--force"]),
    "merge": ("measure", []),
    "reproduce": ("measure", []),
    "soak": ("measure", ["2.12.0", "--force"]),
    "probe": ("measure", ["--python", sys.executable]),
    "refresh": ("measure", []),
    "migrate": ("measure", []),
    "report": ("site", ["--site", "site"]),
    "serve": ("site", ["--site", "site", "--lifetime", "1"]),
}
"""Command to the extra that it needs, and arguments with which it would do its work."""

PROGRAM: Final = """
import contextlib, io, json, sys

base, runs = set(json.loads(sys.argv[1])), json.loads(sys.argv[2])
before = set(sys.modules)

class Absent:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if path is None and top not in base | {"matrix", "midstream", "pip"} and top not in sys.stdlib_module_names:
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)

sys.meta_path.insert(0, Absent())

from matrix import cli

done = []
for arguments in runs:
    sys.argv = ["matrix", *arguments]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as leaving:
            code = leaving.code
    done.append((code, out.getvalue(), err.getvalue()))
brought = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps([done, sorted(brought & base)]))
"""


def run(commands: list[list[str]], folder: Path) -> tuple[list[tuple[int, str, str]], list[str]]:
    """Run commands in one process that can import the base alone.

    Returns:
        Exit code, output and errors of each, and the modules of the base that they imported.
    """
    arguments = [sys.executable, "-c", PROGRAM, json.dumps(sorted(BASE)), json.dumps(commands)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MIDSTREAM_")}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    results, imported = json.loads(done.stdout)
    return [(code, out, err) for code, out, err in results], imported


def test_every_command_is_in_one_of_the_tables() -> None:
    """Check that a new command needs the base alone, or names its extra."""
    assert sorted(cli.list_commands(click.Context(cli))) == sorted([*BASE_COMMANDS, *NEEDS])


def test_base_commands_run_without_any_extra(tmp_path: Path) -> None:
    """Check that together they import every module that the base declares."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\nanthropic = "^0.39"\n', encoding="utf-8"
    )
    (tmp_path / "environment.yml").write_text("dependencies: [anthropic]\n", encoding="utf-8")
    results, imported = run([[name, *arguments] for name, arguments in BASE_COMMANDS.items()], tmp_path)
    ended = dict(zip(BASE_COMMANDS, results, strict=True))
    assert {} == {name: err for name, (_, _, err) in ended.items() if "Traceback" in err or "extra" in err}
    assert {name: EXIT_CODES.get(name, 0) for name in ended} == {name: code for name, (code, _, _) in ended.items()}
    assert sorted(BASE) == imported


def test_a_command_without_its_extra_says_how_to_install_it(tmp_path: Path) -> None:
    """Check that it writes nothing, and exits like a tool that failed."""
    results, _ = run([[name, *arguments] for name, (_, arguments) in NEEDS.items()], tmp_path)
    for (extra, _), (code, out, err) in zip(NEEDS.values(), results, strict=True):
        assert (9, "") == (code, out), err
        reported, hint = err.splitlines()
        assert re.fullmatch(
            rf"Error: This command needs [\w-]+, which is not installed: .* the extra `{extra}`\.", reported
        )
        assert hint.startswith("Hint: Install the extra: `")
    assert [] == [*tmp_path.iterdir()]


def test_help_is_the_same_without_any_extra() -> None:
    """Check the program and every command."""
    names = cli.list_commands(click.Context(cli))
    whole, *each = [out for _, out, _ in run([["--help"], *([name, "--help"] for name in names)], ROOT)[0]]
    assert names == re.findall(r"^  (\w+)  ", whole.partition("Commands:")[2], flags=re.MULTILINE)
    assert [] == [name for name, text in zip(names, each, strict=True) if f"matrix {name}" not in text]


def test_the_hint_is_a_command_that_installs_what_the_extra_declares() -> None:
    """Check that it uses the interpreter of the program, with pip if it has it, else with uv."""
    for extra, modules in extras.EXTRAS.items():
        failure = extras.explain(ModuleNotFoundError("x", name=next(iter(modules))))
        assert failure is not None
        declared = [_name(requirement) for requirement in PROJECT["optional-dependencies"][extra]]
        assert failure.hint.endswith(f" install {' '.join(declared)}`") or failure.hint.endswith(
            f" install --python {sys.executable} {' '.join(declared)}`"
        )


@pytest.mark.parametrize("error", [ModuleNotFoundError("x", name="matrix.gone"), ImportError("uv"), KeyError("uv")])
def test_other_import_errors_are_no_missing_extra(error: Exception) -> None:
    """Check that a bug stays a crash."""
    assert extras.explain(error) is None


def test_the_base_declares_what_it_imports() -> None:
    """Check each module by its distribution."""
    expected = {DISTRIBUTIONS.get(module, module) for module in BASE}
    assert expected == {_name(requirement) for requirement in PROJECT["dependencies"]}


def _name(requirement: Any) -> str:
    return re.split(r"[^\w-]", str(requirement), maxsplit=1)[0]
