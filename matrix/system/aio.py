"""Run asyncio work that signals can interrupt, and find the failure behind an exception group. I/O: signals."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from matrix.errors import MatrixError

T = TypeVar("T")


def first_failure(errors: ExceptionGroup[Exception]) -> Exception:
    """Return the first failure of a group, which may contain groups; the group itself if it contains a bug of ours.

    Call it in a plain `except`: Python 3.11.2 wraps an exception that is raised in an `except*` in a group again.
    """
    failures, bugs = errors.split((MatrixError, OSError))  # an OSError is a full disk, for example
    if failures is None or bugs is not None:
        return errors
    first: Exception = failures
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first


def interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end; SIGINT and SIGTERM cancel it, so that it cleans up, and then raise KeyboardInterrupt.

    A process that is started with SIGINT ignored, such as `nohup matrix run &` in a script, keeps ignoring it, since
    an interrupt is meant for the process in the foreground. SIGTERM ends it in any case.
    """

    async def main() -> T:
        task = asyncio.current_task()
        with contextlib.suppress(NotImplementedError, AttributeError):  # Windows has no such handlers
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel if task else _nothing)
        return await work

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _nothing() -> None: ...
