"""The evidence of one Python and one suite, from the committed data: every result. I/O: reads the store.

Everything that judges (page, history, comparisons, advice) starts from here, so all of it is about the same results.
"""

from collections.abc import Iterable

import msgspec

from matrix.errors import UsageError
from matrix.model import Cell, Release, Result
from matrix.store import Store


def releases(store: Store) -> dict[str, Release]:
    """The catalogue, oldest version first.

    Raises:
        UsageError: There is none, so there is nothing to say.
    """
    found = store.releases()
    if not found:
        raise UsageError(f"There is no data in {store.folder}.", "Fill it: `matrix refresh`, then `matrix run`.")
    return found


def results(store: Store, suite: str, python: str, versions: Iterable[str] | None = None) -> dict[Cell, Result]:
    """What is known of plain cells, by cell.

    Calls that need an extra are calls of the release all the same, played in an environment of their own: they stand
    with those of the cell without it.

    Args:
        store: The data.
        suite: The digest of the suite; what was measured with another is left out.
        python: Of the cells.
        versions: Of which releases; None for all.
    """
    wanted = None if versions is None else set(versions)
    found: dict[Cell, Result] = {}
    for cell, stored in sorted(store.cells().items()):  # a cell without an extra comes before those with one
        if cell.python == python and stored.suite == suite and (wanted is None or cell.version in wanted):
            plain, result = msgspec.structs.replace(cell, extra=""), store.expand(stored)
            if not cell.extra:
                found[plain] = result
            elif plain in found:
                both = found[plain].behaviour | result.behaviour
                found[plain] = msgspec.structs.replace(found[plain], behaviour=both)
    return found
