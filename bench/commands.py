"""The cost of `matrix check` over importing click, and of `matrix report` over writing the files of the site.

Every command line made with click imports click first, so that import is the least cost of a check.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import figures, measure
from bench.figures import Figure
from bench.measure import MATRIX, Cost
from matrix.system.workspace import remove

TITLE = "Commands"
LOCK = measure.ROOT / "tests" / "manifests" / "fixtures" / "uv-extra" / "uv.lock"
_SECONDS = 15
LEAST_ROUNDS = 7
"""The least number of rounds: other work on the machine easily disturbs a command that takes a second."""

_FINDING = (0, 1)
"""The exit codes of a check that ran: without and with findings."""

_WRITE = "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2])"


def estimate(_releases: int, rounds: int) -> float:
    """Estimate the time of this benchmark in seconds."""
    return rounds * _SECONDS


def bench(_releases: int, rounds: int) -> list[Figure]:
    """Measure each command in turn, with compiled bytecode, which an installation has too."""
    with measure.folder() as folder:
        env = measure.environment(PYTHONPYCACHEPREFIX=str(folder / "bytecode"))

        def python(*arguments: str | Path, codes: Sequence[int] = (0,)) -> Callable[[], Cost]:
            return lambda: measure.run([sys.executable, *arguments], env, codes=codes)

        def report() -> Cost:
            remove(folder / "site")
            return measure.run([*MATRIX, "report", "--site", folder / "site"], env)

        def write() -> Cost:
            with tempfile.TemporaryDirectory(dir=folder) as other:
                return python("-c", _WRITE, folder / "site", Path(other) / "site")()

        ways = {
            "python": python("-c", "pass"),
            "click": python("-c", "import click"),
            "reading": python("-c", "import click, tomllib, msgspec, packaging.specifiers"),
            "check": python("-m", "matrix", "check", LOCK, codes=_FINDING),
            "handler": python("-m", "matrix", "check", LOCK, "--catching", "status-set", codes=_FINDING),
            "report": report,
            "write": write,
        }
        for way in ways.values():
            way()  # fills the bytecode cache, so that the rounds don't compile
        walls = {way: measure.walls(costs) for way, costs in measure.in_turn(rounds, ways).items()}
    named = {
        "start and stop Python": "python",
        "what reads versions, TOML and JSON": "reading",
        "matrix check uv.lock": "check",
        "matrix check uv.lock --catching status-set": "handler",
    }
    return [
        *(
            figures.figure(f"{name}, over import click", figures.ratios(walls[way], walls["click"]))
            for name, way in named.items()
        ),
        figures.figure("matrix report, over writing its files", figures.ratios(walls["report"], walls["write"])),
        figures.figure("matrix report: wall time", walls["report"], "s"),
    ]
