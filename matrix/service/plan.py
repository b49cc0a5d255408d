"""The plan: the cells to measure and the reasons, divided into shards of about equal cost. Pure.

Cells of one release on one Python stay together: two lanes with one lock are one environment, and which cells with an
extra there are turns out where the release is measured. A shard has one Python, so a machine needs one interpreter and
plays one control.
"""

import heapq
import math
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from matrix.errors import UsageError
from matrix.model import Cell, Frozen, Lock, Release
from matrix.service.costs import DEFAULT_COSTS, CellKind, Costs

T = TypeVar("T")

MAX_SHARDS: Final = 200
"""Shards at most: GitHub starts up to 256 jobs from one matrix, and the other jobs of a workflow want room."""

SHARD_SECONDS: Final = 240.0
"""Seconds that a shard should measure for. Setting a machine up takes most of a minute, which a shorter shard would
spend more on than on measuring; a longer one loses more when it is killed."""


class PlanReason(StrEnum):
    """The reason why a cell is in a plan; if several apply, the first in this list."""

    NEW = "new"
    """The cell was never measured."""
    INTERPRETER = "interpreter"
    """No cell on this Python was ever measured."""
    DRIFTED = "drifted"
    """Its dependencies of today differ from those it was measured with."""
    SUITE = "suite"
    """Another suite measured the cell."""
    FORCED = "forced"
    """The user asked to measure it again."""


class PlannedCell(Frozen, frozen=True, kw_only=True):
    """A cell to measure.

    Attributes:
        cell: Which.
        why: PlanReason.
        lock: The pins that are to be installed; empty to resolve them when it is measured.
        known: The digest of the line that was known of it when the plan was made; empty if nothing was.
    """

    cell: Cell
    why: PlanReason
    lock: tuple[str, ...] = ()
    known: str = ""


class Shard(Frozen, frozen=True, kw_only=True):
    """The cells that one machine measures.

    Attributes:
        python: The Python of all of its cells.
        seconds: What it is expected to take.
        cells: In the order in which they are measured.
    """

    python: str
    seconds: float
    cells: tuple[PlannedCell, ...]


