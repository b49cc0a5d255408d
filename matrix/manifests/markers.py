"""Combine markers as texts, in which `and` binds tighter than `or`. Pure."""

from collections.abc import Iterable


def any_of(markers: Iterable[str]) -> str:
    """Return a marker that applies if one of them does; empty, for always, if one is empty or there are none."""
    texts = list(dict.fromkeys(markers))
    return "" if "" in texts else " or ".join(texts)


def all_of(markers: Iterable[str]) -> str:
    """Return a marker that applies if all of them do; empty, for always, if all are empty or there are none."""
    texts = [text for text in dict.fromkeys(markers) if text]
    return " and ".join(f"({text})" if len(texts) > 1 and " or " in text else text for text in texts)
