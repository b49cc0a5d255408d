"""The input of the rivals: the releases of a benchmark, its cells, and the calls of each cell."""

from pathlib import Path

import msgspec

from bench import figures, measure
from matrix.catalogue.scenarios import CATALOGUE
from matrix.harness.installer import resolution_cutoff
from matrix.model import Lane, Release
from matrix.releases import selection
from matrix.store.store import Store
from matrix.targets import ANTHROPIC


class Told(msgspec.Struct, frozen=True):
    """A cell in the input of a rival.

    Attributes:
        name: The name of its session, and the first part of its calls' paths at the backend.
        version: The version of the SDK.
        cutoff: The latest upload time of its dependencies; empty for no limit.
    """

    name: str
    version: str
    cutoff: str


def releases(count: int) -> list[Release]:
    """Choose `count` final releases that a plain `matrix run` measures, spread over the history."""
    final = [
        release
        for release in selection.select(Store(measure.DATA, ANTHROPIC).releases(), None)
        if not release.parsed.is_prerelease
    ]
    return figures.spread(final, count)


def told(chosen: list[Release]) -> list[Told]:
    """Make a cell for each release in both lanes."""
    cells = []
    for release in chosen:
        for lane in Lane:
            until = resolution_cutoff(release, lane)
            as_of = until.isoformat().replace("+00:00", "Z") if until else ""
            cells.append(Told(f"{release.version}-{lane}", release.version, as_of))
    return cells


def write_calls(path: Path, extras: tuple[str, ...] = ("", *ANTHROPIC.suite.extras)) -> None:
    """Write the calls of the suite, with those of `extras`, in the format of the straightforward probe."""
    calls = [
        {"surface": call.surface, "scenario": call.scenario, "timeout": CATALOGUE[call.scenario].timeout}
        for extra in extras
        for call in ANTHROPIC.suite.calls(extra=extra)
    ]
    path.write_bytes(msgspec.json.encode(calls))


def requests(data: Path) -> dict[str, int]:
    """Count the requests of each release and lane in recorded observations, by the name of the rivals' session."""
    store = Store(data, ANTHROPIC)
    counts: dict[str, int] = {}
    for cell in store.cells():
        result = store.result(cell)
        observations = result.behaviour.values() if result else ()
        name = f"{cell.version}-{cell.lane}"
        counts[name] = counts.get(name, 0) + sum(observation.requests for observation in observations)
    return counts


def requests_of_probes(folder: Path) -> dict[str, int]:
    """Count the requests of each session in the output files of `matrix probe`, by the name of the session."""
    return {
        path.stem: sum(
            report["observation"].get("requests", 0)
            for report in msgspec.json.decode(path.read_bytes())["observations"]
        )
        for path in folder.glob("*.json")
    }
