"""Requirements files, with all that they include. I/O: opens the included files.

pip resolves a requirements file and all that it includes together, so they are one manifest. What an entry allows is
what all requirements and constraints on the SDK allow that hold whenever it does: those without a marker, and those
with the same one. A constraint with another marker makes an entry of its own for where both hold, and leaves the first
one as it is, for where only the first does. A constraint asks for nothing, so it is an entry only where nobody else
asks for the SDK.

Nothing is asked for over the network, and no file is read twice.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from matrix.findings.model import Place
from matrix.manifests.draft import Draft, shown
from matrix.manifests.entry import Entry
from matrix.manifests.locked import others
from matrix.manifests.markers import all_of
from matrix.manifests.names import is_target
from matrix.manifests.pep508 import Wanted, marker_of, named_by, requirement
from matrix.manifests.requirement_lines import Includes, Line, Requires, logical_lines, statement
from matrix.manifests.source import LIMIT, Unreadable, bytes_of, requirements_text_of
from matrix.manifests.specifiers import together
from matrix.targets.target import Target

MOST_FILES: Final = 1_000
"""That one file may include, and those that they include."""

MOST_WANTED: Final = 50
"""Requirements and constraints on the SDK in one closure: each of them is held against all others."""

_MOST_NAMED: Final = 3
"""Places that an origin names."""

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[\w,. -]*\])? ?== ?([0-9][\w.+!]*)")
"""What nearly all lines of a lock are. It is read without `packaging`, which takes seconds for 100,000 lines."""

_DIRECT = re.compile(
    r"[a-z][a-z0-9+.-]*:|[.~/\\]|\$\{|[^@;]*[/\\]|\S+\.(whl|zip|tar\.(gz|bz2|xz|Z)|tgz|tar|tbz)\b", re.IGNORECASE
)
"""What no name begins with: an address, a path, a variable, an archive."""

_NAMED = re.compile(r"[A-Za-z0-9._-]++\s*+(?:\[[^\]]*+\]\s*+)?@")


class _File(NamedTuple):
    """A file that is being read: which it is, how it is named, whether it constrains, and the lines to come."""

    path: Path
    real: str
    shown: str
    constrains: bool
    lines: Iterator[Line]


class _Found(NamedTuple):
    """A requirement or a constraint on the SDK."""

    wanted: Wanted
    place: Place
    constrains: bool


class _Closure:
    """A requirements file with all that it includes, while it is read."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.found: list[_Found] = []
        self.pins: list[tuple[str, str]] = []
        self._open: list[_File] = []
        self._seen: set[tuple[str, bool]] = set()
        self._bytes = 0
        self._is_full = False

    def read(self, path: Path, text: str) -> None:
        """Read a file and what it includes, in the order in which pip does."""
        self._enter(path, self.draft.path, text, constrains=False)
        while self._open:
            file = self._open[-1]
            line = next(file.lines, None)
            if line is None:
                self._open.pop()
            else:
                self._read_line(file, line)

    def _enter(self, path: Path, named: str, text: str, *, constrains: bool) -> None:
        real = os.path.realpath(path)
        self._seen.add((real, constrains))
        self._bytes += len(text)
        self._open.append(_File(path, real, named, constrains, logical_lines(text)))

    def _read_line(self, file: _File, line: Line) -> None:
        if len(line.text) > line.limit:
            self._say(file, line, f"The line has more than {line.limit:,} characters, so it is not read.")
            return
        if pin := _PIN.fullmatch(line.text.partition(" --")[0].rstrip()):
            self.pins.append((pin[1], pin[2]))
            if not is_target(pin[1], self.draft.target):
                return
        try:
            said = statement(line.text)
            if isinstance(said, Includes):
                self._include(file, line, said)
            elif isinstance(said, Requires):
                self._require(file, line, _wanted(said, self.draft.target))
        except ValueError:
            self._say(file, line, f"This is no requirement: {shown(line.text)}.", _hint(line.text, self.draft.target))

    def _require(self, file: _File, line: Line, wanted: Wanted) -> None:
        if not is_target(wanted.name, self.draft.target):
            if wanted.specifier.startswith("==") and "," not in wanted.specifier and "*" not in wanted.specifier:
                self.pins.append((wanted.name, wanted.specifier.lstrip("=")))
        elif len(self.found) < MOST_WANTED:
            self.found.append(_Found(wanted, self.draft.place(line.number, file.shown), file.constrains))
        else:
            package = self.draft.target.package
            self._say(file, line, f"There are more than {MOST_WANTED} requirements on {package}; this one is not read.")

    def _include(self, file: _File, line: Line, said: Includes) -> None:
        if re.match(r"[a-z][a-z0-9+.-]+:", said.target, re.IGNORECASE):
            hint = "Download it, and include the copy." if said.target.lower().startswith("http") else ""
            message = f"{shown(said.target)} is not read: matrix check asks for nothing over the network."
            self._say(file, line, message, hint)
            return
        path = file.path.parent / said.target
        named = os.path.normpath(PurePosixPath(file.shown).parent / said.target).replace(os.sep, "/")
        constrains = file.constrains or said.constrains
        real = os.path.realpath(path)
        chain = [each.shown for each in self._open if (each.real, each.constrains) == (real, constrains)]
        if chain:
            self._say(file, line, f"{shown(named)} includes itself.", "pip refuses that: take one of the includes out.")
        if chain or (real, constrains) in self._seen or self._is_full:
            return
        if len(self._seen) >= MOST_FILES or self._bytes > LIMIT:
            self._is_full = True
            self._say(
                file, line, f"More than {MOST_FILES:,} files or {LIMIT >> 20} MB are included; the rest is not read."
            )
            return
        try:
            text = requirements_text_of(bytes_of(path))
        except Unreadable as failure:
            self._seen.add((real, constrains))
            self._say(file, line, f"The include {shown(named)} can't be read. {failure}", failure.hint)
            return
        self._enter(path, named, text, constrains=constrains)

    def _say(self, file: _File, line: Line, message: str, hint: str = "") -> None:
        self.draft.say(message, hint, line=line.number, path=file.shown)


def read(path: Path, text: str, draft: Draft) -> None:
    """Note every requirement on the SDK in a requirements file and in all that it includes.

    Args:
        path: Of the file; includes are relative to its folder.
        text: What is in it.
        draft: Where to.
    """
    closure = _Closure(draft)
    closure.read(path, text)
    draft.entries += _entries(closure.found, others(closure.pins, draft.target))


def _wanted(said: Requires, target: Target) -> Wanted:
    """What a line asks for; its name is empty for an address or a path that names nothing known.

    Raises:
        ValueError: It is no requirement.
    """
    if said.editable or (_DIRECT.match(said.text) and not _NAMED.match(said.text)):
        address, _, marker = said.text.partition("; ")
        wanted = named_by(address.strip(), target)
        return wanted._replace(marker=marker_of(marker)) if is_target(wanted.name, target) else wanted
    return requirement(said.text, target)


def _entries(found: list[_Found], locked: dict[str, str]) -> Iterator[Entry]:
    required = [each for each in found if not each.constrains]
    constraints = [each for each in found if each.constrains]
    if not required:
        for each in constraints:
            allies = [other for other in constraints if _holds_with(other, each)]
            yield _entry(each, allies, each.wanted.marker, locked)
        return
    for each in required:
        allies = [other for other in found if _holds_with(other, each)]
        yield _entry(each, allies, each.wanted.marker, locked)
        for other in constraints:
            if not _holds_with(other, each):
                yield _entry(each, [*allies, other], all_of([each.wanted.marker, other.wanted.marker]), locked)


def _holds_with(other: _Found, each: _Found) -> bool:
    """Whether a requirement holds whenever the other one does."""
    return other.wanted.marker in {"", each.wanted.marker}


def _entry(each: _Found, allies: Iterable[_Found], marker: str, locked: dict[str, str]) -> Entry:
    """An entry that allows what it and its allies allow together."""
    allies = list(allies)
    specifier = together(ally.wanted.specifier for ally in [each, *allies])
    narrowing = [str(ally.place) for ally in allies if ally is not each and ally.wanted.specifier]
    origin = "constraint" if each.constrains else "requirement"
    if specifier != each.wanted.specifier and narrowing:
        origin += f", narrowed by {', '.join(list(dict.fromkeys(narrowing))[:_MOST_NAMED])}"
    return Entry(
        place=each.place,
        specifier=specifier,
        marker=marker,
        extras=each.wanted.extras,
        origin=origin,
        direct=each.wanted.direct or next((ally.wanted.direct for ally in allies if ally.constrains), ""),
        locked=locked,
    )


def _hint(text: str, target: Target) -> str:
    if text.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        return "This is a merge conflict: resolve it first."
    if "${" in text or "$(" in text:
        return "Variables of the environment are left as they are: write what they hold."
    if re.match(r"[\w.-]+(\[[^\]]*\])?\s*=[^=]", text):
        return "A version is asked for with two equals signs: `==`."
    return f"A requirement is written as PEP 508 has it: `{target.package}>=0.40,<1`."
