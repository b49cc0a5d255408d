"""Failures that a user can cause or meet, each with what happened and what to try.

Nothing here is raised for a bug of ours: a bug keeps its traceback. The command line prints a failure as one
paragraph and leaves with the failure's own exit code, so that a script can tell them apart.
"""

import errno
from collections.abc import Collection, Iterable
from typing import ClassVar, Final


class MatrixError(Exception):
    """What happened, in one sentence, and `hint`: what to try.

    Attributes:
        exit_code: What the command line leaves with; documented in docs/exit-codes.md.
    """

    exit_code: ClassVar[int] = 10

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(MatrixError):
    """An option, a version or a name that means nothing here."""

    exit_code = 2


class IndexFailure(MatrixError):
    """The package index could not be read, or what it said can't be true."""

    exit_code = 11


class InterpreterMissing(MatrixError):
    """No interpreter of the version that was asked for is installed."""

    exit_code = 12


class StoreCorrupt(MatrixError):
    """A file of a target's data is not what was written."""

    exit_code = 5


class StoreBusy(MatrixError):
    """Another process is writing a target's data."""

    exit_code = 6


class ControlFailure(MatrixError):
    """A control did not hold, so nothing that this run measured can be trusted."""

    exit_code = 7


class Disagreement(MatrixError):
    """A re-measurement differs from the committed data."""

    exit_code = 8


class ToolFailure(MatrixError):
    """uv or an interpreter failed for a reason that is not the release's: no disk, no network, no permission."""

    exit_code = 9


class GateRefused(MatrixError):
    """The publish gate refused new data; what is published stays."""

    exit_code = 13


class Stale(MatrixError):
    """The last good run is older than it may be, or there was none."""

    exit_code = 14


_HINTS: Final = {
    errno.ENOSPC: "Make room. What was recorded stands, and the same command goes on from there.",
    errno.EDQUOT: "Make room. What was recorded stands, and the same command goes on from there.",
    errno.EROFS: "It is on a disk that is read-only. Name a folder elsewhere, or mount it otherwise.",
    errno.EACCES: "See who owns it, and what its permissions are.",
    errno.EPERM: "See who owns it, and what its permissions are.",
    errno.EIO: "The disk may be failing. Look at what the system says of it before you go on.",
}
"""What to try if the system refuses something, by its own number of the reason."""


def describe_os_error(error: OSError, what: str = "") -> MatrixError:
    """What the system refused, as a failure.

    Args:
        error: What it said.
        what: What was to be done; empty to name the file that it speaks of, if any.
    """
    why = error.strerror or str(error) or type(error).__name__
    named = what or (str(error.filename) if error.filename is not None else "")
    return MatrixError(f"{named}: {why}." if named else f"{why}.", _HINTS.get(error.errno or 0, ""))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question that names what is nearest to a name that means nothing; empty if nothing is near."""
    import difflib  # most commands have no typing error in them

    near = difflib.get_close_matches(name, list(known), n=3)
    return f"Did you mean {', '.join(near)}?" if near else ""


def require_known(values: Iterable[str], names: Collection[str], what: str) -> tuple[str, ...]:
    """Names that mean something, each once, in the order in which they were given.

    Args:
        values: What was asked for.
        names: What there is.
        what: What they name, in the singular: `handler`; `matrix list handlers` shows what there is.

    Raises:
        UsageError: One of them means nothing.
    """
    for value in values:
        if value not in names:
            hint = f"{did_you_mean(value, names)} `matrix list {what}s` shows them."
            raise UsageError(f"There is no {what} {value!r}.", hint.strip())
    return tuple(dict.fromkeys(values))
