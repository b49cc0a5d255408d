"""Frozen types that all rooms share: releases, lanes, cells and locks. Pure.

A value is read and checked once, where it enters the program (the index, the probe, the store), and never changes
afterwards. The type of a field limits its values, so reading a file with any other value fails.
"""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Final, Protocol

import msgspec
from packaging.version import InvalidVersion, Version


class Frozen(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, dict=True):
    """A value that is compared by content. Empty fields are not written; unknown fields are refused when it is read."""


class Distribution(Frozen, frozen=True, kw_only=True):
    """One file of a release on the package index.

    Attributes:
        filename: Its filename, as the index lists it.
        sha256: Its SHA-256 in hexadecimal; None if the index gives none.
        integrity: Its hash as npm writes it, such as `sha512-` and Base64; None for a file of a Python package.
        size: Its size in bytes; None if the index gives none.
    """

    filename: str
    sha256: str | None = None
    integrity: str | None = None
    size: int | None = None

    @property
    def digest(self) -> str | None:
        """The hash that a lock has for it; None if the index gives none."""
        return self.sha256 or self.integrity


class DatedBy(StrEnum):
    """The source of the upload time of a release."""

    INDEX = "index"
    """The package index, which gives the exact time."""
    CHANGELOG = "changelog"
    """The change log in the package, which gives the day."""
    ARCHIVE = "archive"
    """The newest file in the archive of the release, which was made shortly before the upload."""
    MIRROR = "mirror"
    """The moment at which a mirror first saw the release: it was uploaded then or earlier."""


class Uploaded(Protocol):
    """What has the time of an upload."""

    @property
    def uploaded(self) -> dt.datetime:
        """The time of the upload, UTC."""

    @property
    def dated_by(self) -> DatedBy:
        """The source of that time."""


class Release(Frozen, frozen=True, kw_only=True):
    """One version of a package on its index.

    Attributes:
        version: The version, as the index spells it.
        uploaded: The time at which its first file was uploaded, UTC.
        dated_by: The source of that time.
        requires_python: Its `Requires-Python` specifier, or the range `engines.node` of a package of npm; None if it
            has none.
        yanked: The reason for the yank or for npm's deprecation, empty if none was given; None if there was neither.
        wheels: Its wheels, sorted by filename; the archive of a package of npm.
        sdists: Its source distributions, sorted by filename.
    """

    version: str
    uploaded: dt.datetime
    dated_by: DatedBy = DatedBy.INDEX
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

    def has_lane(self, lane: "Lane") -> bool:
        """Whether its dependencies can be resolved in a lane: `as-released` needs an exact upload time."""
        return lane is not Lane.AS_RELEASED or self.dated_by is DatedBy.INDEX

    @property
    def is_prerelease(self) -> bool:
        """Whether PEP 440 calls it a pre-release. Commands select pre-releases only by name."""
        return self.parsed.is_prerelease


def upload_day(release: Uploaded) -> str:
    """Return the day of an upload as text, and whether it may have been an earlier one."""
    return f"{release.uploaded:%Y-%m-%d}" + (" or earlier" if release.dated_by is DatedBy.MIRROR else "")


class Lane(StrEnum):
    """The way in which the dependencies of a cell were resolved."""

    AS_RELEASED = "as-released"
    """As of one hour after the upload of the release."""
    TODAY = "today"
    """As of the day of the measurement."""


TODAY_FIRST: Final = (Lane.TODAY, Lane.AS_RELEASED)
"""The lanes in the order in which they are shown: today's first, since that is what people install."""


class Cell(Frozen, frozen=True, order=True):
    """A release, lane, runtime and extra: the specification of one environment.

    Attributes:
        version: The version of the release.
        lane: How its dependencies are resolved.
        python: The version of Python, as `major.minor`, or the major version of Node, as `node-24`.
        extra: The extra of the package that is installed with it; empty for none.
    """

    version: str
    lane: Lane
    python: str
    extra: str = ""

    def __str__(self) -> str:
        with_extra = f" with {self.extra}" if self.extra else ""
        return f"{self.version} {self.lane} {runtime_title(self.python)}{with_extra}"


DEFAULT_PYTHON: Final = "3.11"
"""The Python on which nearly every release installs: the oldest releases need wheels that later Pythons lack, and the
newest need Python 3.10."""

NODE: Final = "node-"
"""The beginning of a runtime that is a Node."""


def runtime_title(runtime: str) -> str:
    """Return the name of a cell's runtime as people read it: `Python 3.11`, `Node 24`."""
    return f"Node {runtime.removeprefix(NODE)}" if runtime.startswith(NODE) else f"Python {runtime}"


class Lock(Frozen, frozen=True):
    """The exact dependencies of a cell.

    Attributes:
        pins: The packages, each as `name==version`, sorted. npm can install a package several times, so the name of a
            package of npm is its place below `node_modules`, such as `a` or `b/node_modules/a`.
        hashes: Pin to the SHA-256 of each of its wheels, in hexadecimal, sorted; to the one hash of npm's archive.
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
