"""The words of this project as frozen types.

Everything here is a plain value: read and checked once where it enters (the index, the probe, the store), and never
changed afterwards. What a field may be is part of its type, so a file or a line that says anything else is refused
when it is read.
"""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Final

import msgspec
from packaging.version import InvalidVersion, Version


class Frozen(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, dict=True):
    """A value: compared by content, written without what is empty, read without anything unknown."""


class Distribution(Frozen, frozen=True, kw_only=True):
    """One file of a release on the package index.

    Attributes:
        filename: As the index names it.
        sha256: Hexadecimal; None if the index gives none.
        size: Bytes; None if the index does not say.
    """

    filename: str
    sha256: str | None = None
    size: int | None = None


class Release(Frozen, frozen=True, kw_only=True):
    """One version on the package index.

    Attributes:
        version: As the index spells it.
        uploaded: When the first of its files was uploaded, UTC.
        requires_python: A specifier; None if it states none.
        yanked: The reason for which it was yanked, empty if none was given; None if it is not yanked.
        wheels: Its wheels, by filename.
        sdists: Its source distributions, by filename.
    """

    version: str
    uploaded: dt.datetime
    requires_python: str | None = None
    yanked: str | None = None
    wheels: tuple[Distribution, ...] = ()
    sdists: tuple[Distribution, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no version, or has space around it: versions order releases, and name files and addresses."""
        if self.version != self.version.strip():
            raise InvalidVersion(f"Invalid version: {self.version!r}")
        _ = self.parsed

    @cached_property
    def parsed(self) -> Version:
        """The version, as PEP 440 orders it."""
        return Version(self.version)

    @property
    def is_prerelease(self) -> bool:
        """Whether PEP 440 calls it a pre-release; those are kept, marked, and not selected by default."""
        return self.parsed.is_prerelease


class Lane(StrEnum):
    """How the dependencies of a cell were resolved."""

    AS_RELEASED = "as-released"
    """As of the upload time of the release, plus an hour."""
    TODAY = "today"
    """As of now."""


TODAY_FIRST: Final = (Lane.TODAY, Lane.AS_RELEASED)
"""The lanes as people are told of them: today's first, for that is what is installed."""


class Cell(Frozen, frozen=True, order=True):
    """What one environment is built for.

    Attributes:
        version: Of a release.
        lane: How its dependencies are resolved.
        python: `major.minor`.
        extra: The extra of the SDK that is installed with it; empty for none.
    """

    version: str
    lane: Lane
    python: str
    extra: str = ""

    def __str__(self) -> str:
        return f"{self.version} {self.lane} Python {self.python}" + (f" with {self.extra}" if self.extra else "")


class Lock(Frozen, frozen=True):
    """The exact dependencies of a cell.

    Attributes:
        pins: `name==version`, sorted.
        hashes: Pin to the SHA-256 of each of its wheels, hexadecimal, sorted.
    """

    pins: tuple[str, ...]
    hashes: dict[str, tuple[str, ...]]


def moved_pins(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Package to its versions before and after, of those that differ; empty where it is not installed."""
    return {
        name: (before.get(name, ""), after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }
