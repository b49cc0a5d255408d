"""Failures that a user can cause or meet: each says what happened and what to do next.

A bug in midstream is none of these and keeps its traceback. The command line prints a failure as one paragraph and
exits with the code of its class, so that a script can tell failures apart.
"""

import errno
from collections.abc import Collection, Iterable
from typing import ClassVar, Final


class MatrixError(Exception):
    """A failure with a message and a hint: what happened, and what to do next.

    Attributes:
        exit_code: The exit code of the command line; docs/exit-codes.md lists all of them.
        hint: What to do next; empty if there is nothing to suggest.
    """

    exit_code: ClassVar[int] = 10

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(MatrixError):
    """An option, a version or a name that the command does not know."""

    exit_code = 2


class IndexFailure(MatrixError):
    """The package index could not be read, or its answer contradicts what was read before."""

    exit_code = 11


class InterpreterMissing(MatrixError):
    """No interpreter of the requested version is installed."""

    exit_code = 12


class StoreCorrupt(MatrixError):
    """A file of a target's data was changed, cut short or written by another version of midstream."""

    exit_code = 5


class StoreBusy(MatrixError):
    """Another process is writing a target's data."""

    exit_code = 6


class ControlFailure(MatrixError):
    """A control failed, so no result of this run can be trusted."""

    exit_code = 7


class Disagreement(MatrixError):
    """A re-measurement differs from the committed data."""

    exit_code = 8


class ToolFailure(MatrixError):
    """A tool failed for lack of disk space, network or permission, and not because of the release or the data."""

    exit_code = 9


class GateRefused(MatrixError):
    """The publish gate refused new data. The published data is unchanged."""

    exit_code = 13


class Stale(MatrixError):
    """The last good run is older than the limit, or no good run is recorded."""

    exit_code = 14


class SignatureRefused(MatrixError):
    """The data has no signature, or its signature does not prove that the named repository published it."""

    exit_code = 15


_FULL: Final = "Free some disk space, then run the same command again. It keeps what was recorded and continues."
_FORBIDDEN: Final = "Check who owns it (`ls -l`) and whether you may write it."

_HINTS: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: "The file system is read-only. Name another folder, or mount it for writing.",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EIO: "The disk may be failing. Read the system's log before you continue.",
}
"""Error number of the operating system to a hint."""


def describe_os_error(error: OSError, what: str = "") -> MatrixError:
    """Make a failure of an error of the operating system.

    Args:
        error: The error.
        what: What failed, as in `data: can't be written`; empty to name the file of the error, if it has one.
    """
    why = error.strerror or str(error) or type(error).__name__
    named = what or (str(error.filename) if error.filename is not None else "")
    return MatrixError(f"{named}: {why}." if named else f"{why}.", _HINTS.get(error.errno or 0, ""))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Ask whether one of the most similar known names was meant; return an empty text if none is similar."""
    import difflib  # imported here because most commands never need it

    near = difflib.get_close_matches(name, list(known), n=3)
    return f"Did you mean {', '.join(near)}?" if near else ""


def require_known(values: Iterable[str], names: Collection[str], what: str) -> tuple[str, ...]:
    """Return the requested names without duplicates, in their order, once it is clear that each of them exists.

    Args:
        values: The names that were requested.
        names: The names that exist.
        what: What they name, in the singular: `handler`, for which `matrix list handlers` is the hint.

    Raises:
        UsageError: A name does not exist.
    """
    for value in values:
        if value not in names:
            hint = f"{did_you_mean(value, names)} `matrix list {what}s` shows them."
            raise UsageError(f"There is no {what} {value!r}.", hint.strip())
    return tuple(dict.fromkeys(values))
