"""Read requirements files with all files that they include. I/O: opens the included files.

pip resolves a requirements file and its includes together, so they are one manifest. An entry allows what all
requirements and constraints on the target allow that apply whenever the entry does: those without a marker, and those
with the same marker. A constraint with another marker adds an entry for the case that both apply, and leaves the first
entry as it is for the other case. A constraint alone installs nothing, so it is an entry only if no requirement on the
target exists.

Reading makes no network request, and reads no file twice.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import msgspec

from matrix.findings.model import Place
from matrix.manifests.draft import Draft, describe
from matrix.manifests.entry import ManifestEntry
from matrix.manifests.locked import locked_versions
from matrix.manifests.markers import all_of
from matrix.manifests.names import is_target
from matrix.manifests.pep508 import (
    DIRECT,
    ParsedRequirement,
    is_on_another,
    marker_of,
    named_by,
    parse_requirement,
)
from matrix.manifests.requirement_lines import IncludeLine, LogicalLine, RequirementLine, logical_lines, parse_line
from matrix.manifests.source import LIMIT, Unreadable, bytes_of, requirements_text_of
from matrix.manifests.specifiers import intersect
from matrix.manifests.variables import report_variable, variable_of_pip
from matrix.targets.target import Target

MOST_FILES: Final = 1_000
"""Files that one manifest may include, directly or through others; each way to name a file counts."""

_LONGEST_PATH: Final = 1_000
"""Characters of the path of an include. Its links are followed one folder at a time."""

MOST_LINES: Final = 300_000
"""Lines of one manifest with its includes. A lock of 1,000 packages with 100 hashes each has 100,000."""

MOST_REQUIREMENTS: Final = 50
"""Requirements and constraints on the target in one manifest. Each is compared with all others."""

_MOST_NARROWING: Final = 3
"""Places that an origin names."""

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[\w,. -]*\])? ?== ?([0-9][\w.+!]*)")
"""The form of nearly all lines of a lock. It is read without `packaging`, which takes seconds for 100,000 lines."""

_INCLUDES = ("-r", "-c", "--requirement", "--constraint")
"""The options that include a file."""

_NAMED = re.compile(r"[A-Za-z0-9._-]++\s*+(?:\[[^\]]*+\]\s*+)?@")


class _OpenFile(NamedTuple):
    """A file that is being read.

    Attributes:
        path: The file.
        real: Its path without links.
        shown: The path that places show.
        is_constraint: Whether it is read as constraints.
        lines: The lines that are still to be read.
    """

    path: Path
    real: str
    shown: str
    is_constraint: bool
    lines: Iterator[LogicalLine]


class _TargetRequirement(NamedTuple):
    """A requirement or a constraint on the target."""

    parsed: ParsedRequirement
    place: Place
    is_constraint: bool


class _Closure:
    """A requirements file with all files that it includes, while it is read."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.requirements: list[_TargetRequirement] = []
        self.pins: list[tuple[str, str]] = []
        self._open: list[_OpenFile] = []
        self._visited: set[tuple[str, bool]] = set()
        self._named: dict[tuple[Path, str, bool], str] = {}
        self._included = draft.included

    def read(self, path: Path, text: str) -> None:
        """Read a file and its includes, in pip's order."""
        self._included.count += 1
        self._enter(path, self.draft.path, text, is_constraint=False)
        self._read_open_files()

    def read_line(self, text: str, number: int) -> None:
        """Read one line of a manifest of another kind, and the files that it includes."""
        path = self.draft.file
        self._open.append(_OpenFile(path, os.path.realpath(path), self.draft.path, False, iter(())))
        line = next(logical_lines(text.replace("\n", " ")), None)
        if line is not None:
            self._read_line(self._open[-1], LogicalLine(number, line.text))
        self._read_open_files()

    def _read_open_files(self) -> None:
        while self._open:
            file = self._open[-1]
            line = next(file.lines, None)
            if line is None:
                self._open.pop()
            else:
                self._read_line(file, line)

    def _enter(self, path: Path, shown: str, text: str, *, is_constraint: bool) -> None:
        real = os.path.realpath(path)
        self._visited.add((real, is_constraint))
        self._included.characters += len(text)
        self._included.lines += len(text.splitlines())
        if self._included.lines > MOST_LINES:
            message = f"The file was skipped: the manifest and its includes have more than {MOST_LINES:,} lines."
            self.draft.report(message, "Check that the file is of the kind that its name says.", path=shown)
            return
        self._open.append(_OpenFile(path, real, shown, is_constraint, logical_lines(text)))

    def _read_line(self, file: _OpenFile, line: LogicalLine) -> None:
        if len(line.text) > line.limit:
            self._report(file, line, f"The line was skipped: it has more than {line.limit:,} characters.")
            return
        requirement = line.text.partition(" --")[0].rstrip()
        if pin := _PIN.fullmatch(requirement):
            self.pins.append((pin[1], pin[2]))
        is_other = not is_target(pin[1], self.draft.target) if pin else is_on_another(requirement, self.draft.target)
        if is_other or not self.draft.may_parse(line.number, file.shown):
            return
        try:
            parsed = parse_line(line.text)
            if isinstance(parsed, IncludeLine):
                self._include(file, line, parsed)
            elif isinstance(parsed, RequirementLine):
                self._require(file, line, _parse(parsed, self.draft.target))
        except ValueError:
            if variable := variable_of_pip(line.text):
                name = f"the environment variable {variable}"
                report_variable(line.text, name, self.draft, line.number, file.shown)
                return
            message = f"The line is not a requirement: {describe(line.text)}."
            self._report(file, line, message, _hint(line.text, self.draft.target))

    def _require(self, file: _OpenFile, line: LogicalLine, parsed: ParsedRequirement) -> None:
        if not is_target(parsed.name, self.draft.target):
            if parsed.specifier.startswith("==") and "," not in parsed.specifier and "*" not in parsed.specifier:
                self.pins.append((parsed.name, parsed.specifier.lstrip("=")))
        elif len(self.requirements) < MOST_REQUIREMENTS:
            place = self.draft.place(line.number, file.shown)
            self.requirements.append(_TargetRequirement(parsed, place, file.is_constraint))
        else:
            package = self.draft.target.package
            message = f"The line was skipped: there are more than {MOST_REQUIREMENTS} requirements on {package}."
            self._report(file, line, message)

    def _include(self, file: _OpenFile, line: LogicalLine, include: IncludeLine) -> None:
        if re.match(r"[a-z][a-z0-9+.-]+:", include.target, re.IGNORECASE):
            hint = "Download it and include the copy." if include.target.lower().startswith("http") else ""
            message = f"The include {describe(include.target)} was skipped: midstream makes no network requests."
            self._report(file, line, message, hint)
            return
        if variable := variable_of_pip(include.target):
            name = f"the environment variable {variable}"
            report_variable(include.target, name, self.draft, line.number, file.shown)
            return
        is_constraint = file.is_constraint or include.is_constraint
        named = (file.path.parent, include.target, is_constraint)
        if self._included.is_full:
            return
        if named not in self._named and not self._may_include(file, line, include):
            return
        path = file.path.parent / include.target
        shown = os.path.normpath(PurePosixPath(file.shown).parent / include.target).replace(os.sep, "/")
        real = self._named[named] = self._named.get(named) or os.path.realpath(path)
        if any((other.real, other.is_constraint) == (real, is_constraint) for other in self._open):
            hint = "pip rejects this: remove one of the includes."
            self._report(file, line, f"{describe(shown)} includes itself.", hint)
            return
        if (real, is_constraint) in self._visited:
            return
        try:
            text = requirements_text_of(bytes_of(path))
        except Unreadable as failure:
            self._visited.add((real, is_constraint))
            self._report(file, line, f"The include {describe(shown)} can't be read. {failure}", failure.hint)
            return
        self._enter(path, shown, text, is_constraint=is_constraint)

    def _may_include(self, file: _OpenFile, line: LogicalLine, include: IncludeLine) -> bool:
        """Count an include, and return whether it may be followed; report it if not."""
        self._included.count += 1
        if self._included.count > MOST_FILES or self._included.characters > LIMIT:
            self._included.is_full = True
            limits = f"{MOST_FILES:,} files or {LIMIT >> 20} MB"
            self._report(file, line, f"The remaining includes were skipped: there are more than {limits}.")
        elif len(include.target) > _LONGEST_PATH:
            self._report(file, line, "The include was skipped: its path is too long.")
        return not self._included.is_full and len(include.target) <= _LONGEST_PATH

    def _report(self, file: _OpenFile, line: LogicalLine, message: str, hint: str = "") -> None:
        self.draft.report(message, hint, line=line.number, path=file.shown)


