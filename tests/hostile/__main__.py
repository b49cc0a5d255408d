"""Two campaigns against the harness: hostile wheels, and kills at bad moments.

    nox -s hostile [-- wheels | kills] [--kills N]

I/O, in a temporary folder. The first measures every hostile release of `wheels` in one run, together with harmless
releases. It checks that each is contained and recorded as what it did, that the results of the harmless releases are
those of a run without hostile ones, and that nothing is left. The second interrupts runs at random moments and in the
first 50 ms of sandboxes, lets each run end, and checks that its data is the same, byte for byte. Prints a line for each
check, and ends with 1 if one fails.
"""

import datetime as dt
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from matrix.harness.sandbox import Confinement
from matrix.model import Cell, Lane
from matrix.observation import Result
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.conftest import isolated
from tests.hostile.wheels import ESCAPED, HostileRelease, releases
from tests.miniature.drive import PYTHON, Done, Matrix, processes_with, sandbox, snapshot
from tests.miniature.index import Index
from tests.miniature.releases import LEAF, NEWER_LEAF, RELEASES, UPLOADED

NEIGHBOURS = ("raises_documented", "swallows_errors", "raises_200")
"""Harmless releases; the newest is the control."""

VICTIMS = ("raises_documented", "swallows_errors", "crashes_on_import", "leaves_things_behind", "raises_200")
"""The releases of the runs that are killed."""

KILLS = 200
KILLS_OF_A_RUN = 6
WORKERS = 2
"""Runs that are killed at the same time."""

PATIENCE = 400.0
"""Seconds for a run; the run over all hostile releases takes the longest."""

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)

_BEGAN = time.monotonic()


def main(arguments: Sequence[str]) -> int:
    """Run the requested campaigns, and return the exit code."""
    kills = int(arguments[arguments.index("--kills") + 1]) if "--kills" in arguments else KILLS
    requested = [name for name in ("wheels", "kills") if name in arguments] or ["wheels", "kills"]
    checks: list[bool] = []
    with tempfile.TemporaryDirectory(prefix="midstream-hostile-") as made:
        folder = Path(made)
        with isolated(folder / "cache", folder):
            print(f"The sandbox: {sandbox().missing or 'bubblewrap'}; user {os.getuid()}.", flush=True)
            if "wheels" in requested:
                checks += run_wheels(folder / "wheels", folder / "cache")
            if "kills" in requested:
                checks += run_kills(folder / "kills", folder / "cache", kills)
    print(f"{sum(checks)} of {len(checks)} hold.")
    return 0 if all(checks) else 1


# Hostile wheels.


def run_wheels(folder: Path, cache: Path) -> Iterator[bool]:
    """Measure every hostile release together with its neighbours, and check each result."""
    witness = folder / "witness"
    witness.mkdir(parents=True)
    with listening() as (server, port):
        hostile = releases(str(witness), port)
        index = Index(folder / "index")
        index.add(LEAF, *(RELEASES[name] for name in NEIGHBOURS), NEWER_LEAF)
        alone = measure(Matrix(folder / "alone", index))
        expected = neighbours(Store(folder / "alone", ANTHROPIC))
        files = shared_files(folder.parent / "uv")
        for number, release in enumerate(hostile):
            index.add_file(release.miniature, release.wheel(), min(UPLOADED.values()) - dt.timedelta(days=number + 1))
        together = Matrix(folder / "together", index)
        done = measure(together)
        yield check("a run without hostile releases ends well", alone.code == 0, alone)
        yield check("a run with them ends as one with failures or without", done.code in (0, 9), done)
        data = Store(folder / "together", ANTHROPIC)
        for release in hostile:
            yield report(release, data.result(Cell(release.miniature.version, Lane.TODAY, PYTHON)), done)
        yield check("the neighbours' results are those of a run without them", expected == neighbours(data))
        yield check("no file of uv's cache changed", files.items() <= shared_files(folder.parent / "uv").items())
        yield check("nothing was written outside", not [*witness.iterdir()])
        yield check("nothing was reached on this machine's loopback", not was_reached(server))
        yield check("no process is left", not processes_with(cache))
        raw = [text for text in ("\x1b]", "\n::error", "\n##[error]") if text in done.out + done.err]
        yield check("nothing that a terminal or a CI log obeys was printed", not raw)
        verified = together("verify")
        yield check("the data is valid", verified.code == 0, verified)


def report(release: HostileRelease, result: Result | None, done: Done) -> bool:
    """Check that a hostile release is contained, and recorded as what it did."""
    if result is None:
        said = next((line for line in done.err.splitlines() if release.miniature.version in line), "nothing")
        return check(f"{release.attack}: not recorded; the run says: {said[:160]}", False)
    reasons = [result.reason, *(seen.exception.text for seen in result.behaviour.values() if seen.exception)]
    escaped = [reason for reason in reasons if ESCAPED in reason]
    is_expected = result.outcome in release.outcomes and (not release.reason or release.reason in result.reason)
    what = f"{result.outcome}{': ' if result.reason else ''}{result.reason[:160]}"
    return check(f"{release.attack}: {what}", is_expected and not escaped)


def measure(matrix: Matrix) -> Done:
    """Refresh, and measure every release in today's lane, in the sandbox."""
    refreshed = matrix("refresh", "--index", matrix.index.address)
    if refreshed.code:
        return refreshed
    return finish(start(matrix))


