"""Removes each protection in turn, and shows that the test that docs/trust.md names for it fails.

    nox -s mutants [-- TEXT...]

I/O, in a temporary folder. Each protection has a mutant, which is applied to a copy of the project; only mutants whose
test contains a TEXT are tried. First every test runs without a mutant: a test that fails by itself proves nothing.
Prints a line for each mutant, and ends with 1 if a test did not notice its mutant.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from matrix.system.process import cores
from tests.mutants.mutant import Mutant
from tests.mutants.protections import MUTANTS
from tests.support.paths import ROOT

PATIENCE = 60.0
"""Seconds for one test; one that hangs without a protection has noticed."""

PASSED, FAILED = 0, 1
"""The exit codes of pytest that say something about a test."""


def main(wanted: Sequence[str]) -> int:
    """Try every mutant, print a table, and return the exit code."""
    mutants = [mutant for mutant in MUTANTS if not wanted or any(text in mutant.test for text in wanted)]
    if not mutants:
        print(f"error: no mutant has a test with {' or '.join(map(repr, wanted))}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="midstream-mutants-") as folder:
        Path(folder).chmod(0o755)  # one test runs the program as a user without rights
        workers = min(cores(), len(mutants))
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(workers):
            copies.put(copy_project(Path(folder, str(number))))
        whole = copies.get()
        tests = dict.fromkeys(mutant.test for mutant in mutants)
        if run(whole, *tests, output=None, patience=20 * PATIENCE) != PASSED:
            print("error: a test fails without a mutant.", file=sys.stderr)
            return 1
        copies.put(whole)
        print(f"{len(mutants)} mutants; without one, every test passes.", flush=True)
        with ThreadPoolExecutor(workers) as threads:
            noticed = list(threads.map(lambda mutant: attempt(mutant, copies), mutants))
    print(f"{sum(noticed)} of {len(mutants)} protections: their test fails without them.")
    return 0 if all(noticed) else 1


def copy_project(folder: Path) -> Path:
    """Copy the files of the project that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def attempt(mutant: Mutant, copies: "SimpleQueue[Path]") -> bool:
    """Apply a mutant to a free copy, run its test, and return whether the test noticed."""
    root = copies.get()
    began = time.monotonic()
    try:
        mutant.apply(root)
        code = run(root, mutant.test)
    finally:
        shutil.copy2(ROOT / mutant.path, root / mutant.path)
        copies.put(root)
    result = {PASSED: "SURVIVED", FAILED: "noticed", None: "noticed, by its time limit"}
    says = result.get(code, f"pytest ended with {code}")
    print(f"{says:8}  {time.monotonic() - began:5.1f} s  {mutant.test}  ({mutant.path})", flush=True)
    return code in (FAILED, None)


def run(root: Path, *tests: str, output: int | None = subprocess.DEVNULL, patience: float = PATIENCE) -> int | None:
    """Run tests in a copy, up to the first that fails, and return pytest's exit code; None if they do not end in time.

    Args:
        root: The copy.
        tests: The tests.
        output: Where pytest writes; None for the terminal.
        patience: Seconds for all of them.
    """
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    process = subprocess.Popen(
        command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=output,
        stderr=output, start_new_session=True,
    )  # fmt: skip
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
