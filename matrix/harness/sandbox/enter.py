"""What runs first in a sandbox: it takes its limits, opens the door to the backend, and becomes the program.

Executed by the cell's interpreter as `python -I -S -B enter.py SOCKET LISTENS USER LIMITS PROGRAM ARGUMENT...`, with
the standard library alone: nothing of the environment has run before it, so nothing in there can have gone round it.

A network namespace has a loopback of its own. So the socket on which the backend listens is opened here, on the
inside, and handed out over SOCKET. One byte is sent in any case: it says that everything held, and that what happens
from here on is the program's doing.
"""

import array
import os
import resource
import socket
import sys


def limit(limits: str) -> None:
    """Take limits, such as `CPU=300,NOFILE=1024`; what is limited more than that already stays so."""
    for name, _, value in (one.partition("=") for one in limits.split(",") if one):
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
    """Become a user whom nobody else is: whoever is root is limited by nothing."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def volunteer() -> None:
    """Be the first to go when the machine runs out of memory."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def main() -> None:
    """Do all that, and become the program."""
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
        # What went wrong so far was said on standard error; what a release says there is for nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        door.sendmsg([b"."], passed)
    os.environ.pop("PWD", None)  # of bubblewrap's making
    os.execv(sys.argv[5], sys.argv[5:])  # what is open here but standard streams is closed by this


main()
