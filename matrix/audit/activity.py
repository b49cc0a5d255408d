"""The activity of a program: the processor time that it has used, and whether it waits or works. I/O: reads `/proc`.

On a busy machine a program may be late because others run. It is not stuck while it works, or waits for a processor.
"""

import contextlib
import glob
import os
from typing import Final

from matrix.audit.guard import descendants, read_status

_TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
"""The number of units of processor time in a second."""

_WAITS_FOR_PROCESSOR_OR_DISK: Final = frozenset("RD")


def processor_seconds(root: int) -> float:
    """Return the processor time of all processes below one; 0 on a system without `/proc`."""
    statuses = (read_status(f"/proc/{pid}/stat") for pid in descendants(root))
    return sum(int(status[11]) + int(status[12]) for status in statuses if len(status) > 12) / _TICKS


def starved_seconds(root: int) -> float:
    """Return the time for which threads below a process were ready and had no processor; 0 where no system counts it.

    Threads that waited at the same time count each, so this is at least the delay of the program.
    """
    waited = 0
    for pid in descendants(root):
        for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
            with contextlib.suppress(OSError, IndexError, ValueError), open(path, encoding="ascii") as statistics:
                waited += int(statistics.read().split()[1])
    return waited / 1e9


def is_busy(root: int) -> bool:
    """Return whether a thread of a process or of one below it works, or waits for a processor or a disk.

    The process itself counts: the guard still has to notice that its program has ended.
    """
    for pid in (root, *descendants(root)):
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for thread in threads:
            status = read_status(f"/proc/{pid}/task/{thread}/stat")
            if status and status[0] in _WAITS_FOR_PROCESSOR_OR_DISK:
                return True
    return False