def read(path: Path, text: str, draft: Draft) -> None:
    """Add every requirement on the target in a requirements file and in all files that it includes.

    Args:
        path: The file; includes are relative to its folder.
        text: Its content.
        draft: The draft that gets the entries.
    """
    closure = _Closure(draft)
    closure.read(path, text)
    draft.entries += _entries(closure.requirements, locked_versions(closure.pins, draft.target))


def read_included(name: str, line: int, draft: Draft) -> None:
    """Add every requirement on the target in a requirements file that another manifest names on a line."""
    read_line(f"-r {name}", "requirement", line, draft)


def read_line(text: str, origin: str, line: int, draft: Draft) -> None:
    """Add the requirement on the target in one line of another manifest, or those in the file that it includes.

    A line that includes the same file as a line before it, as in the environments of a `tox.ini`, adds nothing.
    """
    if draft.is_full or is_on_another(text, draft.target):
        return
    if text.startswith(_INCLUDES):
        if text in draft.included.statements:
            return
        draft.included.statements.add(text)
    closure = _Closure(draft)
    closure.read_line(text, line)
    for entry in _entries(closure.requirements, locked_versions(closure.pins, draft.target)):
        is_here = entry.place.path == draft.path
        draft.entries.append(msgspec.structs.replace(entry, origin=origin) if is_here else entry)