class Plan(Frozen, frozen=True, kw_only=True):
    """All that measuring needs to know, so that no shard looks at the index or at the data for it.

    Attributes:
        suite: The digest of the suite that is to be played.
        pythons: Those that were asked for.
        releases: The whole catalogue, oldest version first.
        controls: Python to the pins of its patched control; empty to resolve them.
        distributions: Pin to the hashes of its files, for every pin of a lock in here.
        shards: In order; the first one is 1.
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
        """Every cell."""
        return {one.cell: one for shard in self.shards for one in shard.cells}

    def lock(self, pins: tuple[str, ...]) -> Lock | None:
        """A lock of these pins; None if there are none."""
        return Lock(pins, {pin: self.distributions[pin] for pin in pins}) if pins else None

    def shard(self, number: int, of: int) -> Shard:
        """One shard, counted from 1.

        Raises:
            UsageError: It is not one of this plan.
        """
        if of != len(self.shards) or not 1 <= number <= of:
            raise UsageError(
                f"The plan has {len(self.shards)} shards, and {number}/{of} is none of them.",
                "They are 1/N to N/N; `matrix plan --format github` lists them.",
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
    """The cells of `wanted` that want measuring, in its order, and why.

    Args:
        wanted: Cells.
        known: Every cell of which something is known, to the digest of the suite that was played.
        suite: The digest of the suite that is to be played.
        drifted: Cells whose lock has changed.
        force: Whether cells of which all is known are to be measured as well.
    """
    pythons = {cell.python for cell in known}
    found: dict[Cell, PlanReason] = {}
    for cell in wanted:
        if cell not in known:
            found[cell] = PlanReason.INTERPRETER if pythons and cell.python not in pythons else PlanReason.NEW
        elif cell in drifted:
            found[cell] = PlanReason.DRIFTED
        elif known[cell] != suite:
            found[cell] = PlanReason.SUITE
        elif force:
            found[cell] = PlanReason.FORCED
    return found


def divide_cells(
    cells: Sequence[PlannedCell], kinds: Mapping[Cell, CellKind], costs: Costs, shards: int | None = None
) -> tuple[Shard, ...]:
    """Divide cells into shards of about equal cost.

    Args:
        cells: What is to be measured, in order.
        kinds: What each cell is like that is known.
        costs: What each kind costs.
        shards: The number of shards; None for shards of about `SHARD_SECONDS`. There are never more shards than
            releases, never fewer than Pythons, and never more than `MAX_SHARDS`.
    """
    groups: dict[tuple[str, str], list[PlannedCell]] = {}
    for one in cells:
        groups.setdefault((one.cell.python, one.cell.version), []).append(one)
    weights: dict[str, dict[tuple[str, str], float]] = {}
    for group, members in groups.items():
        weights.setdefault(group[0], {})[group] = estimate_seconds(members, kinds, costs)
    counts = _counts(weights, shards)
    order = {one.cell: place for place, one in enumerate(cells)}
    made = []
    for python in sorted(weights, key=_as_numbers):
        for packed in balance_bins(weights[python], counts[python]):
            members = [one for group in packed for one in groups[group]]
            seconds = round(sum(weights[python][group] for group in packed), 1)
            inside = tuple(sorted(members, key=lambda one: order[one.cell]))
            made.append(Shard(python=python, seconds=seconds, cells=inside))
    return tuple(made)


def estimate_seconds(cells: Sequence[PlannedCell], kinds: Mapping[Cell, CellKind], costs: Costs) -> float:
    """Estimate the seconds for cells of one release: each environment once, and one extra for a new release."""
    environments = {(one.cell.extra, one.lock or one.cell): one.cell for one in cells}
    usual = {**DEFAULT_COSTS, **costs}
    total = 0.0
    for cell in environments.values():
        total += usual[kinds.get(cell, CellKind.EXTRA if cell.extra else CellKind.PLAIN)].seconds
        total += usual[CellKind.EXTRA].seconds if cell not in kinds and not cell.extra else 0.0
    return total


def balance_bins(weights: Mapping[T, float], bins: int) -> list[list[T]]:
    """Put things into bins, the heaviest first, each into the lightest bin: none is empty if there are things enough.

    The heaviest bin weighs at most the mean plus one thing, and at most 4/3 of what is possible (Graham 1969).
    """
    packed: list[list[T]] = [[] for _ in range(bins)]
    lightest = [(0.0, number) for number in range(bins)]
    for thing in sorted(weights, key=lambda one: -weights[one]):
        weight, number = heapq.heappop(lightest)
        packed[number].append(thing)
        heapq.heappush(lightest, (weight + weights[thing], number))
    return packed


def _counts(weights: Mapping[str, Mapping[T, float]], shards: int | None) -> dict[str, int]:
    """How many shards each Python has: one, and one more for whichever has most for each of its own."""
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
    return tuple(map(int, python.split(".")))


class WorkflowJob(Frozen, frozen=True, kw_only=True):
    """One job of a workflow.

    Attributes:
        shard: `K/N`, as `matrix run --shard` takes it.
        cells: How many.
        minutes: What it is expected to measure for, rounded up.
        python: The Python that it needs.
    """

    shard: str
    cells: int
    minutes: int
    python: str


class WorkflowMatrix(Frozen, frozen=True, kw_only=True):
    """What GitHub's `strategy.matrix` is given.

    Attributes:
        include: A job for each shard.
    """

    include: tuple[WorkflowJob, ...]


def make_workflow_matrix(plan: Plan) -> WorkflowMatrix:
    """Make the jobs that GitHub starts, one for each shard."""
    return WorkflowMatrix(
        include=tuple(
            WorkflowJob(
                shard=f"{number}/{len(plan.shards)}",
                cells=len(shard.cells),
                minutes=math.ceil(shard.seconds / 60),
                python=shard.python,
            )
            for number, shard in enumerate(plan.shards, 1)
        )
    )
