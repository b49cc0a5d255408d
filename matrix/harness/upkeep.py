"""Upkeep of a store: drop what nothing refers to, and keep its judgements up to date. I/O: reads and writes a store."""

from matrix.store.store import Store
from matrix.verdicts.summary import summarise


def tidy(store: Store) -> None:
    """Remove what a killed run left in the store, and judge the behaviours that it left unjudged."""
    with store.writing():
        prune_and_judge(store)


def update_judgements(store: Store) -> bool:
    """Judge every behaviour again, by the rules of this program.

    Returns:
        Whether it came to something else than what is recorded.
    """
    judgements = {digest: summarise(store.target, store.behaviour(digest)) for digest in store.behaviours()}
    if judgements == store.judgements():
        return False
    with store.writing():
        store.put_judgements(judgements)
    return True


def find_outdated_judgements(store: Store) -> list[str]:
    """Find the digests of behaviours whose recorded judgement differs from this program's."""
    known = store.judgements()
    return sorted(
        digest for digest in store.behaviours() if known.get(digest) != summarise(store.target, store.behaviour(digest))
    )


def prune_and_judge(store: Store) -> None:
    """Drop what nothing refers to, and judge the behaviours that are new; the store is held by whoever calls."""
    store.prune()
    known, wanted = store.judgements(), store.behaviours()
    if wanted != known.keys():
        store.put_judgements(
            {digest: known.get(digest) or summarise(store.target, store.behaviour(digest)) for digest in sorted(wanted)}
        )
