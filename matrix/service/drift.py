"""Resolves the locks of the `today` lane, once for each distinct set of requirements. I/O, by way of uv or npm.

Releases with equal requirements have equal dependencies, so their locks differ in nothing but the pin of the target and
its hashes. A release is resolved by itself if its requirements are unknown, or if the group has no solution, since the
reason names the release.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence

from matrix.harness.building import make_installer
from matrix.harness.installer import Unresolvable
from matrix.model import Cell, Lock, Release
from matrix.releases.metadata import WheelMetadata
from matrix.system.aio import first_failure, interruptible
from matrix.targets.target import Target

_OF_ONE_EXTRA = re.compile(r";\s*(?P<others>.* and )?extra\s*==\s*['\"](?P<extra>[^'\"]+)['\"]\s*$")
"""The end of a requirement that only an extra has."""


def group_by_requirements(cells: Sequence[Cell], required: Mapping[str, WheelMetadata]) -> list[list[Cell]]:
    """Group cells with equal requirements; a cell with unknown requirements is in a group of its own."""
    groups: dict[object, list[Cell]] = {}
    for cell in cells:
        known = required.get(cell.version)
        needed = known and (known.python, tuple(filter(None, (_for_cell(cell, line) for line in known.distributions))))
        groups.setdefault((cell.python, cell.extra, needed or cell.version), []).append(cell)
    return list(groups.values())


def _for_cell(cell: Cell, requirement: str) -> str:
    """Return a requirement; empty text if only an extra that the cell lacks has it."""
    match = _OF_ONE_EXTRA.search(requirement)
    return "" if match and " or " not in (match["others"] or "") and match["extra"] != cell.extra else requirement


def transfer_lock(target: Target, lock: Lock, release: Release) -> Lock | None:
    """Put another release of the target into a lock; returns None if the hash of one of its files is unknown."""
    files = [file.digest for file in (*release.wheels, *release.sdists)]
    hashes = tuple(sorted(digest for digest in files if digest))
    if len(hashes) < len(files):
        return None
    other = {pin: of_pin for pin, of_pin in lock.hashes.items() if not pin.startswith(f"{target.package}==")}
    every = other | {f"{target.package}=={release.version}": hashes}
    return Lock(tuple(sorted(every)), every)


def resolve_locks(
    target: Target,
    cells: Sequence[Cell],
    releases: Mapping[str, Release],
    required: Mapping[str, WheelMetadata],
    index: str | None,
    workers: int,
) -> dict[Cell, Lock | Unresolvable]:
    """Resolve the lock of each cell as of now.

    Raises:
        ToolFailure: The installer failed for a reason other than the requirements.
        InterpreterMissing: An interpreter is not installed.
    """
    locks: dict[Cell, Lock | Unresolvable] = {}
    groups = group_by_requirements(cells, required)

    async def go() -> None:
        installer = make_installer(target, index)
        pythons = sorted({cell.python for cell in cells})
        programs = {python: (await installer.interpreter(python)).path for python in pythons}
        waiting = iter(groups)

        async def resolve_one(cell: Cell) -> Lock | Unresolvable:
            locks[cell] = await installer.resolve(target.requirement(cell), programs[cell.python], None)
            return locks[cell]

        async def work() -> None:
            for first, *others in waiting:
                lock = await resolve_one(first)
                for cell in others:
                    same = (
                        None if isinstance(lock, Unresolvable) else transfer_lock(target, lock, releases[cell.version])
                    )
                    if same is None:
                        await resolve_one(cell)
                    else:
                        locks[cell] = same

        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())

    try:
        interruptible(go())
    except ExceptionGroup as errors:
        raise first_failure(errors) from None
    return locks
