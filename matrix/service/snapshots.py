"""The two folders of data that the gate and the announcement compare, read and checked. I/O: reads stores."""

from collections.abc import Mapping
from pathlib import Path

from matrix.errors import ControlFailure, UsageError
from matrix.harness import controls
from matrix.harness.upkeep import find_outdated_judgements
from matrix.observation import Behaviour
from matrix.service.gate import CellSnapshot, Snapshot
from matrix.store.documents import control_name
from matrix.store.store import Store
from matrix.targets.target import Target


def require_folder(data: Path) -> Path:
    """A folder of data that somebody named.

    Raises:
        UsageError: There is none.
    """
    if not data.is_dir():
        raise UsageError(f"There is no folder {data}.", "Name the folder of data that is published: --published.")
    return data


def read_snapshot(target: Target, data: Path) -> Snapshot:
    """All that the gate wants to know of a folder of data; of one that does not hold, what is wrong and no more.

    Args:
        target: What the data is about; controls of another suite than its own are not looked at.
        data: The folder.
    """
    store = Store(data, target)
    problems = store.verify()
    if problems:
        return Snapshot(releases={}, cells={}, problems=tuple(problems))
    problems += [f"judgements.json: {digest} comes to something else" for digest in find_outdated_judgements(store)]
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


def _controls(store: Store, behaviours: Mapping[str, Behaviour]) -> dict[str, str]:
    """Python to what does not hold of its controls, judged again from what was recorded."""
    said: dict[str, str] = {}
    for python in sorted({cell.python for cell in store.cells()}):
        control = store.control(control_name(python))
        if control is None or control[1].suite != store.target.digest:
            continue
        said[python] = ""
        try:
            controls.check_patched(store.target, *control)
            seen: set[str] = set()
            for cell, stored in store.cells().items():
                if cell.python == python and stored.behaviour and stored.behaviour not in seen:
                    seen.add(stored.behaviour)
                    controls.check_unknown(store.target, cell, behaviours[stored.behaviour])
        except ControlFailure as failure:
            said[python] = str(failure)
    return said
