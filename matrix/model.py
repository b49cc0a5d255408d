"""Frozen types that all rooms share: releases, lanes, cells and locks. Pure.

A value is read and checked once, where it enters the program (the index, the probe, the store), and never changes
afterwards. The type of a field limits its values, so reading a file with any other value fails.
"""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Final

import msgspec
from packaging.version import InvalidVersion, Version


class Frozen(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, dict=True):
    """A value that is compared by content. Empty fields are not written; unknown fields are refused when it is read."""


class Distribution(Frozen, frozen=True, kw_only=True):
    """One file of a release on the package index.

    Attributes:
        filename: Its filename, as the index lists it.
        sha256: Its SHA-256 in hexadecimal; None if the index gives none.
        size: Its size in bytes; None if the index gives none.
    """

    filename: str
    sha256: str | None = None
    size: int | None = None


class Release(Frozen, frozen=True, kw_only=True):
    """One version of a package on its index.

    Attributes:
        version: The version, as the index spells it.
        uploaded: The time at which its first file was uploaded, UTC.
        requires_python: Its `Requires-Python` specifier; None if it has none.
        yanked: The reason for the yank, empty if none was given; None if the release is not yanked.
        wheels: Its wheels, sorted by filename.
        sdists: Its source distributions, sorted by filename.
    """

    version: str
    uploaded: dt.datetime
    requires_python: str | None = None
    yanked: str | None = None
    wheels: tuple[Distribution, ...] = ()
    sdists: tuple[Distribution, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an invalid version, or one with space around it: versions sort releases and name files and pages."""
        if self.version != self.version.strip():
            raise InvalidVersion(f"Invalid version: {self.version!r}")
        _ = self.parsed

    @cached_property
    def parsed(self) -> Version:
        """The version as a PEP 440 value, which can be compared."""
        return Version(self.version)

    @property
    def is_prerelease(self) -> bool:
        """Whether PEP 440 calls it a pre-release. Commands select pre-releases only by name."""
        return self.parsed.is_prerelease


class Lane(StrEnum):
    """The way in which the dependencies of a cell were resolved."""

    AS_RELEASED = "as-released"
    """As of one hour after the upload of the release."""
    TODAY = "today"
    """As of the day of the measurement."""


TODAY_FIRST: Final = (Lane.TODAY, Lane.AS_RELEASED)
"""The lanes in the order in which they are shown: today's first, since that is what people install."""


class Cell(Frozen, frozen=True, order=True):
    """A release, lane, Python and extra: the specification of one environment.

    Attributes:
        version: The version of the release.
        lane: How its dependencies are resolved.
        python: The version of Python, as `major.minor`.
        extra: The extra of the package that is installed with it; empty for none.
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
        pins: The packages, each as `name==version`, sorted.
        hashes: Pin to the SHA-256 of each of its wheels, in hexadecimal, sorted.
    """

    pins: tuple[str, ...]
    hashes: dict[str, tuple[str, ...]]


def moved_pins(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Map each package whose version differs to its two versions; a version is empty where it is not installed."""
    return {
        name: (before.get(name, ""), after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }
