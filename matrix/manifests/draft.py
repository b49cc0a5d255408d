"""A manifest while it is read: the entries and the problems so far. Pure.

Every parser writes into a draft, so one broken entry does not lose the others.
"""

from pathlib import Path, PurePosixPath
from typing import Any

from matrix.findings.model import Place, Problem
from matrix.manifests.entry import Manifest, ManifestEntry
from matrix.targets.target import Target

MOST_PROBLEMS = 50
"""Problems listed for one manifest. Prose that is read as requirements has one on every line."""

MOST_ENTRIES = 1_000
"""Requirements on the target in one manifest. Judging one takes milliseconds."""

MOST_PARSED = 10_000
"""Requirements of one manifest, with the files that it includes, that `packaging` parses, in 0.2 milliseconds each.
Plain ones on other packages are not parsed."""

_LONGEST = 80
"""Characters of a user's text in a message. A line may have millions."""


class IncludedFiles:
    """The files that a manifest and its includes name: their limits hold for all lines of the manifest together.

    Attributes:
        lines: The number of their lines.
        characters: The number of their characters.
        count: The number of times that one is named, except by a line that names it again.
        statements: The lines outside of requirements files that name one, such as `-r base.txt` in a `tox.ini`.
        is_full: Whether there are too many.
    """

    def __init__(self) -> None:
        self.lines = 0
        self.characters = 0
        self.count = 0
        self.statements: set[str] = set()
        self.is_full = False


class Draft:
    """The state of a manifest that is being read.

    Attributes:
        target: The package whose requirements are looked for.
        path: The file's path, relative to the working directory if it can be.
        file: The file itself; files that it includes are relative to its folder.
        entries: The requirements on the target so far.
        python: The Python versions that the file supports, in the form that `Manifest` uses.
        included: The files that the file and its includes name so far.
        projects: The folders of the projects that a lock locks, in the form that `Manifest` uses.
    """

    def __init__(self, target: Target, path: str, file: Path | None = None) -> None:
        self.target = target
        self.path = path
        self.file = Path(path) if file is None else file
        self.entries: list[ManifestEntry] = []
        self.python = ""
        self.included = IncludedFiles()
        self.projects: tuple[str, ...] = ()
        self._problems: list[Problem] = []
        self._unlisted = 0
        self._parsed = 0

    @property
    def folder(self) -> PurePosixPath:
        """The folder of the file, in the form of `path`."""
        return PurePosixPath(self.path).parent

    def place(self, line: int = 0, path: str = "") -> Place:
        """Return the place of a line in the file, or in another file that it includes."""
        return Place(path=path or self.path, line=line)

    def report(self, message: str, hint: str = "", *, line: int = 0, path: str = "") -> None:
        """Add a problem, unless it is listed; beyond `MOST_PROBLEMS` only count it."""
        problem = Problem(place=self.place(line, path), message=message, hint=hint)
        if problem in self._problems:
            return
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(problem)
        else:
            self._unlisted += 1

    @property
    def is_full(self) -> bool:
        """Whether no further requirement may be parsed."""
        return self._parsed > MOST_PARSED

    def may_parse(self, line: int = 0, path: str = "") -> bool:
        """Count a requirement that `packaging` parses, and return whether there are not too many; report that once."""
        self._parsed += 1
        if self._parsed == MOST_PARSED + 1:
            message = f"The requirements from here were skipped: more than {MOST_PARSED:,} need a parser."
            self.report(message, "Check that the file is of the kind that its name says.", line=line, path=path)
        return self._parsed <= MOST_PARSED

    def table(self, root: object, *keys: str) -> dict[str, Any]:
        """Return the table at a path of keys, empty if there is none; report another value that stands there."""
        value = root
        for number, key in enumerate(keys, 1):
            if not isinstance(value, dict) or key not in value:
                return {}
            value = value[key]
            if not isinstance(value, dict):
                name = shorten(".".join(keys[:number]))
                self.report(f"`{name}` must be a table, but is {describe(value)}.")
                return {}
        return value if isinstance(value, dict) else {}

    def finish(self, kind: str) -> Manifest:
        """Return the manifest that was read."""
        if len(self.entries) > MOST_ENTRIES:
            skipped = len(self.entries) - MOST_ENTRIES
            self.report(f"{skipped:,} requirements on {self.target.package} were skipped: more than {MOST_ENTRIES:,}.")
            del self.entries[MOST_ENTRIES:]
        if self._unlisted:
            message = f"{self._unlisted} more problems are not listed."
            hint = "Check that the file is of the kind that its name says."
            self._problems.append(Problem(place=self.place(), message=message, hint=hint))
            self._unlisted = 0
        return Manifest(
            path=self.path,
            kind=kind,
            entries=tuple(self.entries),
            problems=tuple(self._problems),
            python=self.python,
            projects=self.projects,
        )


def shorten(text: str) -> str:
    """Return a user's name for a message, shortened."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def describe(value: object) -> str:
    """Describe a user's value for a message: quote and shorten a text, and name the type of anything else."""
    match value:
        case str():
            return repr(shorten(value))
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}" if abs(value) < 1e12 else "a number"
        case dict():
            return "a table"
        case list():
            return "an array"
        case _:
            return f"a {type(value).__name__}"