def start(matrix: Matrix) -> "subprocess.Popen[str]":
    """Start a run over every release in today's lane, in the sandbox."""
    return matrix.start("run", "--lane", "today", "--sandbox", Confinement.REQUIRED, "--jobs", "4", part=True)


def neighbours(data: Store) -> dict[str, Result | None]:
    """Return the results of the harmless releases."""
    versions = [RELEASES[name].version for name in NEIGHBOURS]
    return {version: data.result(Cell(version, Lane.TODAY, PYTHON)) for version in versions}


def shared_files(cache: Path) -> dict[str, bytes]:
    """Return the files of uv's cache that environments are linked from."""
    return {name: data for name, data in snapshot(cache).items() if name.startswith("archive")}


@contextmanager
def listening() -> Iterator[tuple[socket.socket, int]]:
    """Listen on this machine's loopback, as a service that no release may reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server, server.getsockname()[1]


def was_reached(server: socket.socket) -> bool:
    """Return whether anybody connected."""
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


# Kills.


def run_kills(folder: Path, cache: Path, kills: int) -> Iterator[bool]:
    """Interrupt runs until that many were interrupted, let each to its end, and compare its data."""
    index = Index(folder / "index")
    index.add(LEAF, *(RELEASES[name] for name in VICTIMS), NEWER_LEAF)
    whole = Matrix(folder / "whole", index)
    began = time.monotonic()
    undisturbed = measure(whole)
    length = time.monotonic() - began
    yield check(f"an undisturbed run ends well, after {length:.1f} s", undisturbed.code == 0, undisturbed)
    campaigns = [
        KillCampaign(index, folder / str(number), cache, snapshot(whole.data), length, kills // WORKERS)
        for number in range(WORKERS)
    ]
    with ProcessPoolExecutor(WORKERS) as processes:  # only the main thread of a process may set signal handlers
        counts = list(processes.map(KillCampaign.run, campaigns))
    killed, runs, hung, wrong = (sum(count) for count in zip(*counts, strict=True))
    left = processes_with(cache)
    yield check(f"{killed} kills in {runs} runs; after {hung} of the kills, the run did not end", not hung)
    yield check(f"{wrong} of {runs} runs have other data than the undisturbed one", not wrong)
    yield check(f"{len(left)} processes are left{': ' if left else ''}{'; '.join(left)[:300]}", not left)


class KillCampaign:
    """Runs that are killed one after the other.

    Attributes:
        killed: The number of kills so far.
        runs: The number of runs that were let to their end.
        hung: The number of kills after which the run did not end.
        wrong: The number of runs whose data differs from the expected data.
    """

    def __init__(
        self, index: Index, folder: Path, cache: Path, expected: dict[str, bytes], length: float, kills: int
    ) -> None:
        self._index = index
        self._folder = folder
        self._cache = cache
        self._expected = expected
        self._length = length
        self._kills = kills
        self._chance = random.Random(folder.name)  # noqa: S311 - moments that can be repeated
        self.killed = self.runs = self.hung = self.wrong = 0

    def run(self) -> tuple[int, int, int, int]:
        """Kill runs until enough were killed; after a few kills, each is let to its end and its data compared.

        Returns:
            The number of kills, of runs, of kills after which a run did not end, and of runs with other data.
        """
        while self.killed < self._kills:
            self.runs += 1
            matrix = Matrix(self._folder / str(self.runs), self._index)
            finish(matrix.start("refresh", "--index", self._index.address, part=True))
            for _ in range(min(KILLS_OF_A_RUN, self._kills - self.killed)):
                self._kill_once(matrix)
            done = finish(start(matrix))
            self.wrong += done.code != 0 or snapshot(matrix.data) != self._expected
        return self.killed, self.runs, self.hung, self.wrong

    def _kill_once(self, matrix: Matrix) -> None:
        process = start(matrix)
        if self.killed % 2:
            wait_for_sandbox(process, self._cache)
            time.sleep(self._chance.random() * 0.05)
        else:
            time.sleep(self._chance.random() * self._length)
        process.send_signal(self._chance.choice(SIGNALS))
        self.killed += 1
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.hung += 1
            process.kill()
            process.communicate()


def wait_for_sandbox(process: "subprocess.Popen[str]", cache: Path) -> None:
    """Wait until a sandbox starts that was not there before, or the run ends."""
    before = set(sandboxes(cache))
    latest = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < latest and not set(sandboxes(cache)) - before:
        time.sleep(0.002)


def sandboxes(cache: Path) -> Iterator[str]:
    """Return the processes of bubblewrap that name the cache folder of this campaign."""
    name = os.fsencode(cache)
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                line = (path / "cmdline").read_bytes()
            except OSError:  # it has ended
                continue
            if line.partition(b"\0")[0].endswith(b"bwrap") and name in line:
                yield path.name


# Both.


def finish(process: "subprocess.Popen[str]") -> Done:
    """Wait for a run."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return Done(-1, out, f"{err}\nIt did not end in {PATIENCE:g} s.")
    return Done(process.returncode, out, err)


def check(what: str, holds: bool, done: Done | None = None) -> bool:
    """Print whether something holds, and what a command printed if it does not."""
    print(f"{time.monotonic() - _BEGAN:6.1f} s  {'ok  ' if holds else 'FAIL'}  {what!a}", flush=True)
    if not holds and done is not None:
        print(f"        exit {done.code}; {done.out[-2000:]!a}; {done.err[-4000:]!a}", flush=True)
    return holds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
