"""Which releases are allowed, in one normal form. Pure.

`packaging` sorts the clauses of a specifier by their text, which puts an upper bound before its lower one. Here they
stand as people write them (`>=0.40,<1`), each once; and where one of them is an exact release that all others
allow, it stands alone, so that a pin is a pin however it came about.
"""

from collections.abc import Iterable
from typing import Final

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import Version

ORDER: Final = ("===", "==", "~=", ">", ">=", "<", "<=", "!=")
"""Operators, in the order in which clauses stand; a lower bound before an upper one."""

_LONGEST = 2_000
"""Characters of a specifier: the longest that are known exclude some dozen releases."""

_MOST_PINS = 4
"""That are held against all other clauses. Two that differ allow nothing, but for `==1.0` and `==1.0+local`."""


def specifier_of(text: str) -> str:
    """A specifier in normal form; empty for any release.

    Raises:
        ValueError: It is none. Its text says no more than that: it may be of any length.
    """
    if len(text) > _LONGEST:
        raise ValueError("too long")
    text = text.strip()
    if text in {"", "*"}:
        return ""
    try:
        clauses = list(SpecifierSet(text))
        for clause in clauses:
            _release(clause)
    except (InvalidSpecifier, RecursionError) as error:
        raise ValueError("no specifier") from error
    return _joined(clauses)


def exact(version: str) -> str:
    """The specifier that allows one release.

    Raises:
        ValueError: That is no version.
    """
    if len(version) > _LONGEST:
        raise ValueError("too long")
    return f"=={Version(version)}"


def pythons(specifier: object) -> str:
    """The Pythons that a file is for, as it writes them; empty if what it writes is no specifier."""
    if not isinstance(specifier, str):
        return ""
    try:
        specifier_of(specifier)
    except ValueError:
        return ""
    return specifier.strip()


def together(specifiers: Iterable[str]) -> str:
    """What all of them allow; each in normal form."""
    clauses: list[Specifier] = []
    for text in specifiers:
        clauses += SpecifierSet(text)
    return _joined(clauses)


def _joined(clauses: list[Specifier]) -> str:
    by_text = {str(clause): clause for clause in clauses}
    pins = [text for text, clause in by_text.items() if clause.operator == "==" and _release(clause)]
    for pin in pins[:_MOST_PINS]:
        version = _release(by_text[pin])
        if version and all(clause.contains(version, prereleases=True) for clause in by_text.values()):
            return pin
    return ",".join(sorted(by_text, key=_rank))


def _release(clause: Specifier) -> Version | None:
    """The release that a clause names; None for a prefix, and for `===`, which compares texts.

    Raises:
        ValueError: It names none: a number may have so many digits that Python won't read it.
    """
    if clause.operator == "===" or clause.version.endswith(".*"):
        return None
    return Version(clause.version)


def _rank(clause: str) -> tuple[int, str]:
    operator = next(each for each in sorted(ORDER, key=len, reverse=True) if clause.startswith(each))
    return ORDER.index(operator), clause
