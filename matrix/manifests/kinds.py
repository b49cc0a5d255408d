"""Choose the parser of a manifest by the file's name, or else by its content. I/O: opens files.

The content of a file never raises: a part that can't be read becomes a problem with its place. A parser is imported
when a file of its kind is read, since some import much: a lock needs `tomllib` and little more.
"""

import re
from importlib import import_module
from pathlib import Path, PurePath
from typing import Final, NamedTuple

from matrix.manifests.draft import Draft
from matrix.manifests.entry import Manifest
from matrix.manifests.source import Unreadable, bytes_of, requirements_text_of, text_of
from matrix.targets.target import Registry, Target

UNKNOWN: Final = "unknown"
"""The kind of a file if neither its name nor its content shows one of the others."""

_KINDS: Final[tuple[tuple[str, str], ...]] = (
    (r"pyproject\.toml", "pyproject"),
    (r"uv\.lock", "uv.lock"),
    (r"poetry\.lock", "poetry.lock"),
    (r"pdm\.lock", "pdm.lock"),
    (r"Pipfile\.lock", "Pipfile.lock"),
    (r"Pipfile", "Pipfile"),
    (r"pylock\.toml|pylock\.[^.]+\.toml", "pylock"),
    (r"setup\.cfg", "setup.cfg"),
    (r"setup\.py", "setup.py"),
    (r"pixi\.toml", "pixi.toml"),
    (r"pixi\.lock", "pixi.lock"),
    (r"hatch\.toml", "hatch.toml"),
    (r"tox\.ini", "tox.ini"),
    (r"tox\.toml", "tox.toml"),
    (r"(.*[.-])?conda-lock\.ya?ml", "conda-lock.yml"),
    (r".*environment.*\.ya?ml", "environment.yml"),
    (r"requirements.*\.lock|.*\.(txt|in)", "requirements"),
    (r".*\.ipynb", "notebook"),
    (r"(Docker|Container)file(\..*)?|.*\.(dockerfile|sh|bash)", "commands"),
)
"""Patterns of whole names of files that declare Python packages, in any case, and the kind of each."""

_KINDS_OF_NPM: Final[tuple[tuple[str, str], ...]] = (
    (r"package\.json", "package.json"),
    (r"package-lock\.json|npm-shrinkwrap\.json", "package-lock.json"),
    (r"pnpm-lock\.ya?ml", "pnpm-lock.yaml"),
    (r"pnpm-workspace\.ya?ml", "pnpm-workspace.yaml"),
    (r"yarn\.lock", "yarn.lock"),
    (r"bun\.lock", "bun.lock"),
)
"""The same for files that declare packages of npm."""

_SIGNS: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    ((r"^# /// script\s*$",), "script"),
    ((r"\A\s*\{", r'^[ \t]*"_meta"\s*:'), "Pipfile.lock"),
    ((r"^\[\[packages\]\]$", r"^lock-version\s*="), "pylock"),
    ((r"^\[metadata\]$", r"^lock-version\s*="), "poetry.lock"),
    ((r"^\[metadata\]$", r"^lock_version\s*="), "pdm.lock"),
    ((r"^\[\[package\]\]$", r"^source\s*="), "uv.lock"),
    ((r"^\[(?:project|build-system|dependency-groups|tool\.[a-z.-]+)\]$",), "pyproject"),
    ((r"^\[(?:dev-)?packages\]$",), "Pipfile"),
)
"""Lines that together occur only in files of one kind, for files with another name."""

_SIGNS_OF_NPM: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    ((r"\A\s*\{", r'^[ \t]*"lockfileVersion"\s*:'), "package-lock.json"),
    ((r"\A\s*\{", r'^[ \t]*"(?:dev|optional|peer)?[dD]ependencies"\s*:'), "package.json"),
    ((r"^lockfileVersion:", r"^packages:"), "pnpm-lock.yaml"),
    ((r"^# yarn lockfile v1$",), "yarn.lock"),
    ((r"^__metadata:",), "yarn.lock"),
)
"""The same for files that declare packages of npm."""

