"""Builds the environment of a cell, in which programs can run, and removes it. I/O: runs uv, writes a folder."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from matrix.harness.bytecode import BytecodeCache
from matrix.harness.sandbox import Sandbox
from matrix.harness.uv import Interpreter, Uv
from matrix.model import Lock
from matrix.system.workspace import remove


class BuiltEnvironment(msgspec.Struct, frozen=True):
    """The environment of a cell.

    Attributes:
        program: Its interpreter.
        home: An empty folder, which becomes the home and working folder of a program.
        sees: The paths that a sandbox shows: the environment and the interpreter that it is built on.
        sandbox: The sandbox for its programs.
        base: The resolved path of the interpreter that it is built on.
    """

    program: Path
    home: Path
    sees: tuple[Path, ...]
    sandbox: Sandbox
    base: Path


class EnvironmentBuilder(msgspec.Struct, frozen=True):
    """A builder of environments on one interpreter.

    Attributes:
        uv: The uv that fills them.
        interpreter: The interpreter that they are built on.
        sandbox: The sandbox for their programs.
        bytecode: The cache of compiled modules; None to compile nothing beforehand.
    """

    uv: Uv
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
            ToolFailure: uv failed, and the lock is not the cause.
            RefusedWheel: A wheel can't be installed because of what is in it.
        """
        await asyncio.to_thread(remove, folder)
        await asyncio.to_thread(home.mkdir)
        try:
            program = await self.uv.create(folder, self.interpreter.path, lock, requirement)
            if self.bytecode is not None:
                await self.bytecode.add(folder, self.interpreter, lock, self.sandbox, home)
            if patch is not None:
                patch(folder)
            sees = (folder, *self.interpreter.folders)
            yield BuiltEnvironment(program, home, sees, self.sandbox, self.interpreter.path.resolve())
        finally:
            await asyncio.to_thread(remove, home)
            if not keep:
                await asyncio.to_thread(remove, folder)
