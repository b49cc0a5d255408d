"""The bytecode cache: compiled before a release runs, by a process that ran no release, and never by a cell."""

import asyncio
import marshal
import types
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from matrix.harness.bytecode import BytecodeCache
from matrix.harness.installer import Interpreter
from matrix.harness.sandbox import NO_SANDBOX, Sandbox, SandboxedProcess
from matrix.harness.uv import describe_interpreter, site_packages
from matrix.model import Lock
from tests.miniature import drive
from tests.miniature.drive import lock_of
from tests.miniature.index import Index


@pytest.fixture
def cell(index: Index, own_cache: Path, tmp_path: Path) -> Path:
    """Install a new environment."""
    assert own_cache
    return drive.install(index, "prints", tmp_path / "cell").parent.parent


@pytest.fixture
def bytecode(tmp_path: Path) -> BytecodeCache:
    """Make an empty cache of bytecode."""
    return BytecodeCache(tmp_path / "bytecode")


def add(bytecode: BytecodeCache, cell: Path, home: Path, lock: Lock, *, openly: bool = False) -> Interpreter:
    """Compile a cell's distributions."""
    home.mkdir(exist_ok=True)
    sandbox = NO_SANDBOX if openly else drive.sandbox()

    async def go() -> Interpreter:
        interpreter = await describe_interpreter(cell / "bin" / "python")
        await bytecode.add(cell, interpreter, lock, sandbox, home)
        return interpreter

    return asyncio.run(go())


def modules(folder: Path) -> dict[str, bytes]:
    """Return the compiled modules by the hashes of their sources."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("openly", [False, True], ids=["in a sandbox", "without a sandbox"])
def test_every_source_is_compiled_and_none_is_run(
    bytecode: BytecodeCache, cell: Path, tmp_path: Path, *, openly: bool
) -> None:
    """Check that the miniature, which prints when it is imported, is compiled without being imported."""
    interpreter = add(bytecode, cell, tmp_path / "home", lock_of("prints"), openly=openly)
    compiled = modules(bytecode.folder / interpreter.tag)
    assert len([*site_packages(cell).rglob("anthropic/*.py")]) == len(compiled)
    assert {types.CodeType} == {type(marshal.loads(data)) for data in compiled.values()}  # noqa: S302 - our own
    assert [] == [*(tmp_path / "home").iterdir()]


def test_a_cached_distribution_is_not_compiled_again(bytecode: BytecodeCache, cell: Path, tmp_path: Path) -> None:
    """Check that no process starts for a distribution with a cached name, version and hashes."""
    interpreter = add(bytecode, cell, tmp_path / "home", lock_of("prints"))
    folder = bytecode.folder / interpreter.tag
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    add(bytecode, cell, tmp_path / "home", lock_of("prints"))
    assert {} == modules(folder)
    pins = lock_of("prints").pins
    add(bytecode, cell, tmp_path / "home", Lock(pins, dict.fromkeys(pins, ("0" * 64,))))
    assert {} != modules(folder)


def test_cells_that_lack_the_same_distribution_compile_it_once(
    bytecode: BytecodeCache, cell: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that cells that ask at the same time wait for the first, and find its bytecode."""
    started: list[str] = []
    run = Sandbox.run

    def note(
        self: Sandbox, arguments: Sequence[str | Path], **more: Any
    ) -> AbstractAsyncContextManager[SandboxedProcess]:
        started.append(str(arguments[0]))
        return run(self, arguments, **more)

    monkeypatch.setattr(Sandbox, "run", note)

    async def go() -> None:
        interpreter = await describe_interpreter(cell / "bin" / "python")
        homes = [tmp_path / name for name in "abc"]
        for home in homes:
            home.mkdir()
        lock = lock_of("prints")
        await asyncio.gather(*(bytecode.add(cell, interpreter, lock, drive.sandbox(), home) for home in homes))

    asyncio.run(go())
    assert 1 == len(started)


@pytest.mark.parametrize("source", ["import os; os._exit(3)", "this is no Python", "\0", "(" * 5000])
def test_source_that_does_not_compile_is_left_out(
    bytecode: BytecodeCache, cell: Path, tmp_path: Path, source: str
) -> None:
    """Check that its import reports the error, and that the other modules are cached."""
    module = site_packages(cell) / "anthropic" / "__init__.py"
    module.unlink()
    module.write_text(source, encoding="utf-8")
    interpreter = add(bytecode, cell, tmp_path / "home", lock_of("prints"))
    assert 1 <= len(modules(bytecode.folder / interpreter.tag)) <= 2


def test_a_cache_that_cannot_be_written_is_no_failure(bytecode: BytecodeCache, cell: Path, tmp_path: Path) -> None:
    """Check that a cell then compiles its own sources."""
    bytecode.folder.write_text("in the way", encoding="utf-8")
    add(bytecode, cell, tmp_path / "home", lock_of("prints"))
