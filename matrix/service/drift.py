"""What the `today` lane resolves to now: once for each distinct set of requirements.

I/O, by way of uv. Releases whose wheels require the same have the same dependencies: the lock of one of them is that of
all, but for the SDK's own pin, whose hashes are those of its files. Where there is no solution each release is resolved
by itself, for the reason names it; and so is one of which nothing is known.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence

from matrix.harness.uv import Unresolvable, Uv
from matrix.model import Cell, Lock, Release
from matrix.releases.metadata import Required
from matrix.system.aio import first_failure, interruptible
from matrix.targets.target import Target

_OF_ONE_EXTRA = re.compile(r";\s*(?P<others>.* and )?extra\s*==\s*['\"](?P<extra>[^'\"]+)['\"]\s*$")
"""The end of a requirement that an extra alone asks for."""


def group_by_requirements(cells: Sequence[Cell], required: Mapping[str, Required]) -> list[list[Cell]]:
    """Cells whose dependencies are the same, for they require the same; those of which nothing is known are alone."""
    groups: dict[object, list[Cell]] = {}
    for cell in cells:
        known = required.get(cell.version)
        alike = known and (known.python, tuple(filter(None, (_of(cell, one) for one in known.distributions))))
        groups.setdefault((cell.python, cell.extra, alike or cell.version), []).append(cell)
    return list(groups.values())


def _of(cell: Cell, requirement: str) -> str:
    """A requirement; empty if it is that of an extra that the cell does not have."""
    found = _OF_ONE_EXTRA.search(requirement)
    return "" if found and " or " not in (found["others"] or "") and found["extra"] != cell.extra else requirement


def transfer_lock(target: Target, lock: Lock, release: Release) -> Lock | None:
    """A lock with another release of the SDK in it; None if the hash of one of its files is not known."""
    files = [file.sha256 for file in (*release.wheels, *release.sdists)]
    hashes = tuple(sorted(sha256 for sha256 in files if sha256))
    if len(hashes) < len(files):
        return None
    other = {pin: of_pin for pin, of_pin in lock.hashes.items() if not pin.startswith(f"{target.package}==")}
    every = other | {f"{target.package}=={release.version}": hashes}
    return Lock(tuple(sorted(every)), every)


def resolve_locks(
    target: Target,
    cells: Sequence[Cell],
    releases: Mapping[str, Release],
    required: Mapping[str, Required],
    index: str | None,
    workers: int,
) -> dict[Cell, Lock | Unresolvable]:
    """The lock of each cell as of now.

    Raises:
        ToolFailure: uv could not do its work.
        InterpreterMissing: One of the Pythons is not there.
    """
    found: dict[Cell, Lock | Unresolvable] = {}
    groups = group_by_requirements(cells, required)

    async def go() -> None:
        uv = Uv(index)
        programs = {python: (await uv.interpreter(python)).path for python in sorted({cell.python for cell in cells})}
        waiting = iter(groups)

        async def alone(cell: Cell) -> Lock | Unresolvable:
            found[cell] = await uv.resolve(target.requirement(cell), programs[cell.python], None)
            return found[cell]

        async def work() -> None:
            for first, *others in waiting:
                lock = await alone(first)
                for cell in others:
                    same = (
                        None if isinstance(lock, Unresolvable) else transfer_lock(target, lock, releases[cell.version])
                    )
                    if same is None:
                        await alone(cell)
                    else:
                        found[cell] = same

        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())

    try:
        interruptible(go())
    except ExceptionGroup as errors:
        raise first_failure(errors) from None
    return found
