"""Compiled modules of distributions, kept between cells and runs, under the hash of their source.

I/O. Compiling the SDK and what it needs is half of what a fresh environment costs, and nearly all of those sources are
in other environments too, byte for byte. What a cell finds here it can't have been given by another: distributions are
compiled before they are played, in a sandbox that runs none of their code, and cells can read the folder and no more.
The probe looks here when it imports (`probe_bytecode`).
"""

import asyncio
import contextlib
import hashlib
import re
from asyncio import IncompleteReadError
from asyncio.subprocess import Process
from pathlib import Path

from matrix.harness.sandbox import Sandbox
from matrix.harness.uv import Interpreter, site_packages
from matrix.model import Lock

_COMPILE = Path(__file__).parent / "sandbox" / "compile.py"

_DIGEST = re.compile(rb"[0-9a-f]{64}")

_LARGEST = 64 * 1024 * 1024
"""Bytes of one module; the largest seen compiles to one million."""


class BytecodeCache:
    """The folder in which it is kept.

    Args:
        folder: Made when it is first written; safe to remove at any time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._compiling = asyncio.Lock()

    async def add(self, environment: Path, interpreter: Interpreter, lock: Lock, sandbox: Sandbox, home: Path) -> None:
        """Compile those distributions of an environment that were not yet, one environment after the other.

        Most of what one lacks the next lacks too, and then finds done: together they would all compile it.

        Args:
            environment: Its folder, just made: nothing has run in it.
            interpreter: What it is built on.
            lock: What it holds.
            sandbox: Where to compile.
            home: An empty folder, which is empty afterwards.

        Raises:
            ToolFailure: The sandbox does not stand.
        """
        kept = self.folder / interpreter.tag
        marks = [kept / "distributions" / _key(pin, lock) for pin in lock.pins]
        if all(mark.exists() for mark in marks):
            return
        async with self._compiling:
            missing = {pin: mark for pin, mark in zip(lock.pins, marks, strict=True) if not mark.exists()}
            if not missing:  # any more
                return
            command: list[str | Path] = [interpreter.path.resolve(), "-I", "-S", "-B", "-X", "utf8", _COMPILE]
            with contextlib.suppress(OSError):  # no room, say; then a cell compiles for itself
                (kept / "distributions").mkdir(parents=True, exist_ok=True)
                async with sandbox.run(
                    [*command, kept, site_packages(environment), *missing],
                    environment={},
                    home=home,
                    sees=(environment, *interpreter.folders, _COMPILE, kept),
                ) as inside:
                    await _store_modules(inside.process, kept, home)
                    if await inside.process.wait() == 0:
                        for mark in missing.values():
                            mark.touch()


async def _store_modules(compiler: Process, kept: Path, temporary: Path) -> None:
    """Write what the compiler says into `kept`, by way of a folder on the same file system."""
    if compiler.stdout is None:
        raise AssertionError
    with contextlib.suppress(IncompleteReadError, ValueError):  # it died, of a source that kills compilers
        while line := await compiler.stdout.readline():
            digest, _, length = line.partition(b" ")
            if not (_DIGEST.fullmatch(digest) and 0 < int(length) <= _LARGEST):
                raise ValueError(line)
            data = await compiler.stdout.readexactly(int(length))
            (temporary / "module").write_bytes(data)
            (temporary / "module").replace(kept / digest.decode())  # whoever reads it sees all of it or none


def _key(pin: str, lock: Lock) -> str:
    """What names a distribution with the content that it has in a lock."""
    return hashlib.sha256(" ".join((pin, *lock.hashes[pin])).encode()).hexdigest()
