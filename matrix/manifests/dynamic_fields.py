"""Read the `dynamic` requirements of a `pyproject.toml`: its build takes them from other files. I/O: opens those files.

setuptools names the files in `[tool.setuptools.dynamic]`, the plugin hatch-requirements-txt in a table of hatch. Other
builds compute them: that can't be read without running code of the project, and is a problem.
"""

from collections.abc import Iterator
from typing import Any

from matrix.manifests.draft import Draft
from matrix.manifests.fields import first_text, table, texts
from matrix.manifests.mentions import Document, Path
from matrix.manifests.requirements import read_included

_ELSEWHERE = ("setuptools", "poetry")
"""Builds that take dynamic requirements from places with a reader of their own: setup.cfg, setup.py, [tool.poetry]."""


def read(document: Document, draft: Draft) -> None:
    """Add every requirement on the target in the files that the build reads."""
    names = texts(table(document.tables, "project").get("dynamic"))
    sources = dict(_sources(document.tables))
    build = first_text(table(document.tables, "build-system"), ("build-backend",)) or "setuptools.build_meta"
    for field in ("dependencies", "optional-dependencies"):
        if field not in names:
            continue
        files = [file for path, each in sources.items() if field in path for file in each]
        for file in files:
            read_included(file, 0, draft)
        if not files and field == "dependencies" and not build.startswith(_ELSEWHERE):
            draft.report(
                "`project.dependencies` can't be read, because the build computes it; midstream runs no code.",
                "Check the environment in which the project is installed: `matrix check --python PATH`.",
            )


def _sources(tables: dict[str, Any]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield the path and the files of each table that names files of requirements."""
    dynamic = table(tables, "tool", "setuptools", "dynamic")
    yield ("dependencies",), _files(dynamic.get("dependencies"), "file")
    for name, value in table(dynamic, "optional-dependencies").items():
        yield ("optional-dependencies", name), _files(value, "file")
    hook = table(tables, "tool", "hatch", "metadata", "hooks", "requirements_txt")
    yield ("hook", "dependencies"), _files(hook, "files") or _files(hook, "filename")
    for name, value in table(hook, "optional-dependencies").items():
        yield ("hook", "optional-dependencies", name), texts(value)


def _files(value: object, key: str) -> tuple[str, ...]:
    """Return the files in a field that is one path or an array of paths."""
    files = value.get(key) if isinstance(value, dict) else None
    return (files,) if isinstance(files, str) else texts(files)
