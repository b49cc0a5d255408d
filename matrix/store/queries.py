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
from matrix.store.soaks import SoakResult
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


def results(
    store: Store, suite: str, python: str, versions: Iterable[str] | None = None, client: str = ""
) -> dict[Cell, Result]:
    """Return the results of one client's calls, by the cell without an extra.

    Args:
        store: The store.
        suite: The digest of the suite; results of other suites are left out.
        python: The version of Python of the cells.
        versions: The versions of the releases; None for all.
        client: The id of the client; the first-party client by default.
    """
    return results_of_clients(store, suite, python, [client], versions)[client]


def results_by_cell(store: Store, suite: str, python: str, versions: Iterable[str]) -> dict[Cell, Result]:
    """Return the results of every cell of some releases, each with the calls of all clients that it plays."""
    wanted = set(versions)
    return {
        cell: store.expand(stored)
        for cell, stored in store.cells().items()
        if cell.python == python and stored.suite == suite and cell.version in wanted
    }


def results_of_clients(
    store: Store, suite: str, python: str, clients: Iterable[str], versions: Iterable[str] | None = None
) -> dict[str, dict[Cell, Result]]:
    """Return the results of some clients, each by the cell without an extra; `results` has the arguments.

    A client is played in the cell without an extra, or in that with its own. The calls of other cells with an extra
    are added, since they are calls of the same release.
    """
    wanted = None if versions is None else set(versions)
    suite_of_target = store.target.suite
    extras = {client: suite_of_target.extras_of(client) for client in clients}
    found: dict[str, dict[Cell, Result]] = {client: {} for client in extras}
    split: dict[str, dict[str, Behaviour]] = {}  # most cells behave as another does, and then share one object
    joined: dict[tuple[int, int], Behaviour] = {}
    nothing: Behaviour = {}
    for cell, stored in sorted(store.cells().items()):  # a cell without an extra comes before those with one
        if cell.python != python or stored.suite != suite or (wanted is not None and cell.version not in wanted):
            continue
        played = [client for client in extras if cell.extra in extras[client]]
        if not played:
            continue
        if stored.behaviour not in split:
            whole = store.behaviour(stored.behaviour) if stored.behaviour else {}
            split[stored.behaviour] = suite_of_target.split_by_client(whole)
        plain = msgspec.structs.replace(cell, extra="")
        result = store.expand(msgspec.structs.replace(stored, behaviour=""))
        for client in played:
            by_cell, behaviour = found[client], split[stored.behaviour].get(client, nothing)
            if plain in by_cell:
                parts = (id(by_cell[plain].behaviour), id(behaviour))
                if parts not in joined:
                    joined[parts] = by_cell[plain].behaviour | behaviour
                by_cell[plain] = msgspec.structs.replace(by_cell[plain], behaviour=joined[parts])
            elif cell.extra == extras[client][0] and (behaviour or not stored.behaviour):
                by_cell[plain] = msgspec.structs.replace(result, behaviour=behaviour)
    return found


def behaviour(store: Store, cell: Cell) -> Behaviour:
    """Return all observations of a cell; none if it was not measured."""
    result = store.result(cell)
    return result.behaviour if result is not None else {}


def soaks(store: Store, python: str) -> tuple[SoakResult, ...]:
    """Return the results of the soak on one Python."""
    return tuple(result for result in store.soaks().values() if result.python == python)


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
    client_of = {client.extra: client.id for client in store.target.clients if client.extra}
    extras: dict[tuple[str, Lane], dict[str, Judgement]] = {}
    clients: dict[tuple[str, Lane], dict[str, Judgement]] = {}
    for cell, stored in cells.items():
        if stored.suite != suite or (judgement := judgements.get(stored.behaviour)) is None:
            continue
        key = (cell.version, cell.lane)
        if cell.extra in client_of:
            clients.setdefault(key, {})[client_of[cell.extra]] = judgement
        elif cell.extra:
            extras.setdefault(key, {})[cell.extra] = judgement
        else:
            clients.setdefault(key, {}).update(judgement.clients)
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
                clients=clients.get((cell.version, cell.lane), {}),
            )
            for cell, stored in cells.items()
            if not cell.extra and stored.suite == suite and (not stored.behaviour or stored.behaviour in judgements)
        },
        python=python,
        measured=max((stored.provenance.measured for stored in cells.values() if stored.suite == suite), default=None),
        suite=suite,
        soaks=soaks(store, python),
    )
