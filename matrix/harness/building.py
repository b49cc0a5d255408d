"""Builds the environment of a cell, in which programs can run, and removes it. I/O: runs uv or npm, writes a folder."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from matrix.harness.bytecode import BytecodeCache
from matrix.harness.installer import Installer, Interpreter
from matrix.harness.npm import Npm
from matrix.harness.sandbox import Sandbox
from matrix.harness.uv import Uv
from matrix.model import Lock
from matrix.system.workspace import remove
from matrix.targets.target import Registry, Target


def make_installer(target: Target, index: str | None) -> Installer:
    """Make the installer of a target's packages; `index` is the address of a registry, or None for the user's."""
    return Npm(target.package, index) if target.registry is Registry.NPM else Uv(index)


class BuiltEnvironment(msgspec.Struct, frozen=True):
    """The environment of a cell.

    Attributes:
        folder: Its folder.
        program: Its interpreter.
        home: An empty folder, which becomes the home and working folder of a program.
        sees: The paths that a sandbox shows: the environment and the interpreter that it is built on.
        sandbox: The sandbox for its programs.
        base: The Python that enters the sandbox, as `Interpreter.entered_by` says.
    """

    folder: Path
    program: Path
    home: Path
    sees: tuple[Path, ...]
    sandbox: Sandbox
    base: Path


class EnvironmentBuilder(msgspec.Struct, frozen=True):
    """A builder of environments on one interpreter.

    Attributes:
        installer: The installer that fills them.
        interpreter: The interpreter that they are built on.
        sandbox: The sandbox for their programs.
        bytecode: The cache of compiled modules; None to compile nothing beforehand.
    """

    installer: Installer
    interpreter: Interpreter
    sandbox: Sandbox
    bytecode: BytecodeCache | None

    @contextlib.asynccontextmanager
    async def build(
        self,
        lock: Lock,
        requirement: str,
        folder: Path,
        home: Path,
        patch: Callable[[Path], None] | None,
        *,
        keep: bool,
    ) -> AsyncIterator[BuiltEnvironment]:
        """Build an environment; leaving the context removes its home, and the environment too unless it is kept.

        Args:
            lock: The distributions to install.
            requirement: The requirement that was locked, for messages.
            folder: The path of the environment; what is there is removed first.
            home: The path of the home, which must not exist.
            patch: Changes the files of the environment before anything runs in it; None to change nothing.
            keep: Whether the environment stays.

        Raises:
            ToolFailure: The installer failed, and the lock is not the cause.
            RefusedWheel: A package can't be installed because of what is in it.
        """
        await asyncio.to_thread(remove, folder)
        await asyncio.to_thread(home.mkdir)
        try:
            program = await self.installer.create(folder, self.interpreter.path, lock, requirement)
            if self.bytecode is not None:
                await self.bytecode.add(folder, self.interpreter, lock, self.sandbox, home)
            if patch is not None:
                patch(folder)
            sees = (folder, *self.interpreter.folders)
            yield BuiltEnvironment(folder, program, home, sees, self.sandbox, self.interpreter.entered_by)
        finally:
            await asyncio.to_thread(remove, home)
            if not keep:
                await asyncio.to_thread(remove, folder)
