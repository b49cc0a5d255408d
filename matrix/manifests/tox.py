"""Read what tox installs: `tox.ini`, and the tables of `tox.toml` and `[tool.tox]`. I/O: opens files that they name.

A line of `deps` may begin with the factors under which it counts (`py311: anthropic`), and may include a file. A line
with a substitution other than the project's folder or the default of a variable depends on other settings, and is left
out. So is a table, which is
a substitution in `tox.toml`.
"""

import re
from collections.abc import Iterable

from matrix.manifests import ini
from matrix.manifests.draft import Draft, describe, shorten
from matrix.manifests.mentions import Document, Path
from matrix.manifests.names import spellings
from matrix.manifests.variables import report_variable

_ROOT = re.compile(r"\{(?:toxinidir|tox_root)\}/?")
_VARIABLE = re.compile(r"\{env:(\w+)")
_DEFAULT = re.compile(r"\{env:\w+:([^{}]*)\}")
_FACTORS = re.compile(r"^[A-Za-z0-9_.,!{}-]+:[ \t]+")


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target in `tox.ini`, or in the sections of tox in `setup.cfg`."""
    document = ini.read(source, draft)
    for section, options in document.tables.items():
        path = (section, "deps")
        _add(options.get("deps", ()), path, document.lines, draft)


def read_tables(prefix: Path, document: Document, draft: Draft) -> None:
    """Add every requirement on the target in the environments below a path."""
    root = tuple(map(str, prefix))
    paths = [(*root, "env_run_base"), *((*root, "env", name) for name in draft.table(document.tables, *root, "env"))]
    for path in paths:
        items = draft.table(document.tables, *path).get("deps", [])
        if isinstance(items, list):
            _add(items, (*path, "deps"), document.lines, draft)
        elif not isinstance(items, dict):  # a table is a substitution
            draft.report(f"`{shorten('.'.join(path))}.deps` must be an array, but is {describe(items)}.")


def _add(items: Iterable[object], path: Path, lines: dict[Path, int], draft: Draft) -> None:
    from matrix.manifests.requirements import read_line

    origin = ".".join(map(str, path))
    mention = re.compile(rf"{spellings(draft.target.package)}(?![\w.-])", re.IGNORECASE)
    for index, item in enumerate(items):
        if isinstance(item, str):
            plain = _ROOT.sub("", _FACTORS.sub("", item.strip()))
            plain = _DEFAULT.sub(r"\1", plain)
            if "{" not in plain:
                read_line(plain, origin, lines.get((*path, index), 0), draft)
            elif mention.match(plain) and (variable := _VARIABLE.search(plain)):
                name = f"the environment variable {variable[1]}"
                report_variable(plain, name, draft, lines.get((*path, index), 0))
        elif not isinstance(item, dict):
            draft.report(f"`{shorten(origin)}` has an item that is not a requirement: {describe(item)}.")
