"""Helpers for asyncio: run work that signals can interrupt, and find the failure behind an exception group."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from matrix.errors import MatrixError

T = TypeVar("T")


def first_failure(errors: ExceptionGroup[Exception]) -> Exception:
    """The first failure of a group, which may hold groups; the group itself if there is a bug of ours in it.

    For use in a plain `except`: Python 3.11.2 puts what is raised in an `except*` into a group again.
    """
    failures, bugs = errors.split((MatrixError, OSError))  # OSError: no room to write a result, say
    if failures is None or bugs is not None:
        return errors
    first: Exception = failures
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first


def interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Run `work`; SIGINT and SIGTERM cancel it, so that it cleans up, and come out as KeyboardInterrupt.

    A process that was started with SIGINT ignored, as `nohup matrix run &` is in a script, goes on ignoring it: what
    runs in the background is not meant when somebody interrupts what runs in front. SIGTERM ends it all the same.
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
