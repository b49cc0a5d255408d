"""The packages that a manifest locks in addition to the target. Pure."""

from collections.abc import Iterable

from matrix.manifests.names import is_target, normalised
from matrix.manifests.specifiers import pythons
from matrix.targets.target import Target


def locked_versions(pairs: Iterable[tuple[object, object]], target: Target) -> dict[str, str]:
    """Return name and version of each package but the target, sorted by normalised name.

    A lock for several platforms may have several versions of a package, each under a marker. Such a package is left
    out, since the platform decides which version is installed; so is a package without a version, such as a folder.
    """
    versions: dict[str, str | None] = {}
    for name, version in pairs:
        if isinstance(name, str) and isinstance(version, str) and not is_target(name, target):
            first_version = versions.setdefault(normalised(name), version)
            if first_version != version:
                versions[normalised(name)] = None
    return {name: version for name, version in sorted(versions.items()) if version}


def locked_python(pairs: Iterable[tuple[object, object]]) -> str:
    """Return the Python that a lock of conda has, as a `requires-python` specifier; empty for none or several."""
    versions = [version for name, version in pairs if name == "python"]
    if not versions or any(version != versions[0] for version in versions) or not isinstance(versions[0], str):
        return ""
    return pythons(f"=={versions[0]}")
