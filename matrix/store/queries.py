"""Queries over the store: the results of one Python and one suite. I/O: reads the store.

The pages, the history, comparisons and advice all use these queries, so they describe the same results.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from matrix.errors import UsageError
from matrix.model import Cell, Lane, Release
from matrix.observation import Behaviour, Judgement, Result
from matrix.store.knowledge import Knowledge, LockedVersions, Measurement
from matrix.store.store import Store


def releases(store: Store) -> dict[str, Release]:
    """Return the releases in the store, oldest version first.

    Raises:
        UsageError: The store has no release.
    """
    listed = store.releases()
    if not listed:
        raise UsageError(
            f"There is no data in {store.folder}.",
            "Name the folder with --data, or fill it: `matrix refresh`, then `matrix run`.",
        )
    return listed


def results(store: Store, suite: str, python: str, versions: Iterable[str] | None = None) -> dict[Cell, Result]:
    """Return the results of cells without an extra, by cell.

    The calls of a cell with an extra are added to the result of the cell without it: both are calls of the release.

    Args:
        store: The store.
        suite: The digest of the suite; results of other suites are left out.
        python: The version of Python of the cells.
        versions: The versions of the releases; None for all.
    """
    wanted = None if versions is None else set(versions)
    by_cell: dict[Cell, Result] = {}
    for cell, stored in sorted(store.cells().items()):  # a cell without an extra comes before those with one
        if cell.python == python and stored.suite == suite and (wanted is None or cell.version in wanted):
            plain, result = msgspec.structs.replace(cell, extra=""), store.expand(stored)
            if not cell.extra:
                by_cell[plain] = result
            elif plain in by_cell:
                both = by_cell[plain].behaviour | result.behaviour
                by_cell[plain] = msgspec.structs.replace(by_cell[plain], behaviour=both)
    return by_cell


def behaviour(store: Store, cell: Cell) -> Behaviour:
    """Return all observations of a cell; none if it was not measured."""
    result = store.result(cell)
    return result.behaviour if result is not None else {}


def main_suite(store: Store, python: str) -> str:
    """Return the digest of the suite of most cells on a Python; empty if there is no cell."""
    return _most_common_suite(stored.suite for cell, stored in store.cells().items() if cell.python == python)


def _most_common_suite(suites: Iterable[str]) -> str:
    counts = Counter(suites)
    return max(counts, key=lambda digest: (counts[digest], digest), default="")


def knowledge(store: Store, python: str) -> Knowledge:
    """Read the knowledge of one Python, for the suite of most of its cells: results of suites never mix.

    A cell whose behaviour has no judgement, as in data of an older midstream, is left out.

    Raises:
        UsageError: The store has no release.
    """
    listed = releases(store)
    judgements = store.judgements()
    cells = {cell: stored for cell, stored in store.cells().items() if cell.python == python}
    suite = _most_common_suite(stored.suite for stored in cells.values())
    extras: dict[tuple[str, Lane], dict[str, Judgement]] = {}
    for cell, stored in cells.items():
        if cell.extra and stored.suite == suite and stored.behaviour in judgements:
            extras.setdefault((cell.version, cell.lane), {})[cell.extra] = judgements[stored.behaviour]
    return Knowledge(
        target=store.target,
        releases=tuple(listed.values()),
        measurements={
            (cell.version, cell.lane): Measurement(
                outcome=stored.outcome,
                reason=stored.reason,
                lock=LockedVersions(store.target, stored.lock),
                judgement=judgements.get(stored.behaviour),
                extras=extras.get((cell.version, cell.lane), {}),
            )
            for cell, stored in cells.items()
            if not cell.extra and stored.suite == suite and (not stored.behaviour or stored.behaviour in judgements)
        },
        python=python,
        measured=max((stored.provenance.measured for stored in cells.values() if stored.suite == suite), default=None),
        suite=suite,
        soaks=tuple(result for result in store.soaks().values() if result.python == python),
    )
