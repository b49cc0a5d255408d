"""What an environment has installed, as its own interpreter tells it. I/O: starts a process.

The interpreter may be any Python from 3.8 on, or no Python at all. It runs isolated (`-I`), in an empty folder, without
standard input, with a deadline; what it prints is data. It uses nothing but its standard library:
`importlib.metadata` is what pip, too, takes for the truth.
"""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from matrix.manifests.draft import Draft
from matrix.manifests.entry import Entry, Manifest
from matrix.manifests.fields import as_table, at, first_text, table
from matrix.manifests.locked import others
from matrix.manifests.names import is_target, normalised
from matrix.manifests.specifiers import exact, pythons
from matrix.targets.target import Target

KIND: Final = "environment"

DEADLINE: Final = 20.0
"""Seconds. An environment with 500 distributions, on a slow disk and not in any cache, takes about two."""

_LARGEST: Final = 16_000_000
"""Characters of an answer: one with 500 distributions has 30,000."""

_ASK: Final = """
import sys
if sys.version_info < (3, 8):
    sys.stdout.write('{"python": "%d.%d.%d"}' % sys.version_info[:3])
    sys.exit()
import json, re
from importlib.metadata import distributions
rows = []
for distribution in distributions():
    try:
        name, version = distribution.metadata["Name"], distribution.version
        is_target = bool(name) and re.sub("[-_.]+", "-", name).lower() == sys.argv[1]
        direct = distribution.read_text("direct_url.json") if is_target else None
    except Exception:
        continue
    rows.append([name, version, direct])
sys.stdout.write(json.dumps({"python": "%d.%d.%d" % sys.version_info[:3], "distributions": rows}))
"""
"""What the interpreter runs, with the normalised name of the package as its argument.

It must be right for every Python that knows `-I`, so that each can report its version.
"""

_HINT: Final = "Name an interpreter, or the folder of a virtual environment."


def installed(target: Target, python: str) -> Manifest:
    """Ask an interpreter which release of a target its environment has, and which other distributions, as `locked`.

    Args:
        target: The package that is looked for.
        python: An interpreter, by path or by a name that is looked for on PATH, or the folder of a virtual environment.

    Returns:
        A manifest of the kind `environment`. It has no entry if the target is not installed, and a problem if the
        interpreter can't be asked: there is none, it is too old, it does not end, it prints something else.
    """
    draft = Draft(target, Path(python).as_posix())
    with contextlib.suppress(_NotAsked):
        _read(_ask(_interpreter(python, draft), draft), draft)
    return draft.done(KIND)


class _NotAsked(Exception):
    """There is no answer, and the draft says why."""


def _interpreter(python: str, draft: Draft) -> str:
    """The program to run."""
    try:
        path = Path(python)
        if python and path.is_dir():
            programs = [path / "bin" / "python", path / "bin" / "python3", path / "Scripts" / "python.exe"]
            program = next((str(each) for each in programs if each.is_file()), None)
            if program is None:
                draft.say("There is no interpreter in this folder.", _HINT)
                raise _NotAsked
            # As it stands: where a virtual environment's link leads to, there is another environment.
            return os.path.abspath(program)  # noqa: PTH100 - resolve() would follow that link
        found = shutil.which(python) if python else None
    except (OSError, ValueError):
        found = None
    if found is None:
        draft.say("There is no such interpreter, or it can't be run.", _HINT)
        raise _NotAsked
    return os.path.abspath(found)  # noqa: PTH100 - likewise


def _ask(program: str, draft: Draft) -> dict[str, Any]:
    """What the interpreter says."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        out = _run(program, Path(folder), draft)
    try:
        answer = as_table(json.loads(out[out.index("{") :]))
    except (ValueError, RecursionError):
        draft.say("It is no Python: it did not answer what it was asked.", _HINT)
        raise _NotAsked from None
    return answer


def _run(program: str, folder: Path, draft: Draft) -> str:
    """What a program prints, within the deadline and `_LARGEST`."""
    answer = folder / "answer"
    try:
        with answer.open("wb") as file:
            code = _wait([program, "-I", "-c", _ASK, normalised(draft.target.package)], folder, file.fileno())
        with answer.open("rb") as file:
            out = file.read(_LARGEST).decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        draft.say(f"It did not answer within {DEADLINE:g} seconds.", _HINT)
        raise _NotAsked from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        draft.say(f"It can't be run: {reason}.", _HINT)
        raise _NotAsked from None
    if code:
        draft.say(f"It ended with exit code {code} and no answer.", _HINT)
        raise _NotAsked
    return out


def _wait(arguments: list[str], folder: Path, out: int) -> int:
    """Run a program to its end, and return its exit code; what it started is killed with it."""
    process = subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
    )
    try:
        return process.wait(DEADLINE)
    finally:
        if process.poll() is None:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, 9)
        else:
            process.kill()
    process.wait()


def _read(answer: dict[str, Any], draft: Draft) -> None:
    draft.python = pythons(f"=={first_text(answer, ('python',))}")
    if not draft.python:
        draft.say("It is no Python: it has no version.", _HINT)
        return
    if "distributions" not in answer:
        draft.say(f"It is Python {draft.python[2:]}, and only 3.8 and later can say what is installed.")
        return
    answered = answer["distributions"]
    rows = [row for row in answered if isinstance(row, list) and len(row) == 3] if isinstance(answered, list) else []
    # The first of a name is the one that is imported, as it is of modules.
    first = {row[0]: row for row in reversed(rows) if isinstance(row[0], str)}
    locked = others(((row[0], row[1]) for row in first.values()), draft.target)
    for name, installed_version, direct in first.values():
        if not is_target(name, draft.target):
            continue
        try:
            specifier = exact(str(installed_version))
        except ValueError:
            draft.say(f"The version of {draft.target.package} that is installed is no version.")
            continue
        draft.entries.append(
            Entry(place=draft.place(), specifier=specifier, origin="installed", direct=_direct(direct), locked=locked)
        )


def _direct(text: object) -> str:
    """The address in a `direct_url.json`, as PEP 610 has it, with the commit; empty for an index."""
    try:
        said = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return ""
    return at(first_text(said, ("url",)), first_text(table(said, "vcs_info"), ("commit_id",)))
