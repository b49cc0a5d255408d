"""What the harness needs of a package manager: it finds runtimes, resolves locks and creates environments.

The installers are `uv` for packages of PyPI and `npm` for packages of npm.
"""

import datetime as dt
from pathlib import Path
from typing import Final, Protocol

import msgspec

from matrix.model import Lane, Lock, Release

GRACE: Final = dt.timedelta(hours=1)
"""The time from a release's upload to the cut-off of its `as-released` lane. Maintainers upload the files of a release,
and the releases that belong to it, over some minutes."""


class Unresolvable(msgspec.Struct, frozen=True):
    """The reason why no set of packages can be installed together."""

    reason: str


class Interpreter(msgspec.Struct, frozen=True):
    """The program that runs the probes of cells: a Python, or a Node.

    Attributes:
        path: The path of its program.
        title: Its implementation and version, such as `CPython 3.11.7`.
        tag: The name of its bytecode format; interpreters with equal tags share bytecode. Empty for Node.
        folders: The files and folders of its installation, under every name by which it looks for them, and those of
            the Python that enters sandboxes for it.
        python: The Python that sets the limits in a sandbox, and then executes the program: a Python itself.
    """

    path: Path
    title: str
    tag: str
    folders: tuple[Path, ...]
    python: Path

    @property
    def entered_by(self) -> Path:
        """The resolved path of that Python, which is outside every environment."""
        return self.python.resolve()


class Installer(Protocol):
    """A package manager with the same settings for every user."""

    async def version(self) -> str:
        """Return its version."""

    async def interpreter(self, runtime: str) -> Interpreter:
        """Find the interpreter of a runtime, such as `3.11` or `node-24`.

        Raises:
            InterpreterMissing: No such interpreter is installed.
        """

    async def resolve(self, requirement: str, program: Path, cutoff: dt.datetime | None) -> Lock | Unresolvable:
        """Resolve a requirement to a lock for the interpreter whose path is `program`.

        Args:
            requirement: The requirement, as `Target.requirement` writes it.
            program: The path of the interpreter.
            cutoff: The latest upload time of a package in the lock; None for no limit.

        Raises:
            ToolFailure: It failed for another reason than the requirement, such as a missing network.
        """

    async def reaches_index(self, package: str, program: Path) -> bool:
        """Return whether the registry lists the releases of a package."""

    async def create(self, folder: Path, program: Path, lock: Lock, what: str) -> Path:
        """Create an environment in `folder` with the packages of a lock, and return the path of its interpreter.

        Args:
            folder: The path of the environment; it must not exist.
            program: The interpreter that the environment is built on.
            lock: The packages to install.
            what: The requirement that was locked, for messages.

        Raises:
            ToolFailure: A file can't be downloaded, has another hash, or does not fit on the disk.
            RefusedWheel: A package can't be installed because of what is in it.
        """


def resolution_cutoff(release: Release, lane: Lane) -> dt.datetime | None:
    """Return the latest upload time of the dependencies of `release` in `lane`; None for no limit."""
    return release.uploaded + GRACE if lane is Lane.AS_RELEASED else None
