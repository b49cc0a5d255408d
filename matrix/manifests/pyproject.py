"""`pyproject.toml`: what a project, its extras, its groups and its build ask for. Pure.

Every list is read for itself, as it is written: what a user of the published package gets is `project.dependencies`,
and nothing else narrows it. Two tables of uv's hold for the project itself and not for its users: a source is where uv
takes the SDK from, for every entry here; a constraint becomes an entry that allows what it and
`project.dependencies` allow together.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from matrix.manifests import toml
from matrix.manifests.draft import Draft, shown
from matrix.manifests.entry import Entry
from matrix.manifests.fields import first_text, table, text
from matrix.manifests.mentions import Path
from matrix.manifests.names import is_target, normalised
from matrix.manifests.pep508 import Wanted, named_by, requirement
from matrix.manifests.specifiers import specifier_of, together
from matrix.targets.target import Target

_GROUPS = "dependency-groups"
_INCLUDE = "include-group"


def read(source: str, draft: Draft) -> None:
    """Note every requirement on the SDK."""
    document = toml.read(source, draft)
    tables = document.tables
    project = table(tables, "project")
    if isinstance(python := project.get("requires-python"), str):
        draft.python = _python(python, draft)
    published: list[Entry] = []
    for path, items in _lists(tables):
        found = list(_entries(path, items, document, draft))
        if path == ("project", "dependencies"):
            published += found
        if path[-1] == "constraint-dependencies":
            found = [_narrowed(each, published) for each in found]
        draft.entries += found
    if "poetry" in table(tables, "tool"):
        # Imported here: it needs poetry-core, which takes longer than all else.
        from matrix.manifests import poetry

        poetry.read(document, draft)
    _check_includes(table(tables, _GROUPS), draft)
    sources = table(tables, "tool", "uv", "sources")
    if taken := _source(next((source for name, source in sources.items() if is_target(name, draft.target)), None)):
        draft.entries[:] = [msgspec.structs.replace(each, direct=each.direct or taken) for each in draft.entries]


def _lists(tables: dict[str, Any]) -> Iterator[tuple[Path, object]]:
    """Every list of requirements, with its path, in the order in which they are read."""
    paths: list[Path] = [("project", "dependencies")]
    for parent in (("project", "optional-dependencies"), (_GROUPS,), ("tool", "pdm", "dev-dependencies")):
        paths += [(*parent, name) for name in table(tables, *parent)]
    paths += [("tool", "uv", f"{kind}-dependencies") for kind in ("dev", "constraint", "override")]
    paths.append(("build-system", "requires"))
    for path in paths:
        holder = table(tables, *map(str, path[:-1]))
        if path[-1] in holder:
            yield path, holder[str(path[-1])]


def _entries(path: Path, items: object, document: toml.Toml, draft: Draft) -> Iterator[Entry]:
    origin = ".".join(map(str, path))
    if not isinstance(items, list):
        draft.say(f"`{origin}` is {shown(items)}, and not an array.", line=document.lines.get(path, 0))
        return
    for index, item in enumerate(items):
        line = document.lines.get((*path, index), 0)
        if isinstance(item, dict) and (path[0] == _GROUPS):
            continue  # an include, checked with the others
        try:
            wanted = _wanted(item, draft.target)
        except ValueError:
            draft.say(
                f"In `{origin}`, this is no requirement: {shown(item)}.",
                f"A requirement is written as PEP 508 has it: `{draft.target.package}>=0.40,<1`.",
                line=line,
            )
            continue
        if is_target(wanted.name, draft.target):
            yield Entry(
                place=draft.place(line),
                specifier=wanted.specifier,
                marker=wanted.marker,
                extras=wanted.extras,
                origin=origin,
                direct=wanted.direct,
            )


def _wanted(item: object, target: Target) -> Wanted:
    written = text({"item": item}, "item")
    if written.startswith("-e "):
        return named_by(written[3:].strip(), target)  # PDM writes editable folders so
    return requirement(written, target)


def _narrowed(constraint: Entry, published: list[Entry]) -> Entry:
    """A constraint with what the project asks for whenever the constraint holds."""
    allies = [each.specifier for each in published if each.marker in {"", constraint.marker}]
    return msgspec.structs.replace(constraint, specifier=together([constraint.specifier, *allies]))


def _check_includes(groups: dict[str, Any], draft: Draft) -> None:
    """Note every include of a group that is not there, and every group that includes itself, once."""
    includes: dict[str, list[str]] = {}
    for name, items in groups.items():
        found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        for item in found:
            if not isinstance(item.get(_INCLUDE), str):
                draft.say(f"In `{_GROUPS}.{name}`, this table is no include of a group.")
        targets = [item[_INCLUDE] for item in found if isinstance(item.get(_INCLUDE), str)]
        includes.setdefault(normalised(name), []).extend(normalised(target) for target in targets)
    for name, targets in includes.items():
        for target in dict.fromkeys(targets):
            if target not in includes:
                draft.say(f"`{_GROUPS}.{name}` includes {shown(target)}, and there is no such group.")
    said: set[str] = set()
    for name in includes:
        if name not in said and name in (reached := _reached(name, includes)):
            said |= {other for other in reached if name in _reached(other, includes)}
            draft.say(f"`{_GROUPS}.{name}` includes itself.", "Take one of the includes out.")


def _reached(name: str, includes: dict[str, list[str]]) -> set[str]:
    """All groups that a group includes, and that those include."""
    reached: set[str] = set()
    todo = list(includes.get(name, ()))
    while todo:
        target = todo.pop()
        if target not in reached:
            reached.add(target)
            todo += includes.get(target, ())
    return reached


def _source(source: object) -> str:
    """Where uv takes the SDK from, if that is no index; of several, under markers, the first that is none."""
    sources = source if isinstance(source, list) else [source]
    return next(filter(None, (first_text(each, ("git", "url", "path")) for each in sources)), "")


def _python(text: str, draft: Draft) -> str:
    try:
        specifier_of(text)
    except ValueError:
        draft.say(f"`project.requires-python` is {shown(text)}, and that is no specifier.")
        return ""
    return text
