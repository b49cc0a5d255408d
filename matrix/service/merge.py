"""Merges the results of shards into the data of record. I/O: reads artifacts, writes a store.

It checks every artifact before it writes. Then it locks the store and writes once: releases, documents that results
refer to, results, judgements. If it is killed, the store is still valid, and the same command continues. Cells that
failed or are missing keep their recorded results.
"""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import msgspec

from matrix.errors import Disagreement, MatrixError, StoreCorrupt, ToolFailure
from matrix.harness.upkeep import prune_and_judge
from matrix.model import Cell, Release
from matrix.observation import Result
from matrix.releases import index
from matrix.service import costs, planner
from matrix.service.artifact import check_suite
from matrix.service.inspection import Artifact, inspect
from matrix.service.plan import Plan
from matrix.store import envelope
from matrix.store.documents import StoredResult, address, control_name
from matrix.store.store import Store
from matrix.targets.target import Target


class RefusedArtifact(msgspec.Struct, frozen=True):
    """An artifact that is not merged, and the reason."""

    folder: Path
    failure: MatrixError


class Examination(msgspec.Struct, frozen=True):
    """The checked artifacts of a plan.

    Attributes:
        artifacts: The artifacts that passed every check, by shard.
        refused: The other artifacts.
        missing: The cells of the plan, and of offered extras, without a result in `artifacts`.
        failures: Cell to the reason why a shard could not measure it.
    """

    artifacts: tuple[Artifact, ...]
    refused: tuple[RefusedArtifact, ...]
    missing: tuple[Cell, ...]
    failures: dict[Cell, str]

    @property
    def failure(self) -> MatrixError | None:
        """Why the results are incomplete; None if every planned cell has one."""
        if self.refused:
            return self.refused[0].failure
        if self.missing:
            first = self.missing[0]
            why = f": {self.failures[first]}" if first in self.failures else ", which no artifact contains"
            return ToolFailure(
                f"{len(self.missing)} of the plan's cells are missing, the first is {first}{why}.",
                "Measure them again (`matrix run --shard K/N`), or merge the rest with `matrix merge --partial`.",
            )
        return None


class MergeSummary(msgspec.Struct, frozen=True):
    """The counts of a merge.

    Attributes:
        measured: The number of results merged.
        changed: The cells whose results are new or changed.
        superseded: The cells left out because the data has a newer result.
    """

    measured: int
    changed: tuple[Cell, ...]
    superseded: tuple[Cell, ...]


def examine(target: Target, plan: Plan, folders: Sequence[Path]) -> Examination:
    """Check every artifact, and list the missing cells.

    Raises:
        UsageError: The plan was made for another suite.
    """
    check_suite(target, plan)
    good: list[Artifact] = []
    refused: list[RefusedArtifact] = []
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        try:
            good.append(inspect(target, plan, folder))
        except MatrixError as failure:
            refused.append(RefusedArtifact(folder, failure))
        except OSError as error:  # such as a folder in place of a file
            refused.append(
                RefusedArtifact(
                    folder, StoreCorrupt(f"{folder}: can't be read: {error}.", "Download the artifact again.")
                )
            )
    accepted: list[Artifact] = []
    for artifact in sorted(
        good, key=lambda artifact: (artifact.record.shard, not artifact.record.data, str(artifact.folder))
    ):
        rivals = [other for other in good if other.record.shard == artifact.record.shard]
        conflict = _conflict(rivals)
        if conflict is None:
            accepted.append(artifact)
        else:
            problem = f"{artifact.folder}: there are two artifacts of shard {artifact.record.shard}, and they differ on"
            refused.append(
                RefusedArtifact(artifact.folder, Disagreement(f"{problem} {conflict}.", "Measure the shard again."))
            )
    measured = {cell for artifact in accepted for cell in artifact.cells}
    missing = [cell for cell in plan.planned if cell not in measured]
    missing += [cell for artifact in accepted for cell in artifact.missing if cell not in measured]
    failures = {failure.cell: failure.reason for artifact in accepted for failure in artifact.record.failures}
    return Examination(tuple(accepted), tuple(refused), tuple(dict.fromkeys(missing)), failures)


