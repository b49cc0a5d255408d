"""Reads and checks the two data folders that the gate compares, and withdraws held results. I/O: stores."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from matrix.errors import ControlFailure, UsageError
from matrix.harness import controls
from matrix.harness.upkeep import find_outdated_judgements, prune_and_judge
from matrix.observation import Behaviour
from matrix.service.holding import HeldRelease
from matrix.service.verdict_changes import CellSnapshot, Snapshot
from matrix.store import migration
from matrix.store.documents import control_name
from matrix.store.store import Store
from matrix.targets.target import Target

if TYPE_CHECKING:
    from matrix.model import Cell


def require_folder(data: Path) -> Path:
    """Return `data` if it is a folder, so that a mistyped name is not taken for an empty publication.

    Raises:
        UsageError: There is no such folder.
    """
    if not data.is_dir():
        raise UsageError(
            f"There is no folder {data}.", "Name the folder of the published data, such as `--published FOLDER`."
        )
    return data


def read_snapshot(target: Target, data: Path) -> Snapshot:
    """Read a data folder for the gate; of a damaged one only the problems.

    Args:
        target: The target of the data. Controls of other suites than its own are ignored.
        data: The folder.
    """
    store = Store(data, target)
    migration.require_current(store)
    problems = store.verify()
    if problems:
        return Snapshot(releases={}, cells={}, problems=tuple(problems))
    problems += [
        f"judgements.json: the judgement of {digest} is not what this program judges"
        for digest in find_outdated_judgements(store)
    ]
    behaviours = {digest: store.behaviour(digest) for digest in store.behaviours()}
    return Snapshot(
        releases=store.releases(),
        cells={
            cell: CellSnapshot(
                suite=stored.suite,
                outcome=stored.outcome,
                reason=stored.reason,
                digest=stored.behaviour,
                behaviour=behaviours.get(stored.behaviour, {}),
                pins=stored.lock,
            )
            for cell, stored in store.cells().items()
        },
        problems=tuple(problems),
        controls=_controls(store, behaviours),
    )


def withdraw(store: Store, published: Store, held: Collection[HeldRelease]) -> None:
    """Remove the results of releases that are held back from a store; their published results take the place.

    Raises:
        StoreBusy: Another process writes the store.
    """
    if not held:
        return
    versions = {release.version for release in held}
    with store.writing():
        store.withdraw([cell for cell in store.cells() if cell.version in versions])
        results = [(cell, published.result(cell)) for cell in published.cells() if cell.version in versions]
        store.put_all((cell, result) for cell, result in results if result is not None)
        prune_and_judge(store)


def _controls(store: Store, behaviours: Mapping[str, Behaviour]) -> dict[str, str]:
    """Judge the recorded controls again; returns the name of each to its failure, empty if it holds."""
    failures: dict[str, str] = {}
    kinds: dict[tuple[str, str], dict[str, Cell]] = {}
    for cell, stored in store.cells().items():
        kinds.setdefault((cell.python, cell.extra), {}).setdefault(stored.behaviour, cell)
    for (python, extra), cells in kinds.items():
        name = control_name(python, extra)
        control = store.control(name)
        if control is None or control[1].suite != store.target.digest:
            continue
        failures[name] = ""
        try:
            controls.check_patched(store.target, *control)
            for behaviour, cell in cells.items():
                controls.check_unknown(store.target, cell, behaviours.get(behaviour, {}))
        except ControlFailure as failure:
            failures[name] = str(failure)
    return failures
