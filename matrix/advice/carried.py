"""Judge requirements on packages that bring the SDK without naming it. Pure.

Which release they bring is known only if a lock of the same project has one; then its own requirement is judged, and
this one refers to it. Otherwise the answer is that the release is not known.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from matrix.advice.ranges import exact_version
from matrix.advice.requirements import requirement_line
from matrix.findings.model import Finding, Level, State, Subject, project_of
from matrix.findings.rules import UNKNOWN
from matrix.manifests.carried import CarriedTarget
from matrix.manifests.entry import COMMAND, Manifest, ManifestEntry
from matrix.targets.target import Target


def judge_carried(
    target: Target, carried: Iterable[CarriedTarget], manifests: Sequence[Manifest], ignore: Collection[str] = ()
) -> Iterator[Subject]:
    """Judge each requirement by the release that a manifest of its project pins, if one does.

    Args:
        target: The package that is brought.
        carried: The requirements.
        manifests: All manifests that were read.
        ignore: The ids of rules to leave out.
    """
    for package, release, requires, entry in carried:
        about = f"{package} {release} requires {target.package}{requires}"
        pins = (pinned for manifest in manifests for pinned in manifest.entries if _pins_for(pinned, entry))
        pin = next(pins, None)
        version = exact_version(pin.specifier) if pin else ""
        message = f"`{package}` brings {target.package} without naming it, and no lock here says which release."
        instead = f"Add a lock file, pin {target.package} too, or check the environment: `matrix check --python PATH`."
        finding = Finding(rule=UNKNOWN, level=Level.WARNING, message=message, instead=instead)
        # What a command installs is a note, as its own requirements on the target are.
        findings = () if pin or entry.origin == COMMAND or UNKNOWN in ignore else (finding,)
        yield Subject(
            place=entry.place,
            text=requirement_line(package, entry),
            about=f"{about}; {pin.place} has {version}" if pin else about,
            release=version,
            state=State.UNKNOWN if findings else State.UNJUDGED,
            findings=findings,
        )


def _pins_for(pinned: ManifestEntry, entry: ManifestEntry) -> bool:
    """Return whether a requirement on the target decides what another one brings.

    It does in the same project; a lock also does for the projects below its folder, which are members of a workspace.
    """
    if not exact_version(pinned.specifier):
        return False
    home, project = project_of(pinned.place), project_of(entry.place)
    is_lock = pinned.origin.startswith("package")
    return home == project or (is_lock and PurePosixPath(project).is_relative_to(home))
