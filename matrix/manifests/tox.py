"""Read what tox installs: `tox.ini`, and the tables of `tox.toml` and `[tool.tox]`. I/O: opens files that they name.

A line of `deps` may begin with the factors under which it counts (`py311: anthropic`), and may include a file. A line
with a substitution other than the project's folder depends on other settings, and is left out.
"""

import re
from collections.abc import Iterable

from matrix.manifests import ini, toml
from matrix.manifests.draft import Draft
from matrix.manifests.fields import table
from matrix.manifests.mentions import Path

_ROOT = re.compile(r"\{(?:toxinidir|tox_root)\}/?")
_FACTORS = re.compile(r"^[A-Za-z0-9_.,!{}-]+:[ \t]+")


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target in `tox.ini`, or in the sections of tox in `setup.cfg`."""
    document = ini.read(source, draft)
    for section, options in document.tables.items():
        path = (section, "deps")
        _add(options.get("deps", ()), path, document.lines, draft)


def read_tables(prefix: Path, document: toml.TomlDocument, draft: Draft) -> None:
    """Add every requirement on the target in the environments below a path."""
    root = table(document.tables, *map(str, prefix))
    paths: list[Path] = [("env_run_base",), *(("env", name) for name in table(root, "env"))]
    for path in paths:
        items = table(root, *map(str, path)).get("deps")
        if isinstance(items, list):
            _add(items, (*prefix, *path, "deps"), document.lines, draft)


def _add(items: Iterable[object], path: Path, lines: dict[Path, int], draft: Draft) -> None:
    from matrix.manifests.requirements import read_line

    for index, item in enumerate(items):
        if isinstance(item, str):
            plain = _ROOT.sub("", _FACTORS.sub("", item.strip()))
            if "{" not in plain:
                read_line(plain, ".".join(map(str, path)), lines.get((*path, index), 0), draft)
