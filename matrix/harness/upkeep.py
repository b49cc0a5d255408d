"""Upkeep of a store: drops unreferenced documents, and updates judgements. I/O: reads and writes a store."""

from matrix.store.store import Store
from matrix.verdicts.summary import summarise


def tidy(store: Store) -> None:
    """Remove the leftovers of a killed run from the store, and judge the behaviours that it left unjudged."""
    with store.writing():
        prune_and_judge(store)


def update_judgements(store: Store) -> bool:
    """Judge every behaviour again, by the rules of this program.

    Returns:
        Whether a judgement changed.
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
    """Drop unreferenced documents, and judge new behaviours; the caller must hold the store's lock."""
    store.prune()
    known, behaviours = store.judgements(), store.behaviours()
    if behaviours != known.keys():
        store.put_judgements(
            {
                digest: known.get(digest) or summarise(store.target, store.behaviour(digest))
                for digest in sorted(behaviours)
            }
        )
