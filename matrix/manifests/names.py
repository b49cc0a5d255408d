"""Names of packages and of their extras, as the package index compares them. Pure."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from matrix.targets.target import Target

_SEPARATORS: Final = re.compile("[-_.]+")


def normalised(name: str) -> str:
    """Normalise a name as PEP 503 does: lower case, and one hyphen for each run of separators.

    `packaging.utils` has the same function, and its imports take a quarter of the time of `matrix check` on a lock.
    """
    return _SEPARATORS.sub("-", name).lower()


def is_target(name: object, target: Target) -> bool:
    """Return whether a value is a name of the target's package; only a text is a name."""
    return isinstance(name, str) and normalised(name.strip()) == _normalised_package(target.package)


@cache
def spellings(package: str) -> str:
    """Return a regular expression that matches every spelling of a package's name but for its case.

    `my-sdk` is also written `my_sdk`, as in the names of its wheels, and `my.sdk`.
    """
    return "[-_.]+".join(map(re.escape, re.split("[-_.]+", package)))


def extras_of(names: object) -> tuple[str, ...]:
    """Return the names of extras, normalised, sorted and without duplicates; skip whatever is not a text."""
    if not isinstance(names, Iterable) or isinstance(names, str):
        return ()
    return tuple(sorted({normalised(name) for name in names if isinstance(name, str)}))


@cache
def _normalised_package(package: str) -> str:
    """Normalise the target's name once: a lock compares it with thousands of others."""
    return normalised(package)
