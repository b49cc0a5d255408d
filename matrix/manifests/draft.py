"""A manifest while it is read: the entries and the problems so far. Pure.

Every parser writes into a draft, so one broken entry does not lose the others.
"""

from pathlib import Path, PurePosixPath

from matrix.findings.model import Place, Problem
from matrix.manifests.entry import Manifest, ManifestEntry
from matrix.targets.target import Target

MOST_PROBLEMS = 50
"""Problems listed for one manifest. Prose that is read as requirements has one on every line."""

MOST_ENTRIES = 1_000
"""Requirements on the target in one manifest. Judging one takes milliseconds."""

_LONGEST = 80
"""Characters of a user's text in a message. A line may have millions."""


class Draft:
    """The state of a manifest that is being read.

    Attributes:
        target: The package whose requirements are looked for.
        path: The file's path, relative to the working directory if it can be.
        file: The file itself; files that it includes are relative to its folder.
        entries: The requirements on the target so far.
        python: The Python versions that the file supports, in the form that `Manifest` uses.
    """

    def __init__(self, target: Target, path: str, file: Path | None = None) -> None:
        self.target = target
        self.path = path
        self.file = Path(path) if file is None else file
        self.entries: list[ManifestEntry] = []
        self.python = ""
        self._problems: list[Problem] = []
        self._unlisted = 0

    @property
    def folder(self) -> PurePosixPath:
        """The folder of the file, in the form of `path`."""
        return PurePosixPath(self.path).parent

    def place(self, line: int = 0, path: str = "") -> Place:
        """Return the place of a line in the file, or in another file that it includes."""
        return Place(path=path or self.path, line=line)

    def report(self, message: str, hint: str = "", *, line: int = 0, path: str = "") -> None:
        """Add a problem; beyond `MOST_PROBLEMS` only count it."""
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(Problem(place=self.place(line, path), message=message, hint=hint))
        else:
            self._unlisted += 1

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
        )


def describe(value: object) -> str:
    """Describe a user's value for a message: quote and shorten a text, and name the type of anything else."""
    match value:
        case str():
            return repr(value if len(value) <= _LONGEST else value[:_LONGEST] + "...")
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
