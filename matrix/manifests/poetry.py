"""Read `[tool.poetry]` of a `pyproject.toml`, and Poetry's constraints: `^0.39`, `~0.28.1`, `0.4.*`. Pure.

poetry-core parses the constraints. A constraint with alternatives (`^0.39 || ^0.45`) has no PEP 440 specifier, so each
alternative becomes an entry.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from matrix.manifests.draft import Draft, describe
from matrix.manifests.entry import ManifestEntry
from matrix.manifests.fields import as_table, at, first_text, table, text
from matrix.manifests.markers import all_of, any_of
from matrix.manifests.mentions import Document, Path
from matrix.manifests.names import extras_of, is_target
from matrix.manifests.pep508 import marker_of, named_by
from matrix.manifests.specifiers import ORDER, specifier_of

_LONGEST = 500
"""Characters of a constraint."""

_DEPENDENCIES = "tool.poetry.dependencies"
"""The origin of what Poetry says of the project's own requirements."""

_SOURCES = ("git", "url", "path", "file")


def read(document: Document, draft: Draft) -> None:
    """Add every requirement on the target in `[tool.poetry]`, and the Python versions if nothing else declares them."""
    poetry = draft.table(document.tables, "tool", "poetry")
    python = table(poetry, "dependencies").get("python")
    if isinstance(python, str) and not draft.python:
        draft.python = python_of(python)
    project = table(document.tables, "project")
    parents: list[tuple[str, ...]] = [("dependencies",), ("dev-dependencies",)]
    parents += [("group", name, "dependencies") for name in draft.table(document.tables, "tool", "poetry", "group")]
    for parent in parents:
        for name, dependency in draft.table(document.tables, "tool", "poetry", *parent).items():
            path = ("tool", "poetry", *parent, name)
            # If `project.dependencies` exists, this table only says where packages are installed from.
            has_no_versions = parent == ("dependencies",) and "dependencies" in project
            if is_target(name, draft.target) and not (has_no_versions and not _direct(dependency)):
                draft.entries += _entries(dependency, path, document.lines, draft)
    source = next((entry for entry in draft.entries if entry.direct and entry.origin == _DEPENDENCIES), None)
    if source:
        draft.entries[:] = [
            msgspec.structs.replace(entry, specifier=source.specifier, direct=source.direct)
            if entry.origin.startswith("project.") and not entry.direct
            else entry
            for entry in draft.entries
        ]


def specifiers(constraint: str) -> list[str]:
    """Convert a constraint of Poetry to specifiers, each of which it allows.

    Raises:
        ValueError: The text is not a constraint, or it allows nothing.
    """
    if len(constraint) > _LONGEST:
        raise ValueError("too long")
    from poetry.core.constraints.version import parse_constraint  # takes a tenth of a second

    try:
        parsed = str(parse_constraint(constraint))
    except (ValueError, RecursionError) as error:
        raise ValueError("no constraint") from error
    alternatives = [alternative.strip() for alternative in parsed.split("||")]
    return [
        specifier_of(alternative if alternative.startswith((*ORDER, "*")) else f"=={alternative}")
        for alternative in alternatives
    ]


def python_of(constraint: str) -> str:
    """Convert a constraint on Python to a `requires-python` specifier; empty if it has alternatives or is invalid."""
    try:
        alternatives = specifiers(constraint)
    except ValueError:
        return ""
    return alternatives[0] if len(alternatives) == 1 else ""


def _entries(dependency: object, path: Path, lines: dict[Path, int], draft: Draft) -> Iterator[ManifestEntry]:
    """Yield the entries of one dependency: a constraint, a table, or an array of either, for different Pythons."""
    line = lines.get(path, 0)
    for index, item in enumerate(dependency if isinstance(dependency, list) else [dependency]):
        try:
            fields = {"version": item} if isinstance(item, str) else as_table(item)
            yield from _alternatives(fields, draft, lines.get((*path, index), line), ".".join(map(str, path[:-1])))
        except ValueError:
            message = f"The dependency on {draft.target.package} is not valid: {_describe(item)}."
            hint = "Write a constraint or a table: `^0.39`, `{ version = '^0.39', extras = ['bedrock'] }`."
            draft.report(message, hint, line=line)


def _alternatives(fields: dict[str, Any], draft: Draft, line: int, origin: str) -> Iterator[ManifestEntry]:
    """Yield an entry for each alternative of a dependency; alternatives for a Python are one marker instead."""
    direct = _direct(fields)
    constraint = text(fields, "version") or "*"
    for specifier in [named_by(direct, draft.target).specifier] if direct else specifiers(constraint):
        yield ManifestEntry(
            place=draft.place(line),
            specifier=specifier,
            marker=_marker(fields),
            extras=extras_of(fields.get("extras")),
            origin=origin,
            direct=direct,
        )


def _marker(fields: dict[str, Any]) -> str:
    """Return the marker under which a dependency applies: its `markers`, `python` and `platform` together."""
    markers = [marker_of(text(fields, "markers"))]
    if python := text(fields, "python"):
        clauses = [specifier.split(",") for specifier in specifiers(python)]
        alternatives = [all_of(_python_marker(clause) for clause in each if clause) for each in clauses]
        markers.append(any_of(alternatives))
    if platform := text(fields, "platform"):
        markers.append(marker_of(f'sys_platform == "{platform}"'))
    return marker_of(all_of(markers))


def _python_marker(clause: str) -> str:
    operator = next(operator for operator in sorted(ORDER, key=len, reverse=True) if clause.startswith(operator))
    return f'python_full_version {operator} "{clause[len(operator) :]}"'


def _direct(dependency: object) -> str:
    """Return where a dependency is installed from, with the tag, branch or commit that it names."""
    return at(first_text(dependency, _SOURCES), first_text(dependency, ("tag", "rev", "branch")))


def _describe(dependency: object) -> str:
    version = dependency.get("version") if isinstance(dependency, dict) else dependency
    return describe(version if isinstance(version, str) else dependency)
