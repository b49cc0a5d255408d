"""What rivals are told: the releases of a benchmark, its cells, and the calls that each of them makes."""

from pathlib import Path

import msgspec

from bench import figures, measure
from matrix.catalogue.scenarios import CATALOGUE
from matrix.harness import uv
from matrix.model import Lane, Release
from matrix.releases import selection
from matrix.store.store import Store
from matrix.targets import ANTHROPIC


class Told(msgspec.Struct, frozen=True):
    """A cell as a rival is told of it.

    Attributes:
        name: Of its session, and of its calls at the backend.
        version: Of the SDK.
        cutoff: As of when dependencies are resolved; empty for today.
    """

    name: str
    version: str
    cutoff: str


def releases(count: int) -> list[Release]:
    """So many final releases that a plain `matrix run` takes, spread over the history."""
    final = [
        one for one in selection.select(Store(measure.DATA, ANTHROPIC).releases(), None) if not one.parsed.is_prerelease
    ]
    return figures.spread(final, count)


def told(chosen: list[Release]) -> list[Told]:
    """Both lanes of each release."""
    cells = []
    for release in chosen:
        for lane in Lane:
            until = uv.resolution_cutoff(release, lane)
            as_of = until.isoformat().replace("+00:00", "Z") if until else ""
            cells.append(Told(f"{release.version}-{lane}", release.version, as_of))
    return cells


def write_calls(path: Path, extras: tuple[str, ...] = ("", *ANTHROPIC.suite.extras)) -> None:
    """Write the calls of the suite, those that need an extra too, as the straightforward probe reads them."""
    calls = [
        {"surface": call.surface, "scenario": call.scenario, "timeout": CATALOGUE[call.scenario].timeout}
        for extra in extras
        for call in ANTHROPIC.suite.calls(extra=extra)
    ]
    path.write_bytes(msgspec.json.encode(calls))


def requests(data: Path) -> dict[str, int]:
    """How many requests the observations of each release and lane stand for, by the name of the rivals' session."""
    store = Store(data, ANTHROPIC)
    found: dict[str, int] = {}
    for cell in store.cells():
        result = store.result(cell)
        seen = result.behaviour.values() if result else ()
        name = f"{cell.version}-{cell.lane}"
        found[name] = found.get(name, 0) + sum(one.requests for one in seen)
    return found


def requests_of_probes(folder: Path) -> dict[str, int]:
    """The same from what `matrix probe` wrote into a file for each session."""
    return {
        path.stem: sum(
            one["observation"].get("requests", 0) for one in msgspec.json.decode(path.read_bytes())["observations"]
        )
        for path in folder.glob("*.json")
    }
