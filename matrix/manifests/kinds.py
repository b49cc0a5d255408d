"""Which parser reads a manifest, by the file's name, or else by what it says. I/O: opens files.

Nothing that a file says raises here: what can't be read is a problem with a place. A parser is imported when a file of
its kind is read, for some bring much with them: reading a lock needs `tomllib` and little more.
"""

import re
from importlib import import_module
from pathlib import Path, PurePath
from typing import Final

from matrix.manifests.draft import Draft
from matrix.manifests.entry import Manifest
from matrix.manifests.source import Unreadable, bytes_of, requirements_text_of, text_of
from matrix.targets.target import Target

UNKNOWN: Final = "unknown"
"""The kind of a file that is none of the others, or can't be opened."""

_KINDS: Final[tuple[tuple[str, str], ...]] = (
    (r"pyproject\.toml", "pyproject"),
    (r"uv\.lock", "uv.lock"),
    (r"poetry\.lock", "poetry.lock"),
    (r"pdm\.lock", "pdm.lock"),
    (r"Pipfile\.lock", "Pipfile.lock"),
    (r"Pipfile", "Pipfile"),
    (r"pylock\.toml|pylock\.[^.]+\.toml", "pylock"),
    (r".*\.(txt|in)", "requirements"),
)
"""Names of files to kinds; the whole name, in any case."""

_SIGNS: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    ((r"\A\s*\{", r'^[ \t]*"_meta"\s*:'), "Pipfile.lock"),
    ((r"^\[\[packages\]\]$", r"^lock-version\s*="), "pylock"),
    ((r"^\[metadata\]$", r"^lock-version\s*="), "poetry.lock"),
    ((r"^\[metadata\]$", r"^lock_version\s*="), "pdm.lock"),
    ((r"^\[\[package\]\]$", r"^source\s*="), "uv.lock"),
    ((r"^\[(?:project|build-system|dependency-groups|tool\.[a-z.-]+)\]$",), "pyproject"),
    ((r"^\[(?:dev-)?packages\]$",), "Pipfile"),
)
"""Lines that, all of them, only a file of a kind has, for files that have another name."""

_PARSERS: Final = {
    "pyproject": "pyproject",
    "uv.lock": "uv_lock",
    "poetry.lock": "poetry_lock",
    "pdm.lock": "pdm_lock",
    "Pipfile.lock": "pipfile_lock",
    "Pipfile": "pipfile",
    "pylock": "pylock",
}
"""Kinds to the modules whose `read(text, draft)` reads one text; requirements include other files, and so differ."""


def read(target: Target, path: Path, shown: str | None = None) -> Manifest:
    """Read every requirement on a target in one file and in the files that it includes.

    Args:
        target: The package whose requirements are looked for.
        path: The file.
        shown: How to name it in places; by default relative to where the command runs, if it can be.
    """
    draft = Draft(target, _shown(path) if shown is None else shown)
    kind = _kind_by_name(path.name)
    try:
        data = bytes_of(path)
        if kind == UNKNOWN:
            kind = _kind_by_content(data)
        if kind == UNKNOWN:
            draft.say(
                "It is no manifest that this program knows.",
                "It reads requirements (*.txt, *.in), pyproject.toml, uv.lock, poetry.lock, pdm.lock, Pipfile, "
                "Pipfile.lock and pylock.toml.",
            )
        elif kind == "requirements":
            from matrix.manifests.requirements import read as read_requirements

            read_requirements(path, requirements_text_of(data), draft)
        else:
            import_module(f"matrix.manifests.{_PARSERS[kind]}").read(text_of(data), draft)
    except Unreadable as failure:
        draft.say(str(failure), failure.hint)
    return draft.done(kind)


def installed(target: Target, python: str) -> Manifest:
    """Read which release of a target an environment has: see `matrix.manifests.environment`.

    Args:
        target: The package that is looked for.
        python: An interpreter, or the folder of a virtual environment.
    """
    from matrix.manifests.environment import installed as ask

    return ask(target, python)


def _kind_by_name(name: str) -> str:
    return next((kind for pattern, kind in _KINDS if re.fullmatch(pattern, name, re.IGNORECASE)), UNKNOWN)


def _kind_by_content(data: bytes) -> str:
    """The kind of a text whose name says nothing."""
    text = text_of(data).replace("\r\n", "\n")
    return next((kind for signs, kind in _SIGNS if all(re.search(sign, text, re.MULTILINE) for sign in signs)), UNKNOWN)


def _shown(path: Path) -> str:
    """A path as its user would write it: relative to where the command runs if it is below that."""
    try:
        absolute: PurePath = path if path.is_absolute() else Path.cwd() / path
        return absolute.relative_to(Path.cwd()).as_posix()
    except (OSError, ValueError):
        return path.as_posix()
