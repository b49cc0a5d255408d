"""Read scenario files. I/O: reads the files.

A file is YAML or JSON, as its name says. Both become plain values first and then the types of the document, which
refuse unknown fields and values of another type.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from matrix.backend.limits import Limits
from matrix.backend.scenario_files.checking import Mistake, check
from matrix.backend.scenario_files.document import IdealInFile, ScenarioFile, StepInFile
from matrix.catalogue.steps import Scenario
from matrix.errors import UsageError, did_you_mean
from matrix.system.text import one_line
from matrix.targets import TARGETS
from matrix.targets.target import Target

YAML_SUFFIXES: Final = frozenset({".yaml", ".yml"})
SUFFIXES: Final = YAML_SUFFIXES | {".json"}
"""The ends of names of scenario files."""

_PAGE: Final = "docs/scenario-files.md describes the format, and reports/schemas/scenarios.json is its schema."

_DEEPEST: Final = 20
"""Levels of nested tables and lists; a scenario has eight."""

_MOST_PARTS: Final = 5_000_000
"""Parts of a YAML file, which take seconds."""

_TAGS: Final = [
    str(type_.__struct_config__.tag) for union in (StepInFile, IdealInFile) for type_ in union.__args__
]  # fmt: skip
"""The names of steps and ideals."""


def load(paths: Iterable[Path], target: Target) -> dict[str, Scenario]:
    """Return the scenarios of files by id, once a backend of the target can play each of them.

    Raises:
        UsageError: A file can't be read, or has a mistake; the message names the file and the place in it.
    """
    scenarios: dict[str, Scenario] = {}
    for path in paths:
        for id_, scenario in read(path).items():
            if id_ in scenarios or id_ in target.catalogue:
                where = "in another file" if id_ in scenarios else "in the catalogue"
                raise UsageError(f"{path}: there is a scenario {id_!r} {where} already.", "Choose another id.")
            if not scenario.dialects & target.accepted_dialects:
                raise UsageError(
                    f"{path}: {id_!r} exists in {', '.join(sorted(scenario.dialects))}, which {target.api} does not "
                    f"speak: {', '.join(sorted(target.accepted_dialects))}.",
                    _others(scenario),
                )
            scenarios[id_] = scenario
    return scenarios


def read(path: Path) -> dict[str, Scenario]:
    """Return the scenarios of one file by id.

    Raises:
        UsageError: The file can't be read, or has a mistake; the message names the place in it.
    """
    return parse(_values(path), str(path))


def parse(values: Any, name: str) -> dict[str, Scenario]:
    """Return the scenarios of a document by id.

    Args:
        values: The document as plain values.
        name: The name of its source, for messages.

    Raises:
        UsageError: It has a mistake; the message names the place in it.
    """
    try:
        return check(msgspec.convert(values, ScenarioFile))
    except Mistake as mistake:
        raise UsageError(f"{name}: {mistake.place}: {mistake}", mistake.hint or _PAGE) from None
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        place = place.rstrip("`").removeprefix(".") or "the document"
        raise UsageError(f"{name}: {place}: {one_line(message)}.", _hint(message)) from None


def _others(scenario: Scenario) -> str:
    """Name a target whose API speaks a dialect of a scenario."""
    for target in TARGETS.values():
        if target.accepted_dialects & scenario.dialects:
            return f"`{target.command} backend` speaks it."
    return ""


def _hint(message: str) -> str:
    """Return what may help against a value that the types refuse."""
    if unknown := re.search(r"Invalid value '(.*)'", message):
        return f"{did_you_mean(unknown[1], _TAGS)} {_PAGE}".strip()
    if "matching regex" in message:
        return "An id has lower-case letters, digits, `.`, `_` and `-`, at most 80, and begins with a letter or digit."
    if re.search(r"Expected `str(\W.*)?`, got `(bool|int|float|null)`", message):
        return "YAML reads `yes`, `12` or `null` as other values than texts. Write them in quotes."
    return _PAGE


def _values(path: Path) -> Any:
    """Parse a file to plain values."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: its name must end with .yaml, .yml or .json.", "Rename the file.")
    text = _text(path)
    try:
        return _parse_yaml(text) if path.suffix.lower() in YAML_SUFFIXES else msgspec.json.decode(text)
    except _NotParsed as error:
        raise UsageError(f"{path}: {error}.", _PAGE) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{path}: it is no JSON: {one_line(str(error))}.", _PAGE) from None


def _text(path: Path) -> str:
    most = Limits().body
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise UsageError(f"{path}: it has more than {most:,} bytes.", "Divide it into several files.")
        return data.decode()
    except OSError as error:
        raise UsageError(f"{path}: it can't be read: {error.strerror}.", "Check the name of the file.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start} is no UTF-8.", "Write other bytes in Base64.") from None


class _NotParsed(Exception):
    """A text that is no YAML, or YAML that this program does not read; the message says why."""


def _parse_yaml(text: str) -> Any:
    """Parse YAML to plain values.

    The first pass bounds what the second builds: PyYAML follows a deeply nested text until the process crashes, and a
    few aliases can stand for billions of values.
    """
    import yaml  # imported here because few commands read YAML

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if re.search(r"^%", text, re.MULTILINE):
        raise _NotParsed("a line begins with `%`: directives are not read")
    depth = 0
    try:
        for number, event in enumerate(yaml.parse(text, Loader=loader)):
            if isinstance(event, yaml.AliasEvent):
                raise _NotParsed("aliases such as `*name` are not read: write the value out")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST or number > _MOST_PARTS:
                raise _NotParsed("it is nested too deeply" if depth > _DEEPEST else "it has too many parts")
        return yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise _NotParsed(f"{where}it is no YAML: {one_line(str(getattr(error, 'problem', None) or error))}") from None
    except (ValueError, OverflowError) as error:  # a date such as 2026-02-31
        raise _NotParsed(f"it has an impossible value: {one_line(str(error))}") from None
