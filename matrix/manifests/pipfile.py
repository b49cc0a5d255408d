"""Read `Pipfile`: TOML, with a table of packages for each category. Pure.

A package has the fields that it has in the lock, and in addition `platform_system = "== 'Linux'"` and the like, which
are markers.
"""

from matrix.manifests import toml
from matrix.manifests.draft import Draft, describe
from matrix.manifests.entry import ManifestEntry
from matrix.manifests.fields import as_table, at, first_text, table, text
from matrix.manifests.markers import all_of
from matrix.manifests.names import extras_of, is_target
from matrix.manifests.pep508 import marker_of
from matrix.manifests.pipfile_lock import SOURCES, python_of
from matrix.manifests.specifiers import specifier_of

_SETTINGS = ("source", "requires", "scripts", "pipenv")
"""Tables that are not a category of packages."""

_MARKERS = (
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_system",
    "platform_python_implementation",
    "python_version",
    "python_full_version",
    "implementation_name",
)


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target."""
    document = toml.read(source, draft)
    draft.python = python_of(table(document.tables, "requires"))
    for category in document.tables:
        if category in _SETTINGS:
            continue
        for name, package in draft.table(document.tables, category).items():
            if is_target(name, draft.target):
                _add(package, draft, document.lines.get((category, name), 0), category)


def _add(package: object, draft: Draft, line: int, category: str) -> None:
    try:
        fields = {"version": package} if isinstance(package, str) else as_table(package)
        conditions = [f"{name} {text(fields, name)}" for name in _MARKERS if name in fields]
        entry = ManifestEntry(
            place=draft.place(line),
            specifier=specifier_of(text(fields, "version")),
            marker=marker_of(all_of([text(fields, "markers"), *conditions])),
            extras=extras_of(fields.get("extras")),
            origin=category,
            direct=at(first_text(fields, SOURCES), first_text(fields, ("ref",))),
        )
    except ValueError:
        version = package.get("version") if isinstance(package, dict) else package
        message = f"The requirement on {draft.target.package} is not valid: {describe(version)}."
        draft.report(message, "Write a PEP 440 specifier such as `>=0.40,<1`.", line=line)
    else:
        draft.entries.append(entry)
