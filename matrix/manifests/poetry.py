"""`[tool.poetry]` of a `pyproject.toml`, and constraints as Poetry writes them: `^0.39`, `~0.28.1`, `0.4.*`. Pure.

poetry-core reads the constraints. One with alternatives (`^0.39 || ^0.45`) is no specifier of PEP 440, so each
alternative is an entry: the SDK may be any of them.
"""

from collections.abc import Iterator
from typing import Any

from matrix.manifests import toml
from matrix.manifests.draft import Draft, shown
from matrix.manifests.entry import Entry
from matrix.manifests.fields import as_table, at, first_text, table, text
from matrix.manifests.markers import all_of, any_of
from matrix.manifests.mentions import Path
from matrix.manifests.names import extras_of, is_target
from matrix.manifests.pep508 import marker_of, named_by
from matrix.manifests.specifiers import ORDER, specifier_of

_LONGEST = 500
"""Characters of a constraint."""

_SOURCES = ("git", "url", "path", "file")


def read(document: toml.Toml, draft: Draft) -> None:
    """Note every requirement on the SDK in `[tool.poetry]`; and its Pythons, if nothing else said them."""
    poetry = table(document.tables, "tool", "poetry")
    python = table(poetry, "dependencies").get("python")
    if isinstance(python, str) and not draft.python:
        draft.python = python_of(python)
    project = table(document.tables, "project")
    parents: list[tuple[str, ...]] = [("dependencies",), ("dev-dependencies",)]
    parents += [("group", name, "dependencies") for name in table(poetry, "group")]
    for parent in parents:
        for name, wanted in table(poetry, *parent).items():
            path = ("tool", "poetry", *parent, name)
            # Beside `project.dependencies`, this table says where to take things from, and no versions.
            enriches = parent == ("dependencies",) and "dependencies" in project
            if is_target(name, draft.target) and not (enriches and not _direct(wanted)):
                draft.entries += _entries(wanted, path, document.lines, draft)


def specifiers(constraint: str) -> list[str]:
    """A constraint of Poetry's as specifiers, each of which it allows.

    Raises:
        ValueError: It is none, or it allows nothing.
    """
    if len(constraint) > _LONGEST:
        raise ValueError("too long")
    from poetry.core.constraints.version import parse_constraint  # takes a tenth of a second

    try:
        read = str(parse_constraint(constraint))
    except (ValueError, RecursionError) as error:
        raise ValueError("no constraint") from error
    alternatives = [each.strip() for each in read.split("||")]
    return [specifier_of(each if each.startswith((*ORDER, "*")) else f"=={each}") for each in alternatives]


def python_of(constraint: str) -> str:
    """The Pythons of a constraint, as `requires-python` writes them; empty if it has alternatives or is none."""
    try:
        found = specifiers(constraint)
    except ValueError:
        return ""
    return found[0] if len(found) == 1 else ""


def _entries(wanted: object, path: Path, lines: dict[Path, int], draft: Draft) -> Iterator[Entry]:
    """The entries of one dependency: a constraint, a table, or an array of either, for different Pythons."""
    line = lines.get(path, 0)
    for index, each in enumerate(wanted if isinstance(wanted, list) else [wanted]):
        try:
            own = {"version": each} if isinstance(each, str) else as_table(each)
            yield from _entry(own, draft, lines.get((*path, index), line), ".".join(map(str, path[:-1])))
        except ValueError:
            hint = "Poetry writes a constraint or a table: `^0.39`, `{ version = '^0.39', extras = ['bedrock'] }`."
            draft.say(f"The dependency on {draft.target.package} can't be read: {_said(each)}.", hint, line=line)


def _entry(wanted: dict[str, Any], draft: Draft, line: int, origin: str) -> Iterator[Entry]:
    direct = _direct(wanted)
    # Alternatives for the SDK are entries; those for a Python are one marker, which both sides of an `or` make.
    for specifier in (
        specifiers(text(wanted, "version") or "*") if not direct else [named_by(direct, draft.target).specifier]
    ):
        yield Entry(
            place=draft.place(line),
            specifier=specifier,
            marker=_marker(wanted),
            extras=extras_of(wanted.get("extras")),
            origin=origin,
            direct=direct,
        )


def _marker(wanted: dict[str, Any]) -> str:
    """When a dependency holds: its `markers`, `python` and `platform`, all of them."""
    markers = [marker_of(text(wanted, "markers"))]
    if python := text(wanted, "python"):
        clauses = [each.split(",") for each in specifiers(python)]
        alternatives = [all_of(_python_marker(clause) for clause in each if clause) for each in clauses]
        markers.append(any_of(alternatives))
    if platform := text(wanted, "platform"):
        markers.append(marker_of(f'sys_platform == "{platform}"'))
    return marker_of(all_of(markers))


def _python_marker(clause: str) -> str:
    operator = next(each for each in sorted(ORDER, key=len, reverse=True) if clause.startswith(each))
    return f'python_full_version {operator} "{clause[len(operator) :]}"'


def _direct(wanted: object) -> str:
    """Where a dependency is taken from, with the tag, branch or commit that it names."""
    return at(first_text(wanted, _SOURCES), first_text(wanted, ("tag", "rev", "branch")))


def _said(wanted: object) -> str:
    version = wanted.get("version") if isinstance(wanted, dict) else wanted
    return shown(version if isinstance(version, str) else wanted)
