"""Counts the work of judging a file, so that no file takes minutes. Pure."""

from dataclasses import dataclass
from typing import Final

MOST_WORK: Final = 500_000
"""Steps of judging one file, in about five seconds. A `try` takes about a hundred."""


class TooMuchWork(Exception):
    """Judging a file takes more than `MOST_WORK` steps."""


@dataclass
class Work:
    """The work of judging one file.

    Attributes:
        steps: The expressions, statements and bindings that were gone through.
    """

    steps: int = 0

    def spend(self, steps: int = 1) -> None:
        """Count steps.

        Raises:
            TooMuchWork: They are more than `MOST_WORK` in total.
        """
        self.steps += steps
        if self.steps > MOST_WORK:
            raise TooMuchWork
