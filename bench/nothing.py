"""The cost of a run when nothing is missing, over listing the releases plus one request to the package index."""

import shutil
import subprocess
import time
from pathlib import Path

import requests
from pypi_simple import ACCEPT_JSON_PREFERRED, PYPI_SIMPLE_ENDPOINT

from bench import figures, measure
from bench.figures import Figure, Goal
from bench.measure import MATRIX, Cost
from matrix.targets import ANTHROPIC

TITLE = "Nothing new"
GOAL = Goal(at_most=1.5)
_SECONDS = 3
LEAST_ROUNDS = 7
"""The least number of rounds: other work on the machine easily disturbs a command that takes a second."""


def estimate(_releases: int, rounds: int) -> float:
    """Estimate the time of this benchmark in seconds."""
    return rounds * _SECONDS


def bench(_releases: int, rounds: int) -> list[Figure]:
    """Measure the run, the list and the request in turn."""
    with measure.folder() as folder:
        data = folder / "data"
        shutil.copytree(measure.DATA, data)
        command: list[str | Path] = [*MATRIX, "--data", data]
        env = measure.environment()
        _must_be_complete([*command, "run", "--dry-run"], env)
        ways = {
            "matrix run": lambda: measure.run([*command, "run"], env),
            "matrix list releases": lambda: measure.run([*command, "list", "releases"], env),
            "one request": ask,
        }
        for way in ways.values():
            way()
        costs = measure.in_turn(rounds, ways)
    walls = {way: measure.walls(of_way) for way, of_way in costs.items()}
    base = [sum(pair) for pair in zip(walls["matrix list releases"], walls["one request"], strict=True)]
    over = figures.ratios(walls["matrix run"], base)
    return [
        figures.figure("matrix run, nothing new, over matrix list releases and one request", over, goal=GOAL),
        *(figures.figure(f"{way}: wall time", seconds, "s") for way, seconds in walls.items()),
    ]


def ask() -> Cost:
    """Request the index's page of the SDK, and return the cost."""
    wall, cpu = time.perf_counter(), time.process_time()
    accept = {"Accept": ACCEPT_JSON_PREFERRED}
    requests.get(
        f"{PYPI_SIMPLE_ENDPOINT.rstrip('/')}/{ANTHROPIC.package}/", headers=accept, timeout=30
    ).raise_for_status()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def _must_be_complete(command: list[str | Path], env: dict[str, str]) -> None:
    """Exit if a cell is missing, since the benchmark would then measure a sweep."""
    done = subprocess.run(command, env=env, cwd=measure.ROOT, capture_output=True, text=True, check=True)
    if not done.stdout.startswith("Nothing is missing"):
        raise SystemExit("This suite has not measured all of reports/data. Run `matrix run` first.")
