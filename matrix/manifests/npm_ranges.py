"""Convert npm's version ranges (`^0.39.0`, `~1.2`, `1.x || 2.x`, `1.0 - 1.4`) to PEP 440 specifiers. Pure.

No library converts them: poetry-core reads most of the same signs with other meanings (`1.2` is one release there, and
`>1.2` starts at 1.2.1). A test compares the result with npm's own package `semver`.
"""

import re
from typing import Final, NamedTuple

from matrix.manifests.specifiers import specifier_of

_LONGEST: Final = 256
"""Characters of a range, as npm has it."""

_NUMBER: Final = r"(?:0|[1-9]\d{0,15}|[xX*])"
_PARTIAL: Final = re.compile(
    rf"[v=\s]*({_NUMBER})(?:\.({_NUMBER})(?:\.({_NUMBER})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?)?)?"
)
_COMPARATOR: Final = re.compile(r"(\^|~>?|>=|<=|>|<|=)?\s*(\S+)")
_SPACED_OPERATOR: Final = re.compile(r"(\^|~>|~|>=|<=|>|<|=)\s+")
_HYPHEN: Final = re.compile(r"(\S+)\s+-\s+(\S+)")

_NOTHING: Final = "<0"


class _Version(NamedTuple):
    """A version whose last numbers may be missing.

    Attributes:
        numbers: Major, minor and patch, as far as they are given.
        prerelease: The part after the hyphen; empty if there is none.
    """

    numbers: tuple[int, ...]
    prerelease: str = ""

    @property
    def is_partial(self) -> bool:
        """Whether a number is missing."""
        return len(self.numbers) < 3

    @property
    def text(self) -> str:
        """The version with 0 for each missing number, as PEP 440 reads it."""
        padded = ".".join(map(str, (*self.numbers, 0, 0, 0)[:3]))
        return f"{padded}-{self.prerelease}" if self.prerelease else padded

    def after(self, place: int) -> str:
        """Return the first version with a higher number at a place: 0 is the major number."""
        head = (*self.numbers[:place], self.numbers[place] + 1)
        return ".".join(map(str, (*head, 0, 0)[:3]))


def alternatives(text: str) -> list[str]:
    """Convert a range to specifiers, each of which it allows; an empty specifier allows any release.

    Raises:
        ValueError: The text is not a range.
    """
    if len(text) > _LONGEST:
        raise ValueError("too long")
    parts = [_clauses(part.strip()) for part in text.split("||")]
    return list(dict.fromkeys(specifier_of(",".join(clauses)) for clauses in parts))


def _clauses(text: str) -> list[str]:
    """Convert a range without alternatives to the clauses of a specifier."""
    if hyphen := _HYPHEN.fullmatch(text):
        lower, upper = map(_version, hyphen.groups())
        return [*_compare(">=", lower), *_compare("<=", upper)]
    clauses: list[str] = []
    for word in _SPACED_OPERATOR.sub(r"\1", text).split():
        comparator = _COMPARATOR.fullmatch(word)
        if comparator is None:
            raise ValueError("no comparator")
        clauses += _compare(comparator[1] or "", _version(comparator[2]))
    return clauses


def _version(text: str) -> _Version:
    """Parse a version; `x` stands for a missing number.

    Raises:
        ValueError: The text is no version, such as one with a number behind an `x`.
    """
    partial = _PARTIAL.fullmatch(text)
    if partial is None:
        raise ValueError("no version")
    places = [int(number) if number and number.isdigit() else None for number in partial.groups()[:3]]
    numbers = tuple(number for number in places if number is not None)
    if None in places[: len(numbers)]:
        raise ValueError("a number behind an x")
    return _Version(numbers, partial[4] or "")


def _compare(operator: str, version: _Version) -> list[str]:
    """Convert one comparator."""
    if not version.numbers:  # `*`: nothing is above or below every version
        return [_NOTHING] if operator in {">", "<"} else []
    match operator:
        case "^":
            first = next((place for place, number in enumerate(version.numbers) if number), len(version.numbers) - 1)
            return [f">={version.text}", f"<{version.after(first)}"]
        case "~" | "~>":
            return [f">={version.text}", f"<{version.after(min(1, len(version.numbers) - 1))}"]
        case ">" if version.is_partial:
            return [f">={version.after(len(version.numbers) - 1)}"]
        case "<=" if version.is_partial:
            return [f"<{version.after(len(version.numbers) - 1)}"]
        case "" | "=" if version.is_partial:
            return [f">={version.text}", f"<{version.after(len(version.numbers) - 1)}"]
        case "" | "=":
            return [f"=={version.text}"]
    return [f"{operator}{version.text}"]
