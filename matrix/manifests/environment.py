"""Find which distributions an environment has. I/O: opens its files; starts its interpreter only on request.

The files of an environment say what is installed, so nothing of it is run: a folder that a user names may be somebody
else's. Only with `run`, the interpreter is asked. It may then be any Python since 3.8, or not a Python at all. It runs
isolated (`-I`), in an empty folder, without standard input, with a deadline; its output is data. The query uses only
the standard library: `importlib.metadata` reads the same metadata as pip.
"""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from matrix.manifests.draft import Draft, describe
from matrix.manifests.entry import Manifest, ManifestEntry
from matrix.manifests.fields import as_table, at, first_text, table
from matrix.manifests.locked import locked_versions
from matrix.manifests.names import is_target, normalised
from matrix.manifests.site_packages import find_folder, read_environment
from matrix.manifests.source import Unreadable
from matrix.manifests.specifiers import exact, pythons
from matrix.targets.target import Target

KIND: Final = "environment"

DEADLINE: Final = 20.0
"""Seconds. An environment with 500 distributions, on a slow disk and in no cache, takes about two."""

_LARGEST: Final = 16_000_000
"""Bytes of an answer. An answer with 500 distributions has 30,000."""

_QUERY: Final = """
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

_HINT: Final = "Name a Python interpreter, or the folder of a virtual environment."

_RUN: Final = "Pass `--run` if you trust this interpreter: it is started with `-I`, and asked what it has."


def installed(target: Target, python: str, *, run: bool = False) -> Manifest:
    """Find which release of a target an environment has, and which other distributions, as `locked`.

    Args:
        target: The package that is looked for.
        python: An interpreter, by path or by its name on PATH, or the folder of a virtual environment.
        run: Whether to run the interpreter, rather than to read the files of its environment.

    Returns:
        A manifest of the kind `environment`. It has no entry if the target is not installed, and a problem if the
        files do not say, or the interpreter gives no answer: it does not exist, is too old, does not end, or prints
        something else.
    """
    draft = Draft(target, Path(python).as_posix())
    with contextlib.suppress(_NoAnswer):
        program = python if not run and _is_environment(python) else _interpreter(python, draft)
        _read(_query(program, draft) if run else _read_files(python, program, draft), draft)
    return draft.finish(KIND)


def _is_environment(python: str) -> bool:
    """Return whether a path is the folder of a virtual environment; its interpreter may be on another machine."""
    try:
        return bool(python) and (Path(python) / "pyvenv.cfg").is_file()
    except (OSError, ValueError):
        return False


def _read_files(python: str, program: str, draft: Draft) -> dict[str, Any]:
    """Read the files of an environment, and return what its interpreter would answer."""
    try:
        environment = read_environment(find_folder(Path(python if Path(python).is_dir() else program)))
    except Unreadable as failure:
        draft.report(str(failure), failure.hint or _RUN)
        raise _NoAnswer from None
    except OSError as error:
        draft.report(f"The environment can't be read: {error.strerror or type(error).__name__}.", _RUN)
        raise _NoAnswer from None
    return {"python": environment.python, "distributions": [list(each) for each in environment.distributions]}


class _NoAnswer(Exception):
    """The interpreter gave no answer; the draft has the problem."""


def _interpreter(python: str, draft: Draft) -> str:
    """Find the program to run."""
    try:
        path = Path(python)
        if python and path.is_dir():
            programs = [path / "bin" / "python", path / "bin" / "python3", path / "Scripts" / "python.exe"]
            program = next((str(candidate) for candidate in programs if candidate.is_file()), None)
            if program is None:
                draft.report("The folder has no interpreter.", _HINT)
                raise _NoAnswer
            # Keep the link: a virtual environment's link leads to an interpreter of another environment.
            return os.path.abspath(program)  # noqa: PTH100 - resolve() would follow that link
        interpreter = shutil.which(python) if python else None
    except (OSError, ValueError):
        interpreter = None
    if interpreter is None:
        draft.report("The interpreter does not exist, or is not executable.", _HINT)
        raise _NoAnswer
    return os.path.abspath(interpreter)  # noqa: PTH100 - resolve() would follow a link


def _query(program: str, draft: Draft) -> dict[str, Any]:
    """Run the query, and return its answer."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        out = _run(program, Path(folder), draft)
    try:
        answer = as_table(json.loads(out[out.index("{") :]))
    except (ValueError, RecursionError):
        draft.report("The program is not a Python: its answer can't be read.", _HINT)
        raise _NoAnswer from None
    return answer


def _run(program: str, folder: Path, draft: Draft) -> str:
    """Run a program with the query, and return its output, within the deadline and `_LARGEST`."""
    answer = folder / "answer"
    try:
        with answer.open("wb") as file:
            code = _wait([program, "-I", "-c", _QUERY, normalised(draft.target.package)], folder, file.fileno())
        with answer.open("rb") as file:
            out = file.read(_LARGEST).decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        draft.report(f"The interpreter did not answer within {DEADLINE:g} seconds.", _HINT)
        raise _NoAnswer from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        draft.report(f"The interpreter can't be run: {reason}.", _HINT)
        raise _NoAnswer from None
    if code:
        draft.report(f"The interpreter ended with exit code {code} and gave no answer.", _HINT)
        raise _NoAnswer
    return out


def _wait(arguments: list[str], folder: Path, out: int) -> int:
    """Run a program to its end, and return its exit code; at the deadline, kill it with all that it started."""
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
        draft.report("The program is not a Python: its answer has no version.", _HINT)
        return
    if "distributions" not in answer:
        draft.report(
            f"The interpreter is Python {draft.python[2:]}, but only Python 3.8 and later can list what is installed."
        )
        return
    answered = answer["distributions"]
    rows = [row for row in answered if isinstance(row, list) and len(row) == 3] if isinstance(answered, list) else []
    # Of several distributions of one name, Python imports the first.
    imported = {row[0]: row for row in reversed(rows) if isinstance(row[0], str)}
    locked = locked_versions(((row[0], row[1]) for row in imported.values()), draft.target)
    for name, installed_version, direct in imported.values():
        if not is_target(name, draft.target):
            continue
        try:
            specifier = exact(str(installed_version))
        except ValueError:
            draft.report(
                f"The installed version of {draft.target.package} is not valid: {describe(installed_version)}."
            )
            continue
        draft.entries.append(
            ManifestEntry(
                place=draft.place(), specifier=specifier, origin="installed", direct=_direct(direct), locked=locked
            )
        )


def _direct(text: object) -> str:
    """Return the address and the commit in a `direct_url.json` (PEP 610); empty for an index."""
    try:
        origin = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return ""
    return at(first_text(origin, ("url",)), first_text(table(origin, "vcs_info"), ("commit_id",)))
