"""Read the settings of a project: the table `[tool.midstream]` of the nearest pyproject.toml. I/O: opens that file."""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from matrix.cli.output import display_path
from matrix.errors import UsageError, did_you_mean, require_known
from matrix.findings.rules import RULES
from matrix.manifests.discover import folders_above
from matrix.manifests.draft import Draft, describe
from matrix.manifests.fields import table
from matrix.manifests.source import Unreadable, bytes_of, text_of
from matrix.model import Frozen
from matrix.targets.target import Target

_KEYS: Final = ("catching", "clients", "ignore", "paths")

_HAS_SETTINGS: Final = re.compile(
    r"""^[ \t]*\[{0,2}[ \t]*(["']?)tool\1[ \t]*(?:\.[ \t]*["']?midstream\b|[]=])""", re.MULTILINE
)
"""A line that may begin the table `tool.midstream`. Most files have none, and need not be parsed."""


class ProjectSettings(Frozen, frozen=True, kw_only=True):
    """The settings of a project; options of the command line win over them.

    Attributes:
        catching: The ids of the handlers that the project uses.
        clients: The ids of the clients that the project uses.
        ignore: The ids of rules whose findings are left out.
        paths: The paths to check and to scan if the command line names none.
        folder: The folder of the file that has the settings; None if there are no settings.
    """

    catching: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()
    folder: Path | None = None


def read_settings(target: Target, handlers: Collection[str], paths: Sequence[Path]) -> ProjectSettings:
    """Read the settings of the nearest pyproject.toml that has any, above all paths or else above the working folder.

    Raises:
        UsageError: The settings can't be read, or have an unknown key, a value of a wrong type, or an unknown name.
    """
    for folder in folders_above(_common_folder(paths)):
        file = folder / "pyproject.toml"
        settings = _table(target, file)
        if settings is not None:
            return _read(target, settings, folder, display_path(file), handlers)
    return ProjectSettings()


def _common_folder(paths: Sequence[Path]) -> Path:
    folders = [os.path.abspath(path if path.is_dir() else path.parent) for path in paths]  # noqa: PTH100
    try:
        return Path(os.path.commonpath(folders)) if folders else Path.cwd()
    except ValueError:  # the paths are on several drives
        return Path.cwd()


def _table(target: Target, file: Path) -> Mapping[str, Any] | None:
    """Return the table of settings in a file; None if the file has none, or can't be read."""
    try:
        data = bytes_of(file)
        text = text_of(data) if b"midstream" in data else ""
    except Unreadable:
        return None
    if not _HAS_SETTINGS.search(text):
        return None
    from matrix.manifests import toml

    draft = Draft(target, display_path(file), file)
    document = toml.read(text, draft)
    tool = table(document.tables, "tool")
    for problem in draft.finish("pyproject").problems:
        raise UsageError(f"The settings in {problem.place} can't be read: {problem.message}", problem.hint)
    if "midstream" not in tool:
        return None
    if not isinstance(tool["midstream"], dict):
        raise UsageError(
            f"In {draft.path}, `tool.midstream` must be a table, but is {describe(tool['midstream'])}.",
            f"Write a table `[tool.midstream]` with {', '.join(_KEYS)}.",
        )
    return tool["midstream"]


def _read(
    target: Target, settings: Mapping[str, Any], folder: Path, shown: str, handlers: Collection[str]
) -> ProjectSettings:
    for key in settings:
        if key not in _KEYS:
            hint = f"{did_you_mean(key, _KEYS)} The settings are {', '.join(_KEYS)}."
            raise UsageError(f"In {shown}, `tool.midstream` has an unknown setting {describe(key)}.", hint.strip())
    values = {key: _texts(settings.get(key, []), key, shown) for key in _KEYS}
    try:
        catching = require_known(values["catching"], handlers, "handler")
        ids = target.client_ids
        clients = tuple(ids[name] for name in require_known(values["clients"], ids, "client"))
        ignore = require_known(values["ignore"], RULES, "rule")
    except UsageError as error:
        raise UsageError(f"In {shown}, `tool.midstream`: {error}", error.hint) from None
    paths = tuple(Path(os.path.relpath(folder / path)) for path in values["paths"])
    return ProjectSettings(catching=catching, clients=clients, ignore=ignore, paths=paths, folder=folder)


def _texts(value: object, key: str, shown: str) -> list[str]:
    if not isinstance(value, list):
        wrong: object = value
    elif wrong_items := [item for item in value if not isinstance(item, str) or not item or "\0" in item]:
        wrong = wrong_items[0]
    else:
        return value
    raise UsageError(
        f"In {shown}, `tool.midstream.{key}` must be an array of strings, but has {describe(wrong)}.",
        f"Write it as `{_EXAMPLES[key]}`.",
    )


_EXAMPLES: Final = {
    "catching": 'catching = ["status-set"]',
    "clients": 'clients = ["bedrock"]',
    "ignore": 'ignore = ["silent-end"]',
    "paths": 'paths = ["src"]',
}
"""A correct line for each setting."""
