"""Kept bytecode: made before a release runs, by nothing that has seen one run, and never by a cell."""

import asyncio
import marshal
import types
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from matrix.harness.bytecode import BytecodeCache
from matrix.harness.sandbox import NO_SANDBOX, Sandbox, SandboxedProcess
from matrix.harness.uv import Interpreter, describe_interpreter, site_packages
from matrix.model import Lock
from tests.miniature import drive
from tests.miniature.drive import lock_of
from tests.miniature.index import Index


@pytest.fixture
def cell(index: Index, own_cache: Path, tmp_path: Path) -> Path:
    """An environment, just made."""
    assert own_cache
    return drive.install(index, "prints", tmp_path / "cell").parent.parent


@pytest.fixture
def bytecode(tmp_path: Path) -> BytecodeCache:
    """An empty folder."""
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
    """What is kept: hash of a source to what it compiles to."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("openly", [False, True], ids=["sandbox", "open"])
def test_every_source_is_compiled_and_none_is_run(
    bytecode: BytecodeCache, cell: Path, tmp_path: Path, *, openly: bool
) -> None:
    """The miniature prints when it is imported; nothing of that is taken for a module, and nothing is left at home."""
    interpreter = add(bytecode, cell, tmp_path / "home", lock_of("prints"), openly=openly)
    kept = modules(bytecode.folder / interpreter.tag)
    assert len([*site_packages(cell).rglob("anthropic/*.py")]) == len(kept)
    assert {types.CodeType} == {type(marshal.loads(data)) for data in kept.values()}  # noqa: S302 - our own
    assert [] == [*(tmp_path / "home").iterdir()]


def test_what_is_known_is_not_compiled_again(bytecode: BytecodeCache, cell: Path, tmp_path: Path) -> None:
    """A distribution is told by its name, its version and its hashes: no process is started for one that is known."""
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


def test_what_several_lack_is_compiled_once(
    bytecode: BytecodeCache, cell: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that come at the same time wait for the first, and find everything there."""
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
def test_source_that_compiles_to_nothing_is_left_out(
    bytecode: BytecodeCache, cell: Path, tmp_path: Path, source: str
) -> None:
    """What is wrong with it is for its import to say; the others are kept."""
    module = site_packages(cell) / "anthropic" / "__init__.py"
    module.unlink()
    module.write_text(source, encoding="utf-8")
    interpreter = add(bytecode, cell, tmp_path / "home", lock_of("prints"))
    assert 1 <= len(modules(bytecode.folder / interpreter.tag)) <= 2


def test_no_room_is_no_failure(bytecode: BytecodeCache, cell: Path, tmp_path: Path) -> None:
    """A cell then compiles for itself."""
    bytecode.folder.write_text("in the way", encoding="utf-8")
    add(bytecode, cell, tmp_path / "home", lock_of("prints"))
