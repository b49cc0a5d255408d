"""What `matrix check` costs, as ratios from one run: run it by `nox -s bench`.

Starts each command in turn, several times, with bytecode as an installation has it, and prints the median wall time of
each over that of a Python that imports click: what any command line of click costs before it does anything.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "tests" / "manifests" / "fixtures" / "uv-extra" / "uv.lock"
ROUNDS = 21

COMMANDS = {
    "start and stop Python": ["-c", "pass"],
    "import click": ["-c", "import click"],
    "... and what reads versions, TOML and JSON": ["-c", "import click, tomllib, msgspec, packaging.specifiers"],
    "matrix check uv.lock": ["-m", "matrix", "check", str(LOCK)],
    "matrix check uv.lock --catching status-set": ["-m", "matrix", "check", str(LOCK), "--catching", "status-set"],
}


def main() -> None:
    """Measure and print."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        # Where bytecode is not written, nothing of an installed command is compiled, and that is all one would measure.
        environment = os.environ | {"PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for number in range(ROUNDS + 1):
            for name, arguments in COMMANDS.items():
                began = time.perf_counter()
                subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, check=False)
                if number:  # the first round compiles
                    times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(found) for name, found in times.items()}
    base = medians["import click"]
    for name, median in medians.items():
        low, high = min(times[name]), max(times[name])
        print(f"{name:<46} {median / base:5.2f}   ({low / base:.2f} to {high / base:.2f})")


if __name__ == "__main__":
    main()
