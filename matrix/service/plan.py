"""The plan: the cells to measure and the reasons, divided into shards of about equal cost. Pure.

Cells of one release on one Python stay together, since lanes with equal locks share an environment, and since the
extras of a release are known only after it was measured. A shard has one Python, so a machine needs one interpreter and
plays one control for each extra.
"""

import heapq
import math
import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from matrix.errors import UsageError
from matrix.model import DEFAULT_PYTHON, NODE, Cell, Frozen, Lock, Release, runtime_title
from matrix.service.costs import DEFAULT_COSTS, CellKind, Costs, assume_kind

T = TypeVar("T")

MAX_SHARDS: Final = 200
"""Limit for the shards of a plan. GitHub starts at most 256 jobs from one matrix; the rest is a reserve."""

SHARD_SECONDS: Final = 240.0
"""Intended time of a shard, in seconds. Setting up a machine takes most of a minute, so shorter shards waste more time;
a longer shard loses more work if it is killed."""


class PlanReason(StrEnum):
    """The reason why a cell is in a plan; the first in this list if several apply."""

    NEW = "new"
    """The cell was never measured."""
    INTERPRETER = "interpreter"
    """No cell on this Python was ever measured."""
    DRIFTED = "drifted"
    """Its dependencies of today differ from those that it was measured with."""
    SUITE = "suite"
    """Another suite measured the cell."""
    FORCED = "forced"
    """The user asked to measure it again."""


class PlannedCell(Frozen, frozen=True, kw_only=True):
    """A cell to measure.

    Attributes:
        cell: The cell.
        why: The reason why it is in the plan.
        lock: The pins to install; empty to resolve them when the cell is measured.
        known: The digest of the cell's recorded line when the plan was made; empty if the cell had none.
    """

    cell: Cell
    why: PlanReason
    lock: tuple[str, ...] = ()
    known: str = ""


class Shard(Frozen, frozen=True, kw_only=True):
    """The cells that one machine measures.

    Attributes:
        python: The Python of all of its cells.
        seconds: The estimated time of the shard, in seconds.
        cells: The cells, in the order in which they are measured.
    """

    python: str
    seconds: float
    cells: tuple[PlannedCell, ...]


class Plan(Frozen, frozen=True, kw_only=True):
    """The complete input of all shards, so that no shard reads the index or the recorded data.

    Attributes:
        suite: The digest of the suite to play.
        pythons: The requested Pythons.
        releases: The whole catalogue of releases, oldest version first.
        controls: The pins of each patched control, by its name; a missing entry is resolved by the shard.
        distributions: The hashes of files, by pin, for every pin in the plan's locks.
        shards: The shards in order; the first has the number 1.
    """

    suite: str
    pythons: tuple[str, ...]
    releases: tuple[Release, ...]
    controls: dict[str, tuple[str, ...]]
    distributions: dict[str, tuple[str, ...]]
    shards: tuple[Shard, ...]

    @property
    def catalogue(self) -> dict[str, Release]:
        """The releases by version."""
        return {release.version: release for release in self.releases}

    @property
    def planned(self) -> dict[Cell, PlannedCell]:
        """The planned cells of all shards, by cell."""
        return {planned.cell: planned for shard in self.shards for planned in shard.cells}

    def lock(self, pins: tuple[str, ...]) -> Lock | None:
        """Make a lock of these pins; return None if the pins are empty."""
        return Lock(pins, {pin: self.distributions[pin] for pin in pins}) if pins else None

    def shard(self, number: int, of: int) -> Shard:
        """Return the shard with a number from 1.

        Raises:
            UsageError: The plan has no such shard.
        """
        if of != len(self.shards) or not 1 <= number <= of:
            raise UsageError(
                f"The plan has {len(self.shards)} shards, and no shard {number}/{of}.",
                "Run `matrix plan --format github` to list the shards.",
            )
        return self.shards[number - 1]


def find_reasons(
    wanted: Sequence[Cell],
    known: Mapping[Cell, str],
    suite: str,
    *,
    drifted: Collection[Cell] = (),
    force: bool = False,
) -> dict[Cell, PlanReason]:
    """Find the cells of `wanted` that need to be measured, in its order, and the reasons.

    Args:
        wanted: The cells to consider.
        known: The digest of the suite that measured each recorded cell, by cell.
        suite: The digest of the suite to play.
        drifted: The cells whose lock has changed.
        force: Whether to measure cells again whose results are up to date.
    """
    pythons = {cell.python for cell in known}
    reasons: dict[Cell, PlanReason] = {}
    for cell in wanted:
        if cell not in known:
            reasons[cell] = PlanReason.INTERPRETER if pythons and cell.python not in pythons else PlanReason.NEW
        elif cell in drifted:
            reasons[cell] = PlanReason.DRIFTED
        elif known[cell] != suite:
            reasons[cell] = PlanReason.SUITE
        elif force:
            reasons[cell] = PlanReason.FORCED
    return reasons


