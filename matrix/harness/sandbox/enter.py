"""Runs first in a sandbox: takes limits, opens the socket for the backend, and becomes the program.

Executed by the cell's interpreter as `python -I -S -B enter.py SOCKET LISTENS USER LIMITS PROGRAM ARGUMENT...`, with
the standard library alone. It runs before any code of the environment, so that no release can avoid the limits.

A network namespace has a loopback of its own, so the socket of the backend is opened here, inside, and passed out over
SOCKET. One byte is sent in any case: it reports that the limits hold, and that the program causes all that follows.
"""

import array
import os
import resource
import socket
import sys


def limit(limits: str) -> None:
    """Take limits, such as `CPU=300,NOFILE=1024`; a stricter limit of the system stays."""
    for name, _, value in (item.partition("=") for item in limits.split(",") if item):
        kind = getattr(resource, "RLIMIT_" + name, None)
        if kind is None:  # not on this system
            continue
        _, hard = resource.getrlimit(kind)
        wanted = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
        try:
            resource.setrlimit(kind, (wanted, wanted))
        except (OSError, ValueError):  # macOS has RLIMIT_AS, and takes no value for it
            continue


def become(user: int) -> None:
    """Become an unused user, since the limits do not bind root."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def volunteer() -> None:
    """Ask the kernel to end this process first when memory runs out."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def main() -> None:
    """Take the limits, open the socket, and become the program."""
    number, listens, user, limits = sys.argv[1:5]
    volunteer()
    if user:
        become(int(user))
    limit(limits)
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
    os.execv(sys.argv[5], sys.argv[5:])  # this closes all but the standard streams


main()