_PARSERS: Final = {
    "pyproject": "pyproject",
    "uv.lock": "uv_lock",
    "poetry.lock": "poetry_lock",
    "pdm.lock": "pdm_lock",
    "Pipfile.lock": "pipfile_lock",
    "Pipfile": "pipfile",
    "pylock": "pylock",
    "setup.cfg": "setup_cfg",
    "setup.py": "setup_py",
    "pixi.toml": "pixi",
    "pixi.lock": "pixi_lock",
    "hatch.toml": "hatch",
    "tox.ini": "tox",
    "tox.toml": "tox_toml",
    "conda-lock.yml": "conda_lock",
    "environment.yml": "conda",
    "script": "script",
    "commands": "shell",
    "notebook": "notebook",
    "package.json": "package_json",
    "package-lock.json": "package_lock",
    "pnpm-lock.yaml": "pnpm_lock",
    "pnpm-workspace.yaml": "pnpm_workspace",
    "yarn.lock": "yarn_lock",
    "bun.lock": "bun_lock",
}
"""Kind to the module whose `read(text, draft)` reads one text. Requirements are not here: they have encodings."""

_HINT: Final = (
    "It reads requirements (*.txt, *.in, requirements.lock), pyproject.toml, uv.lock, poetry.lock, pdm.lock, Pipfile, "
    "Pipfile.lock, pylock.toml, setup.cfg, setup.py, environment.yml, conda-lock.yml, pixi.toml, pixi.lock, "
    "hatch.toml, tox.ini, tox.toml, scripts (*.py), Dockerfiles, shell scripts and notebooks."
)

_HINT_OF_NPM: Final = (
    "For a package of npm it reads package.json, package-lock.json, npm-shrinkwrap.json, pnpm-lock.yaml, "
    "pnpm-workspace.yaml, yarn.lock and bun.lock."
)


class _Manifests(NamedTuple):
    """The files that declare packages of one registry.

    Attributes:
        kinds: Patterns of their names, and the kind of each.
        signs: Lines that show the kind of a file with another name.
        hint: The files in words.
    """

    kinds: tuple[tuple[str, str], ...]
    signs: tuple[tuple[tuple[str, ...], str], ...]
    hint: str

    def kind_by_name(self, name: str) -> str:
        """Return the kind of a file by its name."""
        return next((kind for pattern, kind in self.kinds if re.fullmatch(pattern, name, re.IGNORECASE)), UNKNOWN)

    def kind_by_content(self, data: bytes) -> str:
        """Return the kind of a file whose name shows none."""
        text = text_of(data).replace("\r\n", "\n")
        return next(
            (kind for signs, kind in self.signs if all(re.search(sign, text, re.MULTILINE) for sign in signs)), UNKNOWN
        )


MANIFESTS: Final = {
    Registry.PYPI: _Manifests(_KINDS, _SIGNS, _HINT),
    Registry.NPM: _Manifests(_KINDS_OF_NPM, _SIGNS_OF_NPM, _HINT_OF_NPM),
}
"""The files that declare packages, by registry."""


def read(target: Target, path: Path, shown: str | None = None) -> Manifest:
    """Read every requirement on a target in one file and in the files that it includes.

    Args:
        target: The package whose requirements are looked for.
        path: The file.
        shown: The path that places show; by default relative to the working directory if the file is below it.
    """
    draft = Draft(target, _shown_path(path) if shown is None else shown, path)
    manifests = MANIFESTS[target.registry]
    kind = manifests.kind_by_name(path.name)
    try:
        data = bytes_of(path)
        if kind == UNKNOWN:
            kind = manifests.kind_by_content(data)
        if kind == UNKNOWN:
            draft.report("The file is not a manifest that midstream reads.", manifests.hint)
        elif kind == "requirements":
            from matrix.manifests.requirements import read as read_requirements

            read_requirements(path, requirements_text_of(data), draft)
        else:
            import_module(f"matrix.manifests.{_PARSERS[kind]}").read(text_of(data), draft)
    except Unreadable as failure:
        draft.report(str(failure), failure.hint)
    return draft.finish(kind)


def installed(target: Target, python: str, *, run: bool = False) -> Manifest:
    """Read which release of a target an environment has: see `matrix.manifests.environment`.

    Args:
        target: The package that is looked for.
        python: An interpreter, or the folder of a virtual environment.
        run: Whether to run the interpreter.
    """
    from matrix.manifests.environment import installed as read_environment

    return read_environment(target, python, run=run)


def _shown_path(path: Path) -> str:
    """Return a path relative to the working directory if it is below it, and else as it is."""
    try:
        absolute: PurePath = path if path.is_absolute() else Path.cwd() / path
        return absolute.relative_to(Path.cwd()).as_posix()
    except (OSError, ValueError):
        return path.as_posix()