def divide_cells(
    cells: Sequence[PlannedCell], kinds: Mapping[Cell, CellKind], costs: Costs, shards: int | None = None
) -> tuple[Shard, ...]:
    """Divide cells into shards of about equal cost.

    Args:
        cells: The cells to measure, in order.
        kinds: The kind of each recorded cell.
        costs: The measured cost of each kind.
        shards: The number of shards; None for shards of about `SHARD_SECONDS`. There are never more shards than
            releases, never fewer than Pythons, and never more than `MAX_SHARDS`.
    """
    groups: dict[tuple[str, str], list[PlannedCell]] = {}
    for planned in cells:
        groups.setdefault((planned.cell.python, planned.cell.version), []).append(planned)
    weights: dict[str, dict[tuple[str, str], float]] = {}
    for group, members in groups.items():
        weights.setdefault(group[0], {})[group] = estimate_seconds(members, kinds, costs)
    counts = _counts(weights, shards)
    order = {planned.cell: place for place, planned in enumerate(cells)}
    divided = []
    for python in sorted(weights, key=_as_numbers):
        for packed in balance_bins(weights[python], counts[python]):
            members = [planned for group in packed for planned in groups[group]]
            seconds = round(sum(weights[python][group] for group in packed), 1)
            inside = tuple(sorted(members, key=lambda planned: order[planned.cell]))
            divided.append(Shard(python=python, seconds=seconds, cells=inside))
    return tuple(divided)


def estimate_seconds(cells: Sequence[PlannedCell], kinds: Mapping[Cell, CellKind], costs: Costs) -> float:
    """Estimate the seconds for cells of a release: each environment once, and an extra if the release is new."""
    environments = {(planned.cell.extra, planned.lock or planned.cell): planned.cell for planned in cells}
    usual = {**DEFAULT_COSTS, **costs}
    total = 0.0
    for cell in environments.values():
        total += usual[kinds.get(cell) or assume_kind(cell)].seconds
        total += usual[CellKind.EXTRA].seconds if cell not in kinds and not cell.extra else 0.0
    return total


def balance_bins(weights: Mapping[T, float], bins: int) -> list[list[T]]:
    """Put things into bins, the heaviest first, each into the lightest bin; no bin is empty if there are enough things.

    The heaviest bin weighs at most the mean plus one thing, and at most 4/3 of the optimum (Graham 1969).
    """
    packed: list[list[T]] = [[] for _ in range(bins)]
    lightest = [(0.0, number) for number in range(bins)]
    for thing in sorted(weights, key=lambda thing: -weights[thing]):
        weight, number = heapq.heappop(lightest)
        packed[number].append(thing)
        heapq.heappush(lightest, (weight + weights[thing], number))
    return packed


def _counts(weights: Mapping[str, Mapping[T, float]], shards: int | None) -> dict[str, int]:
    """Count the shards of each Python: one each, and the others to the Python with the highest load per shard."""
    loads = {python: sum(of_python.values()) for python, of_python in weights.items()}
    counts = dict.fromkeys(sorted(weights, key=_as_numbers), 1)
    total = shards or sum(math.ceil(load / SHARD_SECONDS) for load in loads.values())
    for _ in range(min(total, MAX_SHARDS) - len(counts)):
        more = [python for python in counts if counts[python] < len(weights[python])]
        if not more:
            break
        counts[max(more, key=lambda python: loads[python] / counts[python])] += 1
    return counts


def _as_numbers(python: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", python)))


class WorkflowJob(Frozen, frozen=True, kw_only=True):
    """One job of a workflow.

    Attributes:
        target: The id of the target.
        shard: The value of `matrix run --shard`, such as `1/8`.
        cells: The number of cells.
        minutes: The estimated time, in minutes, rounded up.
        runtime: The runtime of its cells, as pages name it, such as `Python 3.11`.
        python: The Python that the job needs; that of this program if its cells run on Node.
    """

    target: str
    shard: str
    cells: int
    minutes: int
    runtime: str
    python: str


class WorkflowMatrix(Frozen, frozen=True, kw_only=True):
    """The value of GitHub's `strategy.matrix`.

    Attributes:
        include: The jobs, one for each shard.
    """

    include: tuple[WorkflowJob, ...]


def make_workflow_matrix(plan: Plan, target: str) -> WorkflowMatrix:
    """Make the jobs that GitHub starts for a target, one for each shard."""
    return WorkflowMatrix(
        include=tuple(
            WorkflowJob(
                target=target,
                shard=f"{number}/{len(plan.shards)}",
                cells=len(shard.cells),
                minutes=math.ceil(shard.seconds / 60),
                runtime=runtime_title(shard.python),
                python=DEFAULT_PYTHON if shard.python.startswith(NODE) else shard.python,
            )
            for number, shard in enumerate(plan.shards, 1)
        )
    )
