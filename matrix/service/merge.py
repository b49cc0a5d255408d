"""Brings what shards measured into the data of record. I/O: reads artifacts, writes a store.

Everything is checked before anything is written. Then the store is held, and written once: releases, what results
refer to, results, judgements. Killed at any moment it is valid, and the same command goes on. What failed or is missing
leaves alone what is known.
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
from matrix.store.documents import Stored, address, control_name
from matrix.store.store import Store
from matrix.targets.target import Target


class RefusedArtifact(msgspec.Struct, frozen=True):
    """An artifact that nothing is taken from, and why."""

    folder: Path
    failure: MatrixError


class Examination(msgspec.Struct, frozen=True):
    """What there is to merge.

    Attributes:
        artifacts: Those that hold, by shard.
        refused: Those that do not.
        missing: The cells of the plan, and extras that turned out, of which no artifact that holds knows anything.
        failures: Cell to the reason for which it could not be measured, of those.
    """

    artifacts: tuple[Artifact, ...]
    refused: tuple[RefusedArtifact, ...]
    missing: tuple[Cell, ...]
    failures: dict[Cell, str]

    @property
    def failure(self) -> MatrixError | None:
        """Why this is not all that was planned; None if it is."""
        if self.refused:
            return self.refused[0].failure
        if self.missing:
            first = self.missing[0]
            why = f": {self.failures[first]}" if first in self.failures else ", which no shard has measured"
            return ToolFailure(
                f"{len(self.missing)} of the plan's cells are missing, the first is {first}{why}.",
                "Measure those shards again, or merge what is there with --partial.",
            )
        return None


class MergeSummary(msgspec.Struct, frozen=True):
    """What a merge came to.

    Attributes:
        measured: How many results were merged.
        changed: Those that are news.
        superseded: Those that were left out, for the data know something newer.
    """

    measured: int
    changed: tuple[Cell, ...]
    superseded: tuple[Cell, ...]


def examine(target: Target, plan: Plan, folders: Sequence[Path]) -> Examination:
    """Check every artifact, and find what is missing.

    Raises:
        UsageError: The plan is of another suite.
    """
    check_suite(target, plan)
    good: list[Artifact] = []
    refused: list[RefusedArtifact] = []
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        try:
            good.append(inspect(target, plan, folder))
        except MatrixError as failure:
            refused.append(RefusedArtifact(folder, failure))
        except OSError as error:  # a folder where a file should be, say
            refused.append(
                RefusedArtifact(folder, StoreCorrupt(f"{folder}: can't be read: {error}.", "Upload it again."))
            )
    kept: list[Artifact] = []
    for artifact in sorted(good, key=lambda one: (one.record.shard, not one.record.data, str(one.folder))):
        rivals = [one for one in good if one.record.shard == artifact.record.shard]
        conflict = _conflict(rivals)
        if conflict is None:
            kept.append(artifact)
        else:
            said = f"{artifact.folder}: there are two artifacts of shard {artifact.record.shard}, and they differ on"
            refused.append(
                RefusedArtifact(artifact.folder, Disagreement(f"{said} {conflict}.", "Measure the shard again."))
            )
    got = {cell for artifact in kept for cell in artifact.cells}
    missing = [cell for cell in plan.planned if cell not in got]
    missing += [cell for artifact in kept for cell in artifact.missing if cell not in got]
    failures = {one.cell: one.reason for artifact in kept for one in artifact.record.failures}
    return Examination(tuple(kept), tuple(refused), tuple(dict.fromkeys(missing)), failures)


def _conflict(rivals: Sequence[Artifact]) -> Cell | None:
    """A cell of which two artifacts say something else, whoever measured it."""
    said: dict[Cell, Stored] = {}
    for artifact in rivals:
        for cell, stored in artifact.cells.items():
            first = said.setdefault(cell, stored)
            if msgspec.structs.replace(stored, provenance=first.provenance) != first:
                return cell
    return None


def record_results(store: Store, plan: Plan, examined: Examination) -> MergeSummary:
    """Write what was examined.

    Raises:
        StoreBusy: Another process writes the store.
        StoreCorrupt: What is known is not what was written.
    """
    planned = plan.planned
    superseded: list[Cell] = []
    measured = 0

    def results(known: dict[Cell, Stored]) -> Iterator[tuple[Cell, Result]]:
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
            for python, artifact in _first_of_each_python(plan, examined.artifacts):
                if (control := artifact.store.control(control_name(python))) is not None:
                    store.put_control(control_name(python), *control)
        finally:
            prune_and_judge(store)
        with contextlib.suppress(MatrixError):  # nothing depends on it but how the next plan is balanced
            _renew_costs(store, examined.artifacts)
    return MergeSummary(measured, tuple(changed), tuple(superseded))


def _catalogue(store: Store, plan: Plan) -> dict[str, Release]:
    """What the plan saw on the index, held against what is known once more: that may have come from a newer look."""
    known = store.releases()
    index.check(known, plan.catalogue, accept_missing=True)
    every = known | plan.catalogue
    return {release.version: release for release in sorted(every.values(), key=lambda release: release.parsed)}


def _first_of_each_python(plan: Plan, kept: Sequence[Artifact]) -> list[tuple[str, Artifact]]:
    """Python to the first artifact that has a control for it: all of them hold, and are of one cell and one lock."""
    first: dict[str, Artifact] = {}
    for artifact in kept:
        if artifact.cells:
            first.setdefault(plan.shards[artifact.record.shard - 1].python, artifact)
    return list(first.items())


def _renew_costs(store: Store, kept: Collection[Artifact]) -> None:
    """Write down what was measured of costs: for each environment, which cells with one lock share."""
    judged = store.judgements()
    samples: list[tuple[costs.CellKind, float]] = []
    for artifact in kept:
        environments: dict[object, tuple[costs.CellKind, float]] = {}
        for cell, seconds in {one.cell: one.seconds for one in artifact.record.cells}.items():
            if (stored := artifact.cells.get(cell)) is not None:
                same = (cell.version, cell.python, cell.extra, stored.lock or cell)
                kind = costs.classify_cell(cell, stored.outcome, judged.get(stored.behaviour))
                environments[same] = (kind, environments.get(same, (kind, 0.0))[1] + seconds)
        samples += environments.values()
    if samples:
        known = planner.read_costs(store)
        envelope.write(planner.costs_path(store), planner.COSTS, costs.update_costs(known, samples))
