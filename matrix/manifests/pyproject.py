"""Read `pyproject.toml`: what a project, its extras, its groups and its build require. Pure.

Each list is read as it is written: users of the published package get `project.dependencies`, and nothing else narrows
it. Two tables of uv apply to the project itself and not to its users: a source says where uv installs the target from,
for every entry here; a constraint becomes an entry that allows what it and `project.dependencies` both allow.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import msgspec

from matrix.manifests import toml, uv_sources
from matrix.manifests.draft import Draft, describe, shorten
from matrix.manifests.entry import ManifestEntry
from matrix.manifests.fields import table, texts
from matrix.manifests.listed import listed_entries
from matrix.manifests.mentions import Document, Path
from matrix.manifests.names import normalised
from matrix.manifests.specifiers import intersect, specifier_of

_GROUPS = "dependency-groups"
_INCLUDE = "include-group"

_MOST_STEPS = 5_000_000
"""Groups that include themselves, or lead from one such group to another, times their includes. Following all of them
takes a second."""


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target."""
    document = toml.read(source, draft)
    tables = document.tables
    project = table(tables, "project")
    if isinstance(python := project.get("requires-python"), str):
        draft.python = _python(python, draft)
    published: list[ManifestEntry] = []
    for path, items in _lists(tables, draft):
        may_include = path[0] == _GROUPS
        entries = list(listed_entries(path, items, document.lines, draft, may_include=may_include))
        if path == ("project", "dependencies"):
            published += entries
        if path[-1] == "constraint-dependencies":
            entries = [_narrowed(entry, published) for entry in entries]
        draft.entries += entries
    if "poetry" in draft.table(tables, "tool"):
        # Imported here: it needs poetry-core, which takes longer than all other imports.
        from matrix.manifests import poetry

        poetry.read(document, draft)
    _read_tools(document, draft)
    _check_includes(table(tables, _GROUPS), draft)
    uv_sources.apply_sources(tables, draft)


def _read_tools(document: Document, draft: Draft) -> None:
    """Add the requirements in the tables of other tools, each by its own reader, which is imported on demand."""
    tool = table(document.tables, "tool")
    for name in ("pixi", "hatch", "tox"):
        if name in tool:
            import_module(f"matrix.manifests.{name}").read_tables(("tool", name), document, draft)
    dynamic = table(document.tables, "project").get("dynamic")
    if isinstance(dynamic, list) and {"dependencies", "optional-dependencies"} & set(texts(dynamic)):
        from matrix.manifests import dynamic_fields

        dynamic_fields.read(document, draft)


def _lists(tables: dict[str, Any], draft: Draft) -> Iterator[tuple[Path, object]]:
    """Yield every list of requirements, with its path, in the order in which they are read."""
    paths: list[Path] = [("project", "dependencies")]
    for parent in (("project", "optional-dependencies"), (_GROUPS,), ("tool", "pdm", "dev-dependencies")):
        paths += [(*parent, name) for name in draft.table(tables, *parent)]
    paths += [("tool", "uv", f"{kind}-dependencies") for kind in ("dev", "constraint", "override")]
    paths.append(("build-system", "requires"))
    for path in paths:
        holder = draft.table(tables, *map(str, path[:-1]))
        if path[-1] in holder:
            yield path, holder[str(path[-1])]


def _narrowed(constraint: ManifestEntry, published: list[ManifestEntry]) -> ManifestEntry:
    """Narrow a constraint by the project's own requirements that apply whenever the constraint does."""
    specifiers = [entry.specifier for entry in published if entry.marker in {"", constraint.marker}]
    return msgspec.structs.replace(constraint, specifier=intersect([constraint.specifier, *specifiers]))


def _check_includes(groups: dict[str, Any], draft: Draft) -> None:
    """Report every include of a group that does not exist, and every group that includes itself, once."""
    includes: dict[str, list[str]] = {}
    for name, items in groups.items():
        include_tables = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        for include_table in include_tables:
            if not isinstance(include_table.get(_INCLUDE), str):
                draft.report(
                    f"`{_GROUPS}.{shorten(name)}` has a table that includes no group.",
                    f'Write `{{ {_INCLUDE} = "NAME" }}`.',
                )
        targets = [normalised(item[_INCLUDE]) for item in include_tables if isinstance(item.get(_INCLUDE), str)]
        includes.setdefault(normalised(name), []).extend(targets)
    for name, targets in includes.items():
        for target in dict.fromkeys(targets):
            if target not in includes:
                draft.report(f"`{_GROUPS}.{shorten(name)}` includes {describe(target)}, but no group has that name.")
    included_by: dict[str, list[str]] = {}
    for name, targets in includes.items():
        for target in targets:
            included_by.setdefault(target, []).append(name)
    reported: set[str] = set()
    candidates = _without_ends(_without_ends(set(includes), includes), included_by)
    if len(candidates) * sum(len(includes[name]) for name in candidates) > _MOST_STEPS:
        draft.report(f"The includes in `{_GROUPS}` were not followed: they are too many.", "Use fewer groups.")
        return
    for name in filter(candidates.__contains__, includes):
        if name not in reported and name in (reachable := _reachable(name, includes)):
            reported |= reachable & _reachable(name, included_by)
            draft.report(f"`{_GROUPS}.{shorten(name)}` includes itself.", "Remove one of the includes.")


def _without_ends(names: set[str], includes: dict[str, list[str]]) -> set[str]:
    """Return the groups whose includes do not end: each includes one of the others, so most are part of a cycle."""
    remaining = {name: sum(target in names for target in includes.get(name, ())) for name in names}
    included_by: dict[str, list[str]] = {}
    for name in names:
        for target in includes.get(name, ()):
            included_by.setdefault(target, []).append(name)
    ends = [name for name in names if not remaining[name]]
    for name in ends:  # grows meanwhile
        for other in included_by.get(name, ()):
            remaining[other] -= 1
            if not remaining[other]:
                ends.append(other)
    return names.difference(ends)


def _reachable(name: str, includes: dict[str, list[str]]) -> set[str]:
    """Return all groups that a group includes, directly or through others."""
    reachable: set[str] = set()
    todo = list(includes.get(name, ()))
    while todo:
        target = todo.pop()
        if target not in reachable:
            reachable.add(target)
            todo += includes.get(target, ())
    return reachable


def _python(text: str, draft: Draft) -> str:
    try:
        return text if specifier_of(text) else ""
    except ValueError:
        draft.report(
            f"`project.requires-python` is not a valid specifier: {describe(text)}.",
            "Write a PEP 440 specifier such as `>=3.9`.",
        )
        return ""
