"""How the cost of a run grows: with releases, with jobs, and with scenarios. A straight line, if all is well.

With a part of the suite, which is shown and not recorded, in today's lane and from no locks: what a release costs
beside its calls is most of it, and 96 releases are done in minutes.
"""

from functools import partial

from bench import cells, figures, measure
from bench.figures import Figure
from bench.measure import MATRIX, Cost
from matrix.catalogue.scenarios import CATALOGUE
from matrix.store.documents import RELEASES

TITLE = "How cost grows"
COUNTS = (1, 4, 16)
"""Releases, as multiples of a quarter of those that are asked for: 6, 24 and 96 of 24."""

JOBS = (1, 2)
SURFACES = ("messages.create", "messages.create-async")
SCENARIOS = 24
"""So many, and twice as many."""

_SLOW = ("stall", "slow-drip")
"""Scenarios that mostly wait: twice the scenarios would not be twice the work."""

_SECONDS = 4
"""What a release took in a trial on two cores."""


def estimate(releases: int, rounds: int) -> float:
    """About how many seconds it takes."""
    return rounds * _SECONDS * _quarter(releases) * (len(JOBS) * sum(COUNTS) + 8)


def _quarter(releases: int) -> int:
    return max(1, releases // 4)


def bench(releases: int, rounds: int) -> list[Figure]:
    """Run every size once a round, and lay a line through each round's sizes."""
    counts = [_quarter(releases) * count for count in COUNTS]
    played = [scenario for scenario in CATALOGUE if scenario not in _SLOW]
    with measure.folder() as folder:
        data = folder / "data"
        data.mkdir()
        data.joinpath(RELEASES).write_bytes(measure.DATA.joinpath(RELEASES).read_bytes())
        env = measure.environment(XDG_CACHE_HOME=str(folder / "cache"))

        def run(count: int, jobs: int = 2, scenarios: int = SCENARIOS) -> Cost:
            versions = ",".join(release.version for release in cells.releases(count))
            part = [f"--surface={one}" for one in SURFACES] + [f"--scenario={one}" for one in played[:scenarios]]
            options = ["--versions", versions, "--lane", "today", "--jobs", str(jobs)]
            return measure.run([*MATRIX, "--data", data, "run", *options, *part], env)

        print("  once before, so that everything is downloaded and compiled")
        run(counts[-1])
        sizes = [(count, jobs) for jobs in JOBS for count in counts]
        ways = {f"{count} releases, jobs {jobs}": partial(run, count, jobs) for count, jobs in sizes}
        ways |= {
            "scenarios": partial(run, counts[1]),
            "twice the scenarios": partial(run, counts[1], scenarios=2 * SCENARIOS),
        }
        costs = measure.in_turn(rounds, ways)
    found = []
    for jobs in JOBS:
        of_rounds = [
            [(count, costs[f"{count} releases, jobs {jobs}"][number]) for count in counts] for number in range(rounds)
        ]
        for what, lines in (
            ("wall time", [figures.line([(count, cost.wall) for count, cost in one]) for one in of_rounds]),
            ("CPU", [figures.line([(count, cost.cpu) for count, cost in one]) for one in of_rounds]),
        ):
            name = f"{what}, {jobs} job{'s' * (jobs > 1)}"
            found += [
                figures.figure(f"{name}: for each release more", [one.slope for one in lines], "s"),
                figures.figure(f"{name}: for no release", [one.intercept for one in lines], "s"),
                figures.figure(f"{name}: how straight (R²)", [one.fit for one in lines]),
            ]
    twice = figures.ratios(measure.cpus(costs["twice the scenarios"]), measure.cpus(costs["scenarios"]))
    return [*found, figures.figure("twice the scenarios: CPU, over once", twice)]
