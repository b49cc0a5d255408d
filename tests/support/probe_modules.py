"""Load modules of probes outside a cell, and make calls that a handler can make again."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from matrix.targets.sources import PYTHON_PROBE


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
