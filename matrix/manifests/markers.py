"""Markers that are put together from others, as texts: `and` binds tighter than `or`. Pure."""

from collections.abc import Iterable


def any_of(markers: Iterable[str]) -> str:
    """Holds when one of them does; empty, for always, if one of them always holds or if there is none."""
    texts = list(dict.fromkeys(markers))
    return "" if "" in texts else " or ".join(texts)


def all_of(markers: Iterable[str]) -> str:
    """Holds when all of them do; empty, for always, if there is none but those that always hold."""
    texts = [text for text in dict.fromkeys(markers) if text]
    return " and ".join(f"({text})" if len(texts) > 1 and " or " in text else text for text in texts)
