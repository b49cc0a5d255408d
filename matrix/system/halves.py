"""Do two independent pieces of work at once, in two processes. I/O."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from matrix.errors import ToolFailure

Result = TypeVar("Result")


def do_both(first: Callable[[], Result], second: Callable[[], Result]) -> tuple[Result, Result]:
    """Do two pieces of work, the second in a fork of this process, which has all that this process has read.

    They are done one after the other where a fork is not safe, since threads run or the system is not Linux, and where
    there is one core. What an interruption or an error leaves undone is given up.

    Raises:
        ToolFailure: The system has ended the fork.
        Exception: Whatever either raises; an error of the second has the traceback from its process as a note.
    """
    if sys.platform != "linux" or threading.active_count() > 1 or len(os.sched_getaffinity(0)) < 2:
        return first(), second()
    receiver, sender = get_context("fork").Pipe(duplex=False)
    fork = get_context("fork").Process(target=_do, args=(second, sender), daemon=True)
    fork.start()
    sender.close()  # so that the end of the fork ends the pipe
    try:
        own = first()
        result, error = receiver.recv()
    except EOFError:
        fork.join()
        raise ToolFailure(
            f"A process that did half of the work has ended with code {fork.exitcode}.", "Free memory, and try again."
        ) from None
    finally:
        fork.terminate()
        fork.join()
    if error is not None:
        raise error
    return own, result


def _do(work: Callable[[], object], sender: Connection) -> None:
    """Do work in a fork, and send the result or the error. The terminal interrupts both processes; one says so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    result, error = None, None
    try:
        result = work()
    except Exception as raised:  # noqa: BLE001 - it is raised again in the other process
        raised.add_note(f"In its own process:\n{traceback.format_exc()}")
        error = raised
    sender.send((result, error))
