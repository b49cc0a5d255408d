"""What `matrix check` costs over a Python that imports click, and `matrix report` over writing the files of the site.

What any command line of click costs before it does anything is the import of click, so that is the least of a check.
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
"""Quick commands are measured so often at least: one that takes a second is easily disturbed."""

_FINDING = (0, 1)
"""Exit codes of a check that could be made."""

_WRITE = "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2])"


def estimate(_releases: int, rounds: int) -> float:
    """About how many seconds it takes."""
    return rounds * _SECONDS


def bench(_releases: int, rounds: int) -> list[Figure]:
    """Measure each command in turn, with bytecode as an installation has it."""
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
            way()  # compiles
        walls = {way: measure.walls(found) for way, found in measure.in_turn(rounds, ways).items()}
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
