"""One release of the SDK in a lock, whatever kind of lock it is. Pure."""

from typing import NamedTuple

from matrix.manifests.draft import Draft, shown
from matrix.manifests.entry import Entry
from matrix.manifests.fields import text
from matrix.manifests.markers import any_of
from matrix.manifests.names import extras_of
from matrix.manifests.specifiers import exact


class Package(NamedTuple):
    """What a lock says of one release; whatever has another type than it should have is noted when it is entered.

    Attributes:
        version: Exact.
        line: Of its name; 0 if that is not known.
        markers: When it is the one that is installed: when one of them holds.
        extras: Of the SDK that are asked for.
        direct: The address or path that it is taken from; empty for an index.
        groups: Of dependencies that want it; empty if the lock doesn't say.
    """

    version: object
    line: int
    markers: tuple[object, ...] = ()
    extras: tuple[str, ...] = ()
    direct: str = ""
    groups: tuple[str, ...] = ()


def enter(package: Package, draft: Draft, locked: dict[str, str]) -> None:
    """Note an entry for a release; what can't be read of it is noted as a problem.

    A folder may have no version: its entry allows any release, and says where it is taken from. A marker that can't be
    read is left out: then the entry holds always, which is more than the lock says.
    """
    try:
        specifier = _specifier(package)
    except ValueError:
        draft.say(
            f"The version of {draft.target.package} is {shown(package.version)}, and that is no version.",
            "Whatever wrote the lock can write it again.",
            line=package.line,
        )
        return
    draft.entries.append(
        Entry(
            place=draft.place(package.line),
            specifier=specifier,
            marker=_marker(package, draft),
            extras=extras_of(package.extras),
            origin=f"package ({', '.join(package.groups)})" if package.groups else "package",
            direct=package.direct,
            locked=locked,
        )
    )


def _specifier(package: Package) -> str:
    match package.version:
        case str(version):
            return exact(version)
        case None if package.direct:
            return ""
        case _:
            raise ValueError("no version")


def _marker(package: Package, draft: Draft) -> str:
    if not any(package.markers):
        return ""
    # Imported here: most locks have no marker on the SDK, and this is half of what reading them costs.
    from matrix.manifests.pep508 import marker_of

    markers: list[str] = []
    for marker in package.markers:
        try:
            markers.append(marker_of(text({"marker": marker}, "marker")))
        except ValueError:
            draft.say(f"The marker of {draft.target.package} can't be read: {shown(marker)}.", line=package.line)
            return ""
    return any_of(markers)
