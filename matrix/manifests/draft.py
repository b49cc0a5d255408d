"""A manifest while it is read: what was found so far, and what could not be read. Pure.

Every parser writes into a draft, so that one broken entry costs no more than itself.
"""

from pathlib import PurePosixPath

from matrix.findings.model import Place, Problem
from matrix.manifests.entry import Entry, Manifest
from matrix.targets.target import Target

MOST_PROBLEMS = 50
"""Of one manifest. A file of another kind that is read as requirements has a problem on every line."""

_LONGEST = 80
"""Characters of a user's text that are shown: a line may have millions."""


class Draft:
    """What is known of a manifest so far.

    Attributes:
        target: The package whose requirements are looked for.
        path: Of the file, as its user would write it.
        entries: Found so far.
        python: The Pythons that it is for, as `Manifest` has it.
    """

    def __init__(self, target: Target, path: str) -> None:
        self.target = target
        self.path = path
        self.entries: list[Entry] = []
        self.python = ""
        self._problems: list[Problem] = []
        self._unsaid = 0

    @property
    def folder(self) -> PurePosixPath:
        """Where the file is, as its user would write it."""
        return PurePosixPath(self.path).parent

    def place(self, line: int = 0, path: str = "") -> Place:
        """A line of the file, or of another one that it includes."""
        return Place(path=path or self.path, line=line)

    def say(self, message: str, hint: str = "", *, line: int = 0, path: str = "") -> None:
        """Note what could not be read; past `MOST_PROBLEMS` they are counted only."""
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(Problem(place=self.place(line, path), message=message, hint=hint))
        else:
            self._unsaid += 1

    def done(self, kind: str) -> Manifest:
        """The manifest."""
        if self._unsaid:
            more = f"{self._unsaid} more problems like these."
            self._problems.append(Problem(place=self.place(), message=more, hint="Is this a file of another kind?"))
            self._unsaid = 0
        return Manifest(
            path=self.path,
            kind=kind,
            entries=tuple(self.entries),
            problems=tuple(self._problems),
            python=self.python,
        )


def shown(value: object) -> str:
    """A user's value in a message: a text quoted and cut, anything else by its type."""
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
