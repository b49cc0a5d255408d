"""Load modules of probes and handlers outside a cell, and run handlers on calls that are made up."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from matrix.targets.sources import HANDLERS, PYTHON_PROBE
from matrix.targets.target import Target


def load(path: Path, **modules: ModuleType | None) -> Any:
    """Load a module of the probe, while these modules can be imported; None for one that can't be."""
    spec = importlib.util.spec_from_file_location(f"a_test_of_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        for name, value in modules.items():
            patch.setitem(sys.modules, name.replace("__", "."), value)
        spec.loader.exec_module(module)
    return module


def replay(events: list[Any], error: BaseException | None, *, began: bool = True) -> Any:
    """Make a call that a handler can make again."""
    return load(PYTHON_PROBE / "probe_handlers.py").Replay(events, error, began)


def load_handlers(target: Target, modules: Mapping[str, ModuleType | None]) -> dict[str, Any]:
    """Load every handler of a target, by id, as the probe does in an environment with these modules; None if absent.

    Each is a function that decides, given a call that it can make again and the exception of that call.
    """
    probe = load(PYTHON_PROBE / "probe_handlers.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        for name, module in modules.items():
            patch.setitem(sys.modules, name, module)
        handlers = {path.stem: probe._handler(str(path)) for path in sorted((target.probe / HANDLERS).glob("*.py"))}
    return {id_: lambda replay, error, ask=ask: probe._decide(ask, replay, error) for id_, ask in handlers.items()}


def decide(
    target: Target,
    modules: Mapping[str, ModuleType | None],
    calls: Mapping[str, tuple[list[Any], BaseException | None]],
    *,
    always_began: bool = False,
) -> dict[str, dict[str, str]]:
    """Run every handler of a target on calls, each its events and its error: handler and call to decision.

    Args:
        target: The package under test.
        modules: The modules of an environment.
        calls: The calls, by name.
        always_began: Whether the stream of a call without an event began, too.
    """
    return {
        id_: {
            call: ask(replay(events, error, began=always_began or bool(events)), error)
            for call, (events, error) in calls.items()
        }
        for id_, ask in load_handlers(target, modules).items()
    }


def read_table(table: str) -> dict[str, dict[str, str]]:
    """Read a table: handler, and call to decision as the probe writes it; `crash` is an AttributeError."""
    head, *lines = (line.split() for line in table.strip().splitlines())
    return {
        handler: {
            call: "crashed: AttributeError" if cell == "crash" else cell for call, cell in zip(head, cells, strict=True)
        }
        for handler, *cells in lines
    }
