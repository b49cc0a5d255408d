"""`Pipfile.lock`: JSON, with a table of packages for each category. Pure."""

import json
from typing import Any

from matrix.manifests.draft import Draft, shown
from matrix.manifests.entry import Entry
from matrix.manifests.fields import as_table, at, first_text, table, text
from matrix.manifests.locked import others
from matrix.manifests.mentions import parse
from matrix.manifests.names import extras_of, is_target
from matrix.manifests.pep508 import marker_of
from matrix.manifests.specifiers import pythons, specifier_of

_META = "_meta"
SOURCES = ("git", "hg", "svn", "file", "path")
"""Fields of a package that is taken from no index."""


def read(source: str, draft: Draft) -> None:
    """Note the SDK in each category: `default`, `develop`, and whatever others there are."""
    try:
        document, lines = parse(source, json.loads, draft.target.package)
    except json.JSONDecodeError as error:
        draft.say(f"It is broken JSON: {error.msg}.", "`pipenv lock` writes it again.", line=error.lineno)
        return
    except (ValueError, RecursionError):
        draft.say("It is JSON that can't be read: nested too deeply, or with a number of too many digits.")
        return
    if not isinstance(document, dict):
        draft.say(f"It is {shown(document)}, and not an object.", "`pipenv lock` writes it again.")
        return
    draft.python = python_of(table(document, _META, "requires"))
    categories = {name: packages for name, packages in document.items() if name != _META}
    for category, packages in categories.items():
        if not isinstance(packages, dict):
            draft.say(f"`{category[:80]}` is {shown(packages)}, and not an object.")
            continue
        locked = others(((name, _version(package)) for name, package in packages.items()), draft.target)
        for name, package in packages.items():
            if is_target(name, draft.target):
                _enter(package, draft, lines.get((category, name), 0), category, locked)


def _enter(package: object, draft: Draft, line: int, category: str, locked: dict[str, str]) -> None:
    try:
        own = as_table(package)
        entry = Entry(
            place=draft.place(line),
            specifier=specifier_of(text(own, "version")),
            marker=marker_of(text(own, "markers")),
            extras=extras_of(own.get("extras")),
            origin=category,
            direct=_direct(own),
            locked=locked,
        )
    except ValueError:
        said = package.get("version") if isinstance(package, dict) else package
        message = f"The package {draft.target.package} can't be read: {shown(said)}."
        draft.say(message, "`pipenv lock` writes it again.", line=line)
    else:
        draft.entries.append(entry)


def _direct(package: dict[str, Any]) -> str:
    return at(first_text(package, SOURCES), first_text(package, ("ref",)))


def _version(package: object) -> str | None:
    """The version of a package; None if it has none, as one from a repository has."""
    version = package.get("version") if isinstance(package, dict) else None
    return version.lstrip("=") if isinstance(version, str) and version.startswith("==") else None


def python_of(requires: dict[str, Any]) -> str:
    """The Pythons of the table `requires`: one version, or all patches of one; pipenv takes any text."""
    full, short = first_text(requires, ("python_full_version",)), first_text(requires, ("python_version",))
    return pythons(f"=={full}" if full else f"=={short}.*" if short else "")
