"""Write version specifiers in one normal form. Pure.

`packaging` sorts the clauses of a specifier by their text, which puts an upper bound before its lower bound. The normal
form has the order in which people write them (`>=0.40,<1`), and each clause once. If a clause is an exact release that
all other clauses allow, the normal form is that clause alone, so that a pin is recognised however it was combined.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from packaging.version import Version

if TYPE_CHECKING:
    from packaging.specifiers import Specifier

ORDER: Final = ("===", "==", "~=", ">", ">=", "<", "<=", "!=")
"""Operators in the order of their clauses: a lower bound stands before an upper bound."""

_LONGEST = 2_000
"""Characters of a specifier. The longest known ones exclude a few dozen releases."""

_MOST_PINS = 4
"""Pins that are compared with all other clauses. Two pins allow nothing together, except `==1.0` and `==1.0+local`."""

_CLAUSE = r"(?:[<>]=?|[!=]=) ?[0-9]{1,9}(?:\.[0-9]{1,9}){0,3}"
_PLAIN = re.compile(rf"{_CLAUSE}(?:, ?{_CLAUSE}){{0,9}}")
"""A specifier that is valid at first sight, as nearly every `requires-python` is."""


def specifier_of(text: str) -> str:
    """Parse a specifier, and return its normal form; empty for any release.

    Raises:
        ValueError: The text is not a specifier. The error does not quote the text, which may be of any length.
    """
    if len(text) > _LONGEST:
        raise ValueError("too long")
    text = text.strip()
    if text in {"", "*"}:
        return ""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # a lock has none but plain ones

    try:
        clauses = list(SpecifierSet(text))
        for clause in clauses:
            _release(clause)
    except (InvalidSpecifier, RecursionError) as error:
        raise ValueError("no specifier") from error
    return _joined(clauses)


def exact(version: str) -> str:
    """Return the specifier that allows exactly one version.

    Raises:
        ValueError: The text is not a version.
    """
    if len(version) > _LONGEST:
        raise ValueError("too long")
    return f"=={Version(version)}"


def pythons(specifier: object) -> str:
    """Return a specifier of Python versions as it is written; empty if it is not a specifier."""
    if not isinstance(specifier, str):
        return ""
    try:
        return specifier.strip() if _PLAIN.fullmatch(specifier) or specifier_of(specifier) else ""
    except ValueError:
        return ""


def intersect(specifiers: Iterable[str]) -> str:
    """Combine specifiers in normal form to one that allows what all of them allow."""
    from packaging.specifiers import SpecifierSet

    clauses: list[Specifier] = []
    for text in specifiers:
        clauses += SpecifierSet(text)
    return _joined(clauses)


def _joined(clauses: "list[Specifier]") -> str:
    by_text = {str(clause): clause for clause in clauses}
    pins = [text for text, clause in by_text.items() if clause.operator == "==" and _release(clause)]
    for pin in pins[:_MOST_PINS]:
        version = _release(by_text[pin])
        if version and all(clause.contains(version, prereleases=True) for clause in by_text.values()):
            return pin
    return ",".join(sorted(by_text, key=_rank))


def _release(clause: "Specifier") -> Version | None:
    """Return the release that a clause names; None for a prefix, and for `===`, which compares texts.

    Raises:
        ValueError: The clause names no version: a number in it may have more digits than Python reads.
    """
    if clause.operator == "===" or clause.version.endswith(".*"):
        return None
    return Version(clause.version)


def _rank(clause: str) -> tuple[int, str]:
    operator = next(operator for operator in sorted(ORDER, key=len, reverse=True) if clause.startswith(operator))
    return ORDER.index(operator), clause
