"""The evidence of one Python and one suite, from the committed data: every result. I/O: reads the store.

Everything that judges (page, history, comparisons, advice) starts from here, so all of it is about the same results.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from matrix.errors import UsageError
from matrix.model import Cell, Lane, Release
from matrix.observation import Judgement, Result
from matrix.store.knowledge import Knowledge, Measurement
from matrix.store.store import Store


def releases(store: Store) -> dict[str, Release]:
    """The catalogue, oldest version first.

    Raises:
        UsageError: There is none, so there is nothing to say.
    """
    found = store.releases()
    if not found:
        raise UsageError(
            f"There is no data in {store.folder}.",
            "Name the folder with --data, or fill it: `matrix refresh`, then `matrix run`.",
        )
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


def main_suite(store: Store, python: str) -> str:
    """The digest of the suite that most cells of a Python were measured with; empty if none was."""
    suites = Counter(stored.suite for cell, stored in store.cells().items() if cell.python == python)
    return max(suites, key=lambda one: (suites[one], one), default="")


def knowledge(store: Store, python: str) -> Knowledge:
    """All that is known on one Python, of the suite that most of it was measured with: suites never mix.

    What was played and not judged, in data of an older version of this program, is unknown.

    Raises:
        UsageError: There is no data.
    """
    listed = releases(store)
    kept = store.judgements()
    cells = {cell: stored for cell, stored in store.cells().items() if cell.python == python}
    suite = main_suite(store, python)
    extras: dict[tuple[str, Lane], dict[str, Judgement]] = {}
    for cell, stored in cells.items():
        if cell.extra and stored.suite == suite and stored.behaviour in kept:
            extras.setdefault((cell.version, cell.lane), {})[cell.extra] = kept[stored.behaviour]
    return Knowledge(
        target=store.target,
        releases=tuple(listed.values()),
        known={
            (cell.version, cell.lane): Measurement(
                outcome=stored.outcome,
                reason=stored.reason,
                lock=store.target.dependencies(stored.lock),
                judgement=kept.get(stored.behaviour),
                extras=extras.get((cell.version, cell.lane), {}),
            )
            for cell, stored in cells.items()
            if not cell.extra and stored.suite == suite and (not stored.behaviour or stored.behaviour in kept)
        },
        python=python,
        measured=max((stored.provenance.measured for stored in cells.values() if stored.suite == suite), default=None),
        suite=suite,
    )
