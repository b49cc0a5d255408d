"""The packages that a manifest locks in addition to the target. Pure."""

from collections.abc import Iterable

from matrix.manifests.names import is_target, normalised
from matrix.targets.target import Target


def others(pairs: Iterable[tuple[object, object]], target: Target) -> dict[str, str]:
    """Return name and version of each package but the target, sorted by normalised name.

    A lock for many platforms may have several versions of one package, each under a marker. Which of them is
    installed depends on where, so such a package is left out; so is one that has no version (a folder, say).
    """
    found: dict[str, str | None] = {}
    for name, version in pairs:
        if isinstance(name, str) and isinstance(version, str) and not is_target(name, target):
            known = found.setdefault(normalised(name), version)
            if known != version:
                found[normalised(name)] = None
    return {name: version for name, version in sorted(found.items()) if version}