def _parse(line: RequirementLine, target: Target) -> ParsedRequirement:
    """Parse a requirement; its name is empty for an address or a path that names no known package.

    Raises:
        ValueError: The line is not a requirement.
    """
    if line.is_editable or (DIRECT.match(line.text) and not _NAMED.match(line.text)):
        address, _, marker = line.text.partition("; ")
        parsed = named_by(address.strip(), target)
        return parsed._replace(marker=marker_of(marker)) if is_target(parsed.name, target) else parsed
    return parse_requirement(line.text, target)


def _entries(requirements: list[_TargetRequirement], locked: dict[str, str]) -> Iterator[ManifestEntry]:
    constraints = [item for item in requirements if item.is_constraint]
    if len(constraints) == len(requirements):
        for constraint in constraints:
            allies = [other for other in constraints if _applies_with(other, constraint)]
            yield _entry(constraint, allies, constraint.parsed.marker, locked)
        return
    for item in requirements:
        if item.is_constraint:
            continue
        allies = [other for other in requirements if _applies_with(other, item)]
        yield _entry(item, allies, item.parsed.marker, locked)
        for constraint in constraints:
            if not _applies_with(constraint, item):
                marker = all_of([item.parsed.marker, constraint.parsed.marker])
                yield _entry(item, [*allies, constraint], marker, locked)


def _applies_with(other: _TargetRequirement, item: _TargetRequirement) -> bool:
    """Return whether `other` applies whenever `item` does."""
    return other.parsed.marker in {"", item.parsed.marker}


def _entry(
    item: _TargetRequirement, allies: Iterable[_TargetRequirement], marker: str, locked: dict[str, str]
) -> ManifestEntry:
    """Return an entry that allows what a requirement and its allies all allow."""
    allies = list(allies)
    specifier = intersect(ally.parsed.specifier for ally in [item, *allies])
    narrowing = [str(ally.place) for ally in allies if ally is not item and ally.parsed.specifier]
    origin = "constraint" if item.is_constraint else "requirement"
    if specifier != item.parsed.specifier and narrowing:
        origin += f", narrowed by {', '.join(list(dict.fromkeys(narrowing))[:_MOST_NARROWING])}"
    return ManifestEntry(
        place=item.place,
        specifier=specifier,
        marker=marker,
        extras=item.parsed.extras,
        origin=origin,
        direct=item.parsed.direct or next((ally.parsed.direct for ally in allies if ally.is_constraint), ""),
        locked=locked,
    )


def _hint(text: str, target: Target) -> str:
    if text.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        return "Resolve the merge conflict first."
    if re.match(r"[\w.-]+(\[[^\]]*\])?\s*=[^=]", text):
        return "Pin a version with two equals signs: `==`."
    return f"Write a PEP 508 requirement such as `{target.package}>=0.40,<1`."
