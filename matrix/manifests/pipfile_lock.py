"""Read `Pipfile.lock`: JSON, with a table of packages for each category. Pure."""

from typing import Any

from matrix.manifests import json_file
from matrix.manifests.draft import Draft, describe
from matrix.manifests.entry import ManifestEntry
from matrix.manifests.fields import as_table, at, first_text, table, text
from matrix.manifests.locked import locked_versions
from matrix.manifests.names import extras_of, is_target
from matrix.manifests.pep508 import marker_of
from matrix.manifests.specifiers import pythons, specifier_of

_META = "_meta"

SOURCES = ("git", "hg", "svn", "file", "path")
"""Fields that name where a package is installed from if not an index."""

_REGENERATE = "Regenerate it with `pipenv lock`."


def read(source: str, draft: Draft) -> None:
    """Add the target from each category: `default`, `develop`, and any others."""
    document, lines = json_file.read(source, draft, _REGENERATE)
    draft.python = python_of(table(document, _META, "requires"))
    categories = {name: packages for name, packages in document.items() if name != _META}
    for category, packages in categories.items():
        if not isinstance(packages, dict):
            draft.report(f"`{category[:80]}` must be an object, but is {describe(packages)}.", _REGENERATE)
            continue
        locked = locked_versions(((name, _version(package)) for name, package in packages.items()), draft.target)
        for name, package in packages.items():
            if is_target(name, draft.target):
                _add(package, draft, lines.get((category, name), 0), category, locked)


def _add(package: object, draft: Draft, line: int, category: str, locked: dict[str, str]) -> None:
    try:
        fields = as_table(package)
        entry = ManifestEntry(
            place=draft.place(line),
            specifier=specifier_of(text(fields, "version")),
            marker=marker_of(text(fields, "markers")),
            extras=extras_of(fields.get("extras")),
            origin=category,
            direct=_direct(fields),
            locked=locked,
        )
    except ValueError:
        version = package.get("version") if isinstance(package, dict) else package
        message = f"The package {draft.target.package} is not valid: {describe(version)}."
        draft.report(message, _REGENERATE, line=line)
    else:
        draft.entries.append(entry)


def _direct(package: dict[str, Any]) -> str:
    return at(first_text(package, SOURCES), first_text(package, ("ref",)))


def _version(package: object) -> str | None:
    """Return the version of a package; None if it has none, as a package from a repository."""
    version = package.get("version") if isinstance(package, dict) else None
    return version.lstrip("=") if isinstance(version, str) and version.startswith("==") else None


def python_of(requires: dict[str, Any]) -> str:
    """Return the Python of the table `requires`: one version, or all patches of one. Pipenv accepts any text there."""
    full, short = first_text(requires, ("python_full_version",)), first_text(requires, ("python_version",))
    return pythons(f"=={full}" if full else f"=={short}.*" if short else "")