def _conflict(rivals: Sequence[Artifact]) -> Cell | None:
    """Find a cell with different results in two artifacts of one shard, apart from their provenance."""
    first_results: dict[Cell, StoredResult] = {}
    for artifact in rivals:
        for cell, stored in artifact.cells.items():
            first = first_results.setdefault(cell, stored)
            if msgspec.structs.replace(stored, provenance=first.provenance) != first:
                return cell
    return None


def record_results(store: Store, plan: Plan, examined: Examination) -> MergeSummary:
    """Record the results of the checked artifacts.

    Raises:
        StoreBusy: Another process writes the store.
        StoreCorrupt: The recorded data is damaged.
    """
    planned = plan.planned
    superseded: list[Cell] = []
    measured = 0

    def results(known: dict[Cell, StoredResult]) -> Iterator[tuple[Cell, Result]]:
        nonlocal measured
        for artifact in examined.artifacts:
            source = artifact.store
            for cell in artifact.cells:
                result, line = source.result(cell), known.get(cell)
                expected = planned[cell].known if cell in planned else ""
                if result is None:
                    continue
                current = store.result(cell) if line and address(line) != expected else None
                if current and current.suite == result.suite and not result.agrees_with(current):
                    superseded.append(cell)
                else:
                    measured += 1
                    yield cell, result

    with store.writing():
        try:
            store.put_releases(_catalogue(store, plan))
            changed = store.put_all(results(store.cells()))
            for name, artifact in _first_of_each_control(examined.artifacts).items():
                if (control := artifact.store.control(name)) is not None:
                    store.put_control(name, *control)
        finally:
            prune_and_judge(store)
        with contextlib.suppress(MatrixError):  # costs only balance the next plan
            _renew_costs(store, examined.artifacts)
    return MergeSummary(measured, tuple(changed), tuple(superseded))


def _catalogue(store: Store, plan: Plan) -> dict[str, Release]:
    """Merge the plan's catalogue into the store's, which may be newer than the plan."""
    known = store.releases()
    index.check(known, plan.catalogue, accept_missing=True)
    every = known | plan.catalogue
    return {release.version: release for release in sorted(every.values(), key=lambda release: release.parsed)}


def _first_of_each_control(artifacts: Sequence[Artifact]) -> dict[str, Artifact]:
    """Choose an artifact for each control, by name: all of them hold, and have one cell and one lock."""
    first: dict[str, Artifact] = {}
    for artifact in artifacts:
        for cell in artifact.cells:
            first.setdefault(control_name(cell.python, cell.extra), artifact)
    return first


def _renew_costs(store: Store, artifacts: Collection[Artifact]) -> None:
    """Record the measured costs, one sample for each environment; cells with one lock share an environment."""
    judgements = store.judgements()
    samples: list[tuple[costs.CellKind, float]] = []
    for artifact in artifacts:
        environments: dict[object, tuple[costs.CellKind, float]] = {}
        for cell, seconds in {timed.cell: timed.seconds for timed in artifact.record.cells}.items():
            if (stored := artifact.cells.get(cell)) is not None:
                same = (cell.version, cell.python, cell.extra, stored.lock or cell)
                kind = costs.classify_cell(cell, stored.outcome, judgements.get(stored.behaviour))
                environments[same] = (kind, environments.get(same, (kind, 0.0))[1] + seconds)
        samples += environments.values()
    if samples:
        known: dict[costs.CellKind, costs.Cost] = {}
        with contextlib.suppress(StoreCorrupt):  # a damaged document is replaced
            known = planner.read_costs(store)
        envelope.write(planner.costs_path(store), planner.COSTS, costs.update_costs(known, samples))
