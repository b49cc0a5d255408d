"""`Pipfile`: TOML, with a table of packages for each category. Pure.

Its table of a package has the fields of a package in the lock, but for `platform_system = "== 'Linux'"` and the like,
which are markers.
"""

from matrix.manifests import toml
from matrix.manifests.draft import Draft, shown
from matrix.manifests.entry import Entry
from matrix.manifests.fields import as_table, at, first_text, table, text
from matrix.manifests.markers import all_of
from matrix.manifests.names import extras_of, is_target
from matrix.manifests.pep508 import marker_of
from matrix.manifests.pipfile_lock import SOURCES, python_of
from matrix.manifests.specifiers import specifier_of

_SETTINGS = ("source", "requires", "scripts", "pipenv")
"""Tables that are no category of packages."""

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
    """Note every requirement on the SDK."""
    document = toml.read(source, draft)
    draft.python = python_of(table(document.tables, "requires"))
    for category in document.tables:
        if category in _SETTINGS:
            continue
        for name, wanted in table(document.tables, category).items():
            if is_target(name, draft.target):
                _enter(wanted, draft, document.lines.get((category, name), 0), category)


def _enter(wanted: object, draft: Draft, line: int, category: str) -> None:
    try:
        own = {"version": wanted} if isinstance(wanted, str) else as_table(wanted)
        conditions = [f"{name} {text(own, name)}" for name in _MARKERS if name in own]
        entry = Entry(
            place=draft.place(line),
            specifier=specifier_of(text(own, "version")),
            marker=marker_of(all_of([text(own, "markers"), *conditions])),
            extras=extras_of(own.get("extras")),
            origin=category,
            direct=at(first_text(own, SOURCES), first_text(own, ("ref",))),
        )
    except ValueError:
        said = wanted.get("version") if isinstance(wanted, dict) else wanted
        draft.say(
            f"The package {draft.target.package} can't be read: {shown(said)}.",
            "As in PEP 440: `>=0.40,<1`.",
            line=line,
        )
    else:
        draft.entries.append(entry)
