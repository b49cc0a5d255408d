"""The cost of a cell over its least possible cost, in CPU time of every process that runs for it, the backend too.

The cost of our cells is the cost of `matrix run --force` for some releases minus its cost for the oldest alone, so that
the start, the control and the end of a run do not count. The least cost is that of `python -m bench.floor FOLDER`: it
makes the same environments from the same locks, and runs a bare loop of the same calls in each.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from uv import find_uv_bin

from bench import cells, figures, measure
from bench.figures import Figure, Goal
from bench.measure import MATRIX, Cost
from matrix.backend.server import serve
from matrix.catalogue.scenarios import CATALOGUE
from matrix.harness.uv import format_requirements
from matrix.model import DEFAULT_PYTHON, Cell, Lane
from matrix.observation import Call, Outcome
from matrix.store.store import Store
from matrix.system.workspace import remove
from matrix.targets import ANTHROPIC

if TYPE_CHECKING:
    from collections.abc import Callable

TITLE = "A cell over the least that it can cost"
GOAL = Goal(at_most=1.25)

_LOOP = Path(__file__).parent / "rivals" / "bare_loop.py"
_NOT_MADE = (Outcome.UNSUPPORTED, Outcome.NOT_RUN)
_SECONDS = 60
"""The time of one release in a trial on two cores, in seconds, for all variants together."""


class Bare(msgspec.Struct):
    """A cell of the bare loop.

    Attributes:
        name: The name of the cell.
        requirements: The lock of the cell, as a requirements file.
        calls: The calls that the loop makes.
    """

    name: str
    requirements: str
    calls: list[dict[str, str | float | None]]


def estimate(releases: int, rounds: int) -> float:
    """Estimate the time of this benchmark in seconds."""
    return _count(releases) * (rounds + 1) * _SECONDS


def _count(releases: int) -> int:
    """Choose the number of releases: a quarter of `releases`, since each plays the same calls, but at least two."""
    return max(2, releases // 4)


def bench(releases: int, rounds: int) -> list[Figure]:
    """Measure our cells and the variants of the bare loop in turn."""
    versions = [release.version for release in cells.releases(_count(releases) + 1)]
    with measure.folder() as folder:
        data, bare = folder / "data", folder / "bare"
        shutil.copytree(measure.DATA, data)
        bare.mkdir()
        bare.joinpath("cells.json").write_bytes(
            msgspec.json.encode(_bare(Store(measure.DATA, ANTHROPIC), versions[1:]))
        )
        ours = measure.environment(XDG_CACHE_HOME=str(folder / "cache"))
        force: list[str | Path] = [
            *MATRIX,
            "--data",
            data,
            "run",
            "--force",
            "--lane",
            str(Lane.TODAY),
            "--jobs",
            "2",
            "--versions",
        ]
        least: list[str | Path] = [sys.executable, "-m", "bench.floor", bare]
        compiled = measure.environment(BENCH_COMPILED=str(folder / "compiled"))

        def cell() -> Cost:
            every = measure.run([*force, ",".join(versions)], ours)
            oldest = measure.run([*force, versions[0]], ours)
            return Cost(every.wall - oldest.wall, every.cpu - oldest.cpu)

        ways: dict[str, Callable[[], Cost]] = {
            "ours": cell,
            "least": lambda: measure.run(least, measure.environment()),
            "compiled": lambda: measure.run(least, compiled),
        }
        print("  once before, so that modules are compiled")
        cell()
        ways["compiled"]()
        costs = {way: measure.cpus(of_way) for way, of_way in measure.in_turn(rounds, ways).items()}
        print("  once with certificates, which takes several times as long")
        certificates = measure.run(least, measure.environment(BENCH_CERTIFICATES="1")).cpu / costs["least"][-1]
    return [
        figures.figure(
            "a cell, over a bare loop in a fresh environment", figures.ratios(costs["ours"], costs["least"]), goal=GOAL
        ),
        figures.figure(
            "a cell, over a bare loop whose modules are compiled", figures.ratios(costs["ours"], costs["compiled"])
        ),
        figures.figure("a bare loop that reads certificates, over one that does not", [certificates]),
        figures.figure("a release in one lane: CPU", [cpu / _count(releases) for cpu in costs["ours"]], "s"),
    ]


def _bare(store: Store, versions: list[str]) -> list[Bare]:
    """Make the cells of these versions, with each extra too, and the calls that their releases can make."""
    known = store.cells()
    bare_cells = []
    for version in versions:
        plain = Cell(version, Lane.TODAY, DEFAULT_PYTHON)
        for extra in ("", *known[plain].extras):
            cell = Cell(version, Lane.TODAY, DEFAULT_PYTHON, extra)
            result = store.result(cell)
            if result is None or result.lock is None:
                raise SystemExit(f"No result is committed for {cell}. Measure it: `matrix run --versions {version}`.")
            calls = [
                _call(call) for call, observation in result.behaviour.items() if observation.outcome not in _NOT_MADE
            ]
            name = "-".join(filter(None, (version, extra)))
            bare_cells.append(Bare(name, format_requirements(result.lock), calls))
    return bare_cells


def _call(call: Call) -> dict[str, str | float | None]:
    return {"surface": call.surface, "scenario": call.scenario, "timeout": CATALOGUE[call.scenario].timeout}


async def play(folder: Path) -> None:
    """Make each environment, run the loop in it, and remove it."""
    uv, home = find_uv_bin(), folder / "home"
    home.mkdir(exist_ok=True)
    async with serve(ANTHROPIC) as backend:
        for bare in msgspec.json.decode(folder.joinpath("cells.json").read_bytes(), type=list[Bare]):
            environment, calls, pins = folder / bare.name, folder / "calls.json", folder / "requirements.txt"
            calls.write_bytes(msgspec.json.encode(bare.calls))
            pins.write_text(bare.requirements)
            env = {"PATH": os.defpath, "HOME": str(home), "BENCH_CALLS": str(calls), "BENCH_BACKEND": backend.url("")}
            env |= {"BENCH_CERTIFICATES": os.environ.get("BENCH_CERTIFICATES", "")}
            if compiled := os.environ.get("BENCH_COMPILED"):
                env |= {"PYTHONPYCACHEPREFIX": compiled}
            install = ("pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r")
            python = environment / "bin" / "python"
            await _run(
                [uv, "venv", "--quiet", "--no-project", "--python", DEFAULT_PYTHON, environment], dict(os.environ)
            )
            await _run([uv, *install, pins, "--python", python], dict(os.environ))
            await _run([python, "-s", "-X", "utf8", _LOOP, bare.name], env)
            remove(environment)


async def _run(command: list[str | Path], env: dict[str, str]) -> None:
    discard = subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*map(str, command), env=env, stdout=discard, stderr=discard)
    if code := await process.wait():
        raise SystemExit(f"{Path(command[0]).name} ended with exit code {code}; run it by hand to see its output.")


if __name__ == "__main__":
    asyncio.run(play(Path(sys.argv[1])))
