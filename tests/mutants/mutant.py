"""Mutants: changes of the source that take a protection away. I/O: reads and writes files of a copy of the project."""

from pathlib import Path

import msgspec


class Mutant(msgspec.Struct, frozen=True):
    """A change of one file that takes a protection away.

    Attributes:
        test: The test that fails then, as docs/trust.md names it.
        path: The file, from the root of the project.
        edits: Text to replace, and what replaces it. Each text is in the file once.
    """

    test: str
    path: str
    edits: tuple[tuple[str, str], ...]

    def apply(self, root: Path) -> None:
        """Change the file in a copy of the project.

        Raises:
            ValueError: A text is not in the file exactly once, so the mutant does not fit the source any more.
        """
        (root / self.path).write_text(self.change((root / self.path).read_text(encoding="utf-8")), encoding="utf-8")

    def change(self, source: str) -> str:
        """Return the changed source.

        Raises:
            ValueError: A text is not in the source exactly once.
        """
        for before, after in self.edits:
            if source.count(before) != 1:
                raise ValueError(f"{self.path} has this text {source.count(before)} times: {before!r}")
            source = source.replace(before, after)
        return source
