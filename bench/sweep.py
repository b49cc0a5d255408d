"""A sweep of releases over the whole history in both lanes, compared with rivals made of common tools.

All start with warm download caches and empty folders; our cache of compiled modules is empty too. Every rival makes the
same calls in one environment for each release and lane; ours makes a second environment for the calls that need an
extra.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench import cells, figures, measure, serving
from bench.figures import Figure, Goal
from bench.measure import MATRIX, Cost
from matrix.model import DEFAULT_PYTHON
from matrix.store.documents import RELEASES
from matrix.system.workspace import remove
from matrix.targets import ANTHROPIC

TITLE = "A sweep, both lanes"
RIVALS = Path(__file__).parent / "rivals"
JOBS = "2"

OURS = "matrix run"
TWO_JOBS = "matrix run --jobs 2"
NOX = "nox -j2 with uv, straightforward probe"
SERIAL = "virtualenv and pip, one after the other"
TOX = "tox -p 2 with tox-uv, straightforward probe"
OUR_PROBE = "nox -j2 with uv, our probe"
GOALS = {NOX: Goal(at_least=2.5), TOX: Goal(at_least=2.5), SERIAL: Goal(at_least=12), OUR_PROBE: Goal(at_least=1.3)}

_SECONDS = {OURS: 6, TWO_JOBS: 12, NOX: 31, TOX: 31, SERIAL: 58, OUR_PROBE: 18}
_WARMING = 25
"""The time to fill the caches for one release in a trial on two cores, in seconds."""


def estimate(releases: int, rounds: int) -> float:
    """Estimate the time of this benchmark in seconds."""
    return releases * (sum(_SECONDS.values()) * rounds + _WARMING)


class Sweep:
    """The ways to sweep the same releases.

    Args:
        folder: The folder of all their files.
        count: The number of releases.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._releases = cells.releases(count)
        self._cells = cells.told(self._releases)
        self._versions = ",".join(release.version for release in self._releases)
        self.requests: dict[str, dict[str, int]] = {}
        self._calls = folder / "calls.json"
        cells.write_calls(self._calls)

    def ways(self) -> dict[str, Callable[[], Cost]]:
        """Return the function that runs each way, by name."""
        return {
            OURS: lambda: self._ours(OURS),
            TWO_JOBS: lambda: self._ours(TWO_JOBS, "--jobs", JOBS),
            NOX: lambda: self._rival(NOX, self._nox()),
            TOX: lambda: self._rival(TOX, self._tox()),
            SERIAL: lambda: self._rival(SERIAL, [sys.executable, RIVALS / "serial.py"]),
            OUR_PROBE: lambda: self._rival(OUR_PROBE, self._nox(), self._own_probe()),
        }

    def warm(self) -> None:
        """Fill the download caches of uv and pip: install every release once, and play as few calls as possible."""
        only = ["--surface", "messages.create", "--scenario", "clean"]
        self._run_ours(self._folder / "warm", *only)
        self._rival("", [*self._nox(), "--install-only"])
        self._rival("", [sys.executable, RIVALS / "serial.py", "--install-only"])

    def _ours(self, name: str, *more: str) -> Cost:
        data = self._folder / "data"
        cost = self._run_ours(data, *more)
        self.requests[name] = cells.requests(data)
        remove(data)
        return cost

    def _run_ours(self, data: Path, *more: str) -> Cost:
        data.mkdir()
        shutil.copy(measure.DATA / RELEASES, data)
        cache = self._folder / "cache"
        remove(cache)
        env = measure.environment(XDG_CACHE_HOME=str(cache))
        return measure.run([*MATRIX, "--data", data, "run", "--versions", self._versions, *more], env)

    def _rival(self, name: str, command: list[str | Path], more: dict[str, str] | None = None) -> Cost:
        folder = self._folder / "rival"
        folder.mkdir()
        with serving.served() as backend:
            env = measure.environment(
                BENCH_PYTHON=DEFAULT_PYTHON,
                BENCH_CELLS=msgspec.json.encode(self._cells).decode(),
                BENCH_CALLS=str(self._calls),
                BENCH_BACKEND=backend.address,
                BENCH_FOLDER=str(folder),
                TMPDIR=str(folder),
            )
            if not more:
                del env["PYTHONPATH"]
            self._requirements(folder)
            cost = measure.run(command, env | (more or {}), folder)
        self.requests[name] = backend.requests or cells.requests_of_probes(folder)
        remove(folder)
        return msgspec.structs.replace(cost, cpu=cost.cpu + backend.cpu)

    def _requirements(self, folder: Path) -> None:
        for cell in self._cells:
            (folder / f"{cell.name}.txt").write_text(f"--only-binary :all:\nanthropic[aiohttp]=={cell.version}\n")
            (folder / f"{cell.name}.env").write_text(f"UV_EXCLUDE_NEWER={cell.cutoff}\n" if cell.cutoff else "\n")

    def _nox(self) -> list[str | Path]:
        program: list[str | Path] = [sys.executable, "-m", "nox", "--noxfile", RIVALS / "noxfile.py"]
        return [*program, "--envdir", self._folder / "rival" / "nox", "-j", JOBS]

    def _tox(self) -> list[str | Path]:
        program: list[str | Path] = [sys.executable, "-m", "tox", "run-parallel", "--conf", RIVALS / "tox.toml"]
        names = ",".join(cell.name for cell in self._cells)
        known = ["--override", f"env_list={names}"]
        return [*program, "--workdir", self._folder / "rival" / "tox", "--parallel", JOBS, *known]

    def _own_probe(self) -> dict[str, str]:
        surfaces = [part for surface in ANTHROPIC.surfaces for part in ("--surface", surface)]
        return {"BENCH_OWN": msgspec.json.encode([*MATRIX, "probe", "--format", "json", *surfaces]).decode()}


def bench(releases: int, rounds: int) -> list[Figure]:
    """Measure every way in turn, and compare the rivals with ours."""
    with measure.folder() as folder:
        sweep = Sweep(folder, releases)
        print("  filling the download caches")
        sweep.warm()
        costs = measure.in_turn(rounds, sweep.ways())
    print_requests(sweep.requests)
    results = [
        figures.figure(
            f"{rival}, over {ours}",
            figures.ratios(measure.walls(costs[rival]), measure.walls(costs[ours])),
            goal=goal if ours == OURS else None,
        )
        for ours in (OURS, TWO_JOBS)
        for rival, goal in GOALS.items()
    ]
    for way in costs:
        results.append(figures.figure(f"{way}: wall time", measure.walls(costs[way]), "s"))
        per_release = [cpu / releases for cpu in measure.cpus(costs[way])]
        results.append(figures.figure(f"{way}: CPU for each release", per_release, "s"))
    return results


def print_requests(requests: dict[str, dict[str, int]]) -> None:
    """Print the number of requests of each way for each cell, to show that all make the same calls."""
    ways = [way for way in requests if way and requests[way]]
    print("  requests:", "; ".join(f"{at}: {way}" for at, way in enumerate(ways)))
    for name in requests[OURS]:
        print(f"    {name:<22}", *(f"{requests[way].get(name, 0):>6}" for way in ways))
