"""The time that a command needs to start: which modules it imports, in a process of its own."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import click
import pytest

from matrix.cli import DEFAULT_TARGET, cli
from matrix.cli.commands import COMMANDS
from matrix.targets import DEFAULT
from tests.miniature.drive import run_command
from tests.support.paths import ROOT

HELP: Final = {"matrix", "matrix.cli", "matrix.cli.commands", "matrix.cli.terminal", "matrix.errors"} | {
    "matrix.system", "matrix.system.text",
}  # fmt: skip
"""The modules of this project that `matrix --help` may import."""

CHECK: Final = {
    "matrix.advice", "matrix.catalogue", "matrix.cli", "matrix.findings", "matrix.manifests", "matrix.releases",
    "matrix.store", "matrix.system", "matrix.targets",
}  # fmt: skip
"""The rooms whose modules `matrix check` may import for a lock."""

HEAVY: Final = frozenset({"asyncio", "email", "json", "poetry", "unittest", "urllib.request"})
"""Modules that take long to import, and that neither help nor a check of a lock needs."""

OTHER_COMMANDS: Final = frozenset(
    {"bz2", "lzma", "packaging.markers", "packaging.specifiers", "shlex", "shutil", "tempfile"}
    | {"matrix.advice.carried", "matrix.catalogue.sse", "matrix.manifests.carried", "matrix.manifests.pep508"}
)
"""Modules that other commands and other checks need, but not the check of a lock."""

_PROGRAM: Final = """
import json, sys
import click
before = set(sys.modules)
from matrix.cli import main
sys.argv = ["matrix", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
"""


def modules(folder: Path, *arguments: str) -> set[str]:
    """Run a command in a process of its own; return the modules that it imports in addition to those of click."""
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_imports_neither_a_command_nor_another_room() -> None:
    """Check that the other modules come with Python, and are few."""
    imported = modules(ROOT, "--help")
    ours = {name for name in imported if name.partition(".")[0] in ("matrix", "midstream")}
    assert ours == HELP
    assert set() == {
        name for name in imported - ours if name.partition(".")[0] not in {"click", *sys.stdlib_module_names}
    }
    assert set() == imported & {"traceback", "difflib", "hmac", "ast", *HEAVY}


def test_a_check_of_a_lock_imports_no_room_that_measures_or_builds(tmp_path: Path) -> None:
    """Check the rooms, and modules of Python that take long."""
    (tmp_path / "uv.lock").write_text(
        'version = 1\nrequires-python = ">=3.10, <4"\n[[package]]\nname = "anthropic"\nversion = "0.45.2"\n'
        'source = { registry = "https://example.org/simple" }\n',
        encoding="utf-8",
    )
    imported = modules(tmp_path, "check", "uv.lock")
    rooms = {".".join(name.split(".")[:2]) for name in imported if name.startswith("matrix.")}
    single = {"matrix.errors", "matrix.model", "matrix.observation"}
    assert rooms - single - CHECK == set()
    assert set() == imported & (HEAVY | OTHER_COMMANDS)
    assert set() == modules(tmp_path, "check", "uv.lock", "--catching", "status-set") & {"h11", "shutil", "tempfile"}
    assert {"matrix.cli.check"} == {f"matrix.cli.{module}" for module, _ in COMMANDS.values()} & imported


def test_a_short_command_collects_no_garbage() -> None:
    """Check that none is collected while it runs, and that few objects are examined when it ends."""
    program = (
        "import atexit, gc, sys\nfrom matrix.__main__ import main\n"
        "runs = []; gc.callbacks.append(lambda *_: runs.append(1)); sys.argv = ['matrix', 'list', 'rules']\n"
        "try:\n    main()\n"
        "finally:\n    gc.disable(); atexit._run_exitfuncs(); print(len(runs), gc.get_freeze_count() > 1000)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "0 True" == done.stdout.splitlines()[-1]


def test_the_summaries_are_those_of_the_commands() -> None:
    """Check the table that `matrix --help` prints."""
    context = click.Context(cli)
    for name, (_, summary) in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command is not None
        assert summary == command.get_short_help_str(200)


def test_the_default_target_is_that_of_the_table() -> None:
    """Check the id that `matrix --help` prints."""
    assert DEFAULT.id == DEFAULT_TARGET


@pytest.mark.parametrize(("typed", "meant"), [("checq", "check"), ("advice", "advise"), ("lis", "list")])
def test_an_unknown_command_is_answered_with_a_similar_one(typed: str, meant: str) -> None:
    """Check that no command is imported for it."""
    done = subprocess.run([sys.executable, "-m", "matrix", typed], capture_output=True, text=True, check=False)
    assert 2 == done.returncode
    assert re.search(rf"No such command '{typed}'\. Did you mean .*\b{meant}\b.*\?", done.stderr)


def test_an_unknown_command_that_resembles_none_gets_no_suggestion() -> None:
    """Check the end of the message."""
    done = subprocess.run([sys.executable, "-m", "matrix", "qqqq"], capture_output=True, text=True, check=False)
    assert (2, "Error: No such command 'qqqq'.") == (done.returncode, done.stderr.splitlines()[-1])


ENDING: Final = """
import sys, threading, time
import matrix.cli
from matrix.__main__ import main

def command():
    threading.Thread(target=time.sleep, args=(1,)).start()
    print("interrupted", flush=True)
    sys.exit(130)

matrix.cli.main = command
main()
"""
"""An interrupted command that ends, while Python waits for a thread of it."""


def test_a_second_interrupt_leaves_no_traceback() -> None:
    """Send it while Python waits for the threads: it would print the exception and ignore it."""
    with subprocess.Popen(
        [sys.executable, "-c", ENDING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        command.stdout.readline()
        time.sleep(0.2)
        command.send_signal(signal.SIGINT)
        _, err = command.communicate(timeout=60)
    assert (130, "") == (command.returncode, err)


def test_a_variable_with_an_unknown_target_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that the message for the option does not speak of the variable."""
    assert "MIDSTREAM_TARGET" not in run_command("--target", "bogus", "list", "targets").err
    monkeypatch.setenv("MIDSTREAM_TARGET", "bogus")
    done = run_command("list", "targets")
    assert (2, True) == (done.code, "The environment variable MIDSTREAM_TARGET names no target: 'bogus'." in done.err)
