"""One release of the target in a lock, whatever kind of lock it is. Pure."""

from collections.abc import Callable
from typing import Any, NamedTuple

from matrix.manifests.draft import Draft, describe
from matrix.manifests.entry import ManifestEntry
from matrix.manifests.fields import text
from matrix.manifests.markers import any_of
from matrix.manifests.names import extras_of
from matrix.manifests.specifiers import exact

REGENERATE = "Regenerate the lock file with the tool that wrote it."
"""The hint for a lock that is not valid."""


class LockedPackage(NamedTuple):
    """A release in a lock, as the lock writes it. A value of a wrong type is reported when the release is added.

    Attributes:
        version: The exact version.
        line: The line of its name; 0 if it is not known.
        markers: The markers under which it is installed: one of them must apply.
        extras: The extras that are asked for.
        direct: The address or path that it is installed from; empty for an index.
        groups: The dependency groups that ask for it; empty if the lock does not say.
    """

    version: object
    line: int
    markers: tuple[object, ...] = ()
    extras: tuple[str, ...] = ()
    direct: str = ""
    groups: tuple[str, ...] = ()


def check_format(
    tables: dict[str, Any], key: str, is_supported: Callable[[object], bool], supported: str, draft: Draft
) -> None:
    """Report a lock whose format has another version than its reader supports; its packages are still read.

    Args:
        tables: The tables of the lock.
        key: The field with the version of the format. A lock without it is not reported.
        is_supported: Returns whether a value of that field is a supported version.
        supported: The supported versions, for the message.
        draft: The draft that gets the problem.
    """
    if key in tables and not is_supported(tables[key]):
        draft.report(
            f"`{key}` must be {supported}, but is {describe(tables[key])}.", "Check for a newer release of midstream."
        )


def add_package(package: LockedPackage, draft: Draft, locked: dict[str, str]) -> None:
    """Add an entry for a release, and a problem for each part of it that can't be read.

    A folder may have no version: its entry then allows any release and has the folder as `direct`. A marker that can't
    be read is left out: the entry then always applies, which is more than the lock says.
    """
    try:
        specifier = _specifier(package)
    except ValueError:
        draft.report(
            f"The version of {draft.target.package} is not valid: {describe(package.version)}.",
            REGENERATE,
            line=package.line,
        )
        return
    draft.entries.append(
        ManifestEntry(
            place=draft.place(package.line),
            specifier=specifier,
            marker=_marker(package, draft),
            extras=extras_of(package.extras),
            origin=f"package ({', '.join(package.groups)})" if package.groups else "package",
            direct=package.direct,
            locked=locked,
        )
    )


def _specifier(package: LockedPackage) -> str:
    match package.version:
        case str(version):
            return exact(version)
        case None if package.direct:
            return ""
        case _:
            raise ValueError("no version")


def _marker(package: LockedPackage, draft: Draft) -> str:
    if not any(package.markers):
        return ""
    # Imported here: few locks have a marker on the target, and this import is half of the cost of reading a lock.
    from matrix.manifests.pep508 import marker_of

    markers: list[str] = []
    for marker in package.markers:
        try:
            markers.append(marker_of(text({"marker": marker}, "marker")))
        except ValueError:
            draft.report(
                f"The marker of {draft.target.package} is not valid: {describe(marker)}.", REGENERATE, line=package.line
            )
            return ""
    return any_of(markers)
