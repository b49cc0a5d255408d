"""Builds a cell for a release and runs programs in it against the backend. I/O.

A cell is made as the harness makes its own: from the committed lock, checked by hash, in the sandbox of this machine.
The libraries that programs use are added from requirements-truth.txt where the lock lacks them.
"""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import msgspec

from matrix.backend.server import serve
from matrix.harness.sandbox import Confinement, find_sandbox
from matrix.harness.uv import Uv, parse_lock
from matrix.model import Cell, Frozen, Lock
from matrix.observation import Behaviour, Outcome
from matrix.system.workspace import workspace
from tests.support.paths import ROOT
from tests.truth.comparison import Happened
from tests.truth.program import lay_out
from tests.truth.subject import SETUPS, Subject

PYTHON: Final = "3.11"
LIBRARIES: Final = ROOT / "requirements-truth.txt"
EXECUTE: Final = Path(__file__).parent / "execute.py"

LIMIT: Final = 20.0
"""Seconds for one call; nothing in it waits."""

PATIENCE: Final = 600.0
"""Seconds for all calls of a cell."""


class Trial(msgspec.Struct, frozen=True):
    """One call of a program in one scenario.

    Attributes:
        program: The name of the program.
        entry: The name of its entry.
        scenario: The id of the scenario.
        without: The packages of the cell that it can't import.
    """

    program: str
    entry: str
    scenario: str
    without: tuple[str, ...] = ()


class BrokenRun(Exception):
    """The programs did not run to their end."""


class Measured(Frozen, frozen=True):
    """What is committed of the cell in which programs run.

    Attributes:
        cell: The cell.
        lock: Its lock.
        behaviour: Every observation of it.
    """

    cell: Cell
    lock: Lock
    behaviour: Behaviour

    def lacks(self, packages: Collection[str]) -> tuple[str, ...]:
        """Return those of some packages that the release does not bring."""
        return tuple(each for each in packages if each not in _names(self.lock))


def find_cell(subject: Subject, version: str) -> Measured:
    """Find the cell of a release, in the first lane of the target in which a client can be made.

    Raises:
        ValueError: The release was not measured, or no client can be made on it.
    """
    store = subject.store
    for lane in subject.lanes:
        cell = Cell(version, lane, PYTHON)
        result = store.result(cell)
        if result is not None and result.lock is not None and _makes_calls(result.behaviour):
            return Measured(cell, result.lock, result.behaviour)
    raise ValueError(f"No calls of {version} were measured.")


def newest(subject: Subject) -> str:
    """Return the newest release that was measured and that is no pre-release."""
    store = subject.store
    measured = {cell.version for cell in store.cells()}
    return [each.version for each in store.releases().values() if not each.is_prerelease and each.version in measured][
        -1
    ]


def _makes_calls(behaviour: Behaviour) -> bool:
    """Return whether a client can be made, and a call."""
    return any(each.outcome is Outcome.COMPLETED for each in behaviour.values())


def run(subject: Subject, lock: Lock, trials: Sequence[Trial]) -> dict[Trial, Happened]:
    """Run programs in a new environment with the distributions of a lock.

    What was asked for in a scenario that its API does not have is left out.

    Raises:
        BrokenRun: The programs did not run to their end.
    """
    return asyncio.run(_run(subject, add_libraries(lock), trials))


def list_installed(lock: Lock, without: Collection[str] = ()) -> frozenset[str]:
    """List the distributions of a cell, by name, with the libraries of programs but without some of these."""
    own, libraries = _names(lock), _names(add_libraries(lock))
    return own | libraries.difference(without)


def _names(lock: Lock) -> frozenset[str]:
    return frozenset(pin.partition("==")[0] for pin in lock.pins)


def add_libraries(lock: Lock) -> Lock:
    """Add the libraries that programs use to the distributions of a lock."""
    libraries = parse_lock(LIBRARIES.read_text(encoding="utf-8"))
    names = _names(lock)
    added = tuple(pin for pin in libraries.pins if pin.partition("==")[0] not in names)
    return Lock((*lock.pins, *added), {**lock.hashes, **{pin: libraries.hashes[pin] for pin in added}})


async def _run(subject: Subject, lock: Lock, trials: Sequence[Trial]) -> dict[Trial, Happened]:
    uv = Uv()
    interpreter = await uv.interpreter(PYTHON)
    with workspace() as folder:
        sandbox = await find_sandbox(Confinement.AUTO, interpreter.path.resolve(), interpreter.folders)
        program = await uv.create(folder / "cell", interpreter.path, lock, "the libraries of the programs")
        programs, home = lay_out(subject, folder), folder / "home"
        home.mkdir()
        async with (
            asyncio.timeout(PATIENCE),
            sandbox.run(
                [program, "-s", "-B", "-X", "utf8", EXECUTE, programs],
                environment={"HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
                home=home,
                entered_by=interpreter.path.resolve(),
                sees=(folder / "cell", programs, EXECUTE, SETUPS, *interpreter.folders),
            ) as inside,
            serve(subject.served, sock=inside.listener) as backend,
        ):
            child = inside.process
            if child.stdin is None or child.stdout is None:
                raise AssertionError
            paths = [f"/{number}/{trial.scenario}" for number, trial in enumerate(trials)]
            calls = [
                {
                    "program": trial.program,
                    "entry": trial.entry,
                    "base_url": backend.url(path),
                    "without": trial.without,
                }
                for trial, path in zip(trials, paths, strict=True)
            ]
            plan = {
                "limit": LIMIT,
                "setup": subject.setup and str(subject.setup),
                "sdk": _describe_sdk(subject),
                "calls": calls,
            }
            child.stdin.write(msgspec.json.encode(plan) + b"\n")
            await child.stdin.drain()
            happened = {}
            for trial, path in zip(trials, paths, strict=True):
                line = await child.stdout.readline()
                if not line.endswith(b"\n"):
                    raise BrokenRun(f"{trial} is missing: the program {sandbox.describe_exit(await child.wait())}.")
                ended = msgspec.json.decode(line, type=dict[str, str])
                attempts = backend.journal.take(path)
                if not attempts or any(each.known for each in attempts):
                    happened[trial] = Happened(attempts=len(attempts), **ended)
            if backend.journal.strays:
                raise BrokenRun(f"These paths are no endpoints: {', '.join(sorted(set(backend.journal.strays)))}.")
            return happened


def _describe_sdk(subject: Subject) -> dict[str, object]:
    """Describe to the program in the cell how the SDK is imported and told where the server is."""
    return {
        "module": subject.module or subject.target.module,
        "clients": subject.client_names,
        "variables": subject.variables,
        "options": subject.options,
    }
