"""Compiles each module once and shares its bytecode between cells and runs, by the hash of its source. I/O.

Compiling the SDK and its dependencies takes half of the time of a fresh environment, and most environments share most
sources. The cache can't carry data from one cell to another: a sandbox compiles the sources before the cell runs,
without running their code, and cells can only read the folder. The probe reads it on import (`probe_bytecode`).
"""

import asyncio
import contextlib
import hashlib
import re
from asyncio import IncompleteReadError
from asyncio.subprocess import Process
from pathlib import Path

from matrix.harness.installer import Interpreter
from matrix.harness.sandbox import Sandbox
from matrix.harness.uv import site_packages
from matrix.model import Lock

_COMPILE = Path(__file__).parent / "sandbox" / "compile.py"

_DIGEST = re.compile(rb"[0-9a-f]{64}")

_LARGEST = 64 * 1024 * 1024
"""Limit for one compiled module, in bytes; the largest so far has one million."""


class BytecodeCache:
    """A folder of compiled modules.

    Args:
        folder: Created on the first write; safe to remove at any time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._compiling = asyncio.Lock()

    async def add(self, environment: Path, interpreter: Interpreter, lock: Lock, sandbox: Sandbox, home: Path) -> None:
        """Compile the distributions of an environment that are not compiled yet, one environment at a time.

        Environments mostly lack the same distributions; compiling them in parallel would repeat the work.

        Args:
            environment: The folder of a new environment, in which nothing has run.
            interpreter: The interpreter that the environment is built on.
            lock: The lock that the environment was made from.
            sandbox: The sandbox to compile in.
            home: An empty folder; it is empty again afterwards.

        Raises:
            ToolFailure: The sandbox can't be started.
        """
        modules = self.folder / interpreter.tag
        marks = [modules / "distributions" / _key(pin, lock) for pin in lock.pins]
        if all(mark.exists() for mark in marks):
            return
        async with self._compiling:
            missing = {pin: mark for pin, mark in zip(lock.pins, marks, strict=True) if not mark.exists()}
            if not missing:  # another cell compiled them in the meantime
                return
            command: list[str | Path] = [interpreter.path.resolve(), "-I", "-S", "-B", "-X", "utf8", _COMPILE]
            with contextlib.suppress(OSError):  # such as a full disk; the cell then compiles its own modules
                (modules / "distributions").mkdir(parents=True, exist_ok=True)
                async with sandbox.run(
                    [*command, modules, site_packages(environment), *missing],
                    environment={},
                    home=home,
                    entered_by=interpreter.path.resolve(),
                    sees=(environment, *interpreter.folders, _COMPILE, modules),
                ) as inside:
                    await _store_modules(inside.process, modules, home)
                    if await inside.process.wait() == 0:
                        for mark in missing.values():
                            mark.touch()


async def _store_modules(compiler: Process, modules: Path, temporary: Path) -> None:
    """Write the modules that the compiler prints into `modules`, through `temporary` on the same file system."""
    if compiler.stdout is None:
        raise AssertionError
    with contextlib.suppress(IncompleteReadError, ValueError):  # a source made the compiler crash
        while line := await compiler.stdout.readline():
            digest, _, length = line.partition(b" ")
            if not (_DIGEST.fullmatch(digest) and 0 < int(length) <= _LARGEST):
                raise ValueError(line)
            data = await compiler.stdout.readexactly(int(length))
            (temporary / "module").write_bytes(data)
            (temporary / "module").replace(modules / digest.decode())  # atomic: a reader sees the whole file or none


def _key(pin: str, lock: Lock) -> str:
    """Compute the name of a distribution with the content that a lock gives it."""
    return hashlib.sha256(" ".join((pin, *lock.hashes[pin])).encode()).hexdigest()
