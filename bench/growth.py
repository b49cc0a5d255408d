"""The growth of the cost of a run with its releases, jobs and scenarios; it should be linear.

It plays a part of the suite, which is not recorded, in the `today` lane and without recorded locks. Most of the cost is
then that of a release without its calls, and 96 releases take minutes.
"""

from functools import partial

from bench import cells, figures, measure
from bench.figures import Figure
from bench.measure import MATRIX, Cost
from matrix.catalogue.scenarios import CATALOGUE
from matrix.store.documents import RELEASES

TITLE = "How cost grows"
COUNTS = (1, 4, 16)
"""The numbers of releases, as multiples of a quarter of `--releases`: 6, 24 and 96 for 24."""

JOBS = (1, 2)
SURFACES = ("messages.create", "messages.create-async")
SCENARIOS = 24
"""The number of scenarios; a second run plays twice as many."""

_SLOW = ("stall", "slow-drip")
"""Scenarios that mostly wait, so that doubling them would not double the work."""

_SECONDS = 4
"""The time of one release in a trial on two cores, in seconds."""


def estimate(releases: int, rounds: int) -> float:
    """Estimate the time of this benchmark in seconds."""
    return rounds * _SECONDS * _quarter(releases) * (len(JOBS) * sum(COUNTS) + 8)


def _quarter(releases: int) -> int:
    return max(1, releases // 4)


def bench(releases: int, rounds: int) -> list[Figure]:
    """Run every size once a round, and fit a line to the sizes of each round."""
    counts = [_quarter(releases) * count for count in COUNTS]
    played = [scenario for scenario in CATALOGUE if scenario not in _SLOW]
    with measure.folder() as folder:
        data = folder / "data"
        data.mkdir()
        data.joinpath(RELEASES).write_bytes(measure.DATA.joinpath(RELEASES).read_bytes())
        env = measure.environment(XDG_CACHE_HOME=str(folder / "cache"))

        def run(count: int, jobs: int = 2, scenarios: int = SCENARIOS) -> Cost:
            versions = ",".join(release.version for release in cells.releases(count))
            part = [f"--surface={surface}" for surface in SURFACES]
            part += [f"--scenario={scenario}" for scenario in played[:scenarios]]
            options = ["--versions", versions, "--lane", "today", "--jobs", str(jobs)]
            return measure.run([*MATRIX, "--data", data, "run", *options, *part], env)

        print("  once before, so that everything is downloaded and compiled")
        run(counts[-1])
        runs = [(count, jobs) for jobs in JOBS for count in counts]
        ways = {f"{count} releases, jobs {jobs}": partial(run, count, jobs) for count, jobs in runs}
        ways |= {
            "scenarios": partial(run, counts[1]),
            "twice the scenarios": partial(run, counts[1], scenarios=2 * SCENARIOS),
        }
        costs = measure.in_turn(rounds, ways)
    results = []
    for jobs in JOBS:
        of_rounds = [
            [(count, costs[f"{count} releases, jobs {jobs}"][number]) for count in counts] for number in range(rounds)
        ]
        for what, lines in (
            ("wall time", [figures.line([(count, cost.wall) for count, cost in sizes]) for sizes in of_rounds]),
            ("CPU", [figures.line([(count, cost.cpu) for count, cost in sizes]) for sizes in of_rounds]),
        ):
            name = f"{what}, {jobs} job{'s' * (jobs > 1)}"
            results += [
                figures.figure(f"{name}: for each release more", [line.slope for line in lines], "s"),
                figures.figure(f"{name}: for no release", [line.intercept for line in lines], "s"),
                figures.figure(f"{name}: how straight (R²)", [line.fit for line in lines]),
            ]
    twice = figures.ratios(measure.cpus(costs["twice the scenarios"]), measure.cpus(costs["scenarios"]))
    return [*results, figures.figure("twice the scenarios: CPU, over once", twice)]
