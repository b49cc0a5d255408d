"""The options of bubblewrap: which namespaces a program gets, and which files it sees.

Pure, but for a look at which of the system's folders exist.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

ALL_FILES: Final = Path("/")
"""Stands for all files that the user sees."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/nix/store", "/gnu/store")
"""The folders that system programs need in order to run; they hold no files of the user."""

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")

_STREAMS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
"""Names in `/dev` to the paths that they stand for."""


def namespace_options(*, is_root: bool, bounds_home: bool) -> list[str]:
    """List the options that give a program its own namespaces, and the rights that `enter.py` gives up."""
    shared_nothing = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    # `enter.py` bounds the home and drops every right. Root needs no user namespace: it becomes an unprivileged user.
    rights = ["CAP_SYS_ADMIN"] if bounds_home else []
    rights += ["CAP_SETPCAP"] if bounds_home or is_root else []
    rights += ["CAP_SETUID", "CAP_SETGID"] if is_root else []
    options = [*shared_nothing, "--cap-drop", "ALL", *(part for right in rights for part in ("--cap-add", right))]
    user = [] if is_root else ["--unshare-user"]
    return [*user, *options, "--hostname", "cell", "--die-with-parent", "--new-session"]


def file_options(home: Path, size: int, sees: Sequence[Path]) -> list[str]:
    """List the options that lay out the files that a program sees.

    Args:
        home: Its working folder, which becomes memory.
        size: The limit for all files in its home, in bytes.
        sees: The files and folders that it can read in addition to the system's.
    """
    options = []
    shown = [] if ALL_FILES in sees else [path for path in map(Path, _SYSTEM) if path.exists()]
    for path in shown:
        options += ["--symlink", str(path.readlink())] if path.is_symlink() else ["--ro-bind", str(path)]
        options += [str(path)]
    for path in sorted(dict.fromkeys(sees), key=lambda path: len(path.parts)):  # parents before children
        for folder in reversed(path.parents[:-1]):  # root would create them without access for other users
            if not any(folder.is_relative_to(visible) for visible in shown):
                options += ["--perms", "0755", "--dir", str(folder)]
        options += ["--ro-bind", str(path), str(path)]
        shown.append(path)
    options += [*_device_options(), "--proc", "/proc", "--remount-ro", "/proc"]
    options += ["--perms", "1777", "--size", str(size), "--tmpfs", str(home), "--chdir", str(home)]
    return [*options, "--remount-ro", "/"]


def _device_options() -> list[str]:
    """List the options for `/dev`.

    bubblewrap's own `--dev` has terminals too. For these it makes a second user namespace, in which an unprivileged
    user has no right to bound the home.
    """
    options = ["--perms", "0755", "--tmpfs", "/dev", "--perms", "1777", "--dir", "/dev/shm"]  # noqa: S108 - read-only
    for name in _DEVICES:
        options += ["--dev-bind-try", f"/dev/{name}", f"/dev/{name}"]
    for name, target in _STREAMS.items():
        options += ["--symlink", target, f"/dev/{name}"]
    return [*options, "--remount-ro", "/dev"]
