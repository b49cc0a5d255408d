"""Runs first in a sandbox: takes limits, opens the socket for the backend, and becomes the program.

Executed as `python -I -S -E -B enter.py SOCKET LISTENS ENTRIES USER LIMITS PROGRAM ARGUMENT...`, with the standard
library alone, by an interpreter outside the environment. It runs before any code of the environment, so that no release
can avoid the limits.

A network namespace has a loopback of its own, so the socket of the backend is opened here, inside, and passed out over
SOCKET. One byte is sent in any case: it reports that the limits hold, and that the program causes all that follows.
"""

import array
import os
import resource
import socket
import sys

MS_NOSUID, MS_NODEV, MS_REMOUNT = 2, 4, 32
PR_CAPBSET_DROP = 24
CAPABILITY_VERSION = 0x20080522


def limit(limits: str) -> None:
    """Take limits, such as `CPU=300,NOFILE=1024`; a stricter limit of the system stays."""
    for name, _, value in (item.partition("=") for item in limits.split(",") if item):
        kind = getattr(resource, "RLIMIT_" + name, None)
        if kind is None:  # not on this system
            continue
        _, hard = resource.getrlimit(kind)
        most = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):  # macOS has RLIMIT_AS, and takes no value for it
            continue


def bound_home(entries: int) -> None:
    """Limit the number of files in the home, which bubblewrap can't."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    flags = MS_REMOUNT | MS_NOSUID | MS_NODEV
    if libc.mount(None, os.getcwd().encode(), None, flags, b"nr_inodes=%d" % entries) != 0:
        raise OSError(ctypes.get_errno(), "the number of files in the home can't be limited")


def bar_rights() -> None:
    """Bar the programs that follow from every capability; without it, root's would get some again."""
    import ctypes

    libc = ctypes.CDLL(None)
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails for those that the kernel does not know


def drop_rights() -> None:
    """Give up every capability."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    none = (ctypes.c_uint32 * 6)()
    if libc.capset((ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), none) != 0:
        raise OSError(ctypes.get_errno(), "the capabilities can't be given up")


def become(user: int) -> None:
    """Become an unused user, since the limits do not bind root."""
    os.fchmod(1, 0o622)  # else a program can't open its standard output again, as one for Node must to duplicate it
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def volunteer() -> None:
    """Ask the kernel to end this process first when memory runs out; in a sandbox, the harness has asked already."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def main() -> None:
    """Take the limits, open the socket, and become the program."""
    number, listens, entries, user, limits = sys.argv[1:6]
    volunteer()
    if entries:
        if int(entries) > 0:
            bound_home(int(entries))
        bar_rights()
    if user:
        become(int(user))
    if entries:
        drop_rights()
    limit(limits)
    if not os.access(sys.argv[6], os.X_OK):  # as this user, who may be another than the harness's
        sys.exit("it is no program that can be executed")
    passed = []
    with socket.socket(fileno=int(number)) as door:
        if listens:
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener.fileno()]))]
        # Failures so far are on standard error; the harness ignores what a release writes there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        door.sendmsg([b"."], passed)
    os.environ.pop("PWD", None)  # bubblewrap sets it
    os.execv(sys.argv[6], sys.argv[6:])  # this closes all but the standard streams


main()
