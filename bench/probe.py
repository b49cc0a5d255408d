"""What a cell costs, as ratios from one run: run it by `nox -s bench`.

Plays the suite in one environment made from the committed lock of the newest release, several times in turn, and
prints the median CPU of the probe and everything under it:

- with the certificates of the world read into every client's TLS context, as a client does by itself, over without;
- the whole cell (environment made, suite played, environment removed) over the suite alone;
- the same, with its modules compiled anew, as in an environment that was just made.
"""

import asyncio
import resource
import shutil
import statistics
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from matrix import plan, suite
from matrix.backend.server import serve
from matrix.environment import Uv
from matrix.model import Cell, Lane, Lock
from matrix.player import Player, Settings
from matrix.store import Store
from matrix.workspace import remove, workspace

DATA = Path(__file__).parent.parent / "reports" / "data"


async def cpu_of(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds of CPU that `work` takes in processes that it starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    await work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def probe_that_reads_certificates(folder: Path) -> Path:
    """A copy of the probe whose clients load what a client loads."""
    copy = shutil.copytree(suite.PROBE, folder / "probe")
    shutil.copy(suite.REMEDY, folder)  # the probe looks for it beside its own folder
    main = copy / "__main__.py"
    source = main.read_text()
    changed = source.replace("\n    skip_trust_store()\n", "\n")
    if changed == source:
        raise SystemExit("The probe no longer calls skip_trust_store(): mend this benchmark.")
    main.write_text(changed)
    return copy


async def measure(rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each variant, one for each round."""
    store = Store(DATA)
    release = plan.latest(store.releases())
    result = store.result(Cell(release.version, Lane.TODAY, plan.DEFAULT_PYTHON))
    lock: Lock | None = result.lock if result else None
    if lock is None:
        raise SystemExit("Nothing is committed of the newest release: `matrix run --versions latest` first.")
    seconds: dict[str, list[float]] = {
        "suite": [],
        "suite with certificates": [],
        "cell": [],
        "cell, compiling its modules": [],
    }
    uv = Uv()
    interpreter = await uv.interpreter(plan.DEFAULT_PYTHON)
    with workspace() as folder:
        home = folder / "home"
        home.mkdir()
        kept = Settings(bytecode=folder / "bytecode")
        reading = msgspec.structs.replace(kept, probe=probe_that_reads_certificates(folder))
        async with serve() as backend:

            async def play(program: Path, settings: Settings = kept) -> None:
                await Player(program, backend, home, settings).play(suite.calls())

            async def cell(settings: Settings = kept) -> None:
                program = await uv.create(folder / "cell", interpreter.path, lock)
                await play(program, settings)
                remove(folder / "cell")

            program = await uv.create(folder / "environment", interpreter.path, lock)
            await play(program)  # warm-up: what is read from disk for the first time
            for _ in range(rounds):
                seconds["suite"].append(await cpu_of(lambda: play(program)))
                seconds["cell"].append(await cpu_of(cell))
                seconds["cell, compiling its modules"].append(await cpu_of(lambda: cell(Settings())))
                seconds["suite with certificates"].append(await cpu_of(lambda: play(program, reading)))
    return seconds


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seconds = asyncio.run(measure(rounds))
    print(f"Medians of {rounds} rounds in turn, {len(suite.calls())} calls each:")
    for name, values in seconds.items():
        ratios = [value / base for value, base in zip(values, seconds["suite"], strict=True)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"  {name:<28} {statistics.median(values):6.2f} s CPU   ratio {statistics.median(ratios):.2f} ({spread})")


if __name__ == "__main__":
    main()
