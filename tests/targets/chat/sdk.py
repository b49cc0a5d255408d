"""Releases of SDKs for chat completions that are made up: their exceptions, and handlers that import them."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from matrix.targets import TARGETS
from matrix.targets.chat import CHAT_SDK
from matrix.targets.sources import PYTHON_PROBE
from matrix.targets.target import Target
from tests.support.probe_modules import load, replay

CHAT_SDKS: Final = [target for target in TARGETS.values() if target.kind_probe == CHAT_SDK["kind_probe"]]

each_sdk = pytest.mark.parametrize("target", CHAT_SDKS, ids=lambda target: target.id)


class Made(Exception):
    """An error of an SDK that is made up.

    Args:
        message: Its text.
        body: What the server sent.
        status_code: The status of the response; None for an error that has none.
    """

    def __init__(self, message: str, body: object = None, status_code: "int | None" = None) -> None:
        super().__init__(message)
        self.message, self.body = message, body
        if status_code is not None:
            self.status_code, self.response = status_code, SimpleNamespace(status_code=status_code)


def make_sdk(target: Target) -> ModuleType:
    """Make the module of an SDK with the exceptions that every release has."""
    sdk = ModuleType(target.module)
    for name, base in (
        (target.classes.base, Made),
        ("APIError", target.classes.base),
        ("APIConnectionError", "APIError"),
        ("APITimeoutError", "APIConnectionError"),
        ("APIStatusError", "APIError"),
        ("BadRequestError", "APIStatusError"),
        ("RateLimitError", "APIStatusError"),
        ("InternalServerError", "APIStatusError"),
    ):
        parent = base if isinstance(base, type) else getattr(sdk, base)
        setattr(sdk, name, type(name, (parent,), {"__module__": target.module}))
    return sdk


def chunk(content: "str | None" = None, finish_reason: "str | None" = None, **more: object) -> SimpleNamespace:
    """Make a chunk of a chat completion, as an SDK gives it; `more` are fields of the chunk."""
    choice = SimpleNamespace(delta=SimpleNamespace(content=content), finish_reason=finish_reason)
    return SimpleNamespace(object="chat.completion.chunk", choices=[choice], **more)


def decide(target: Target, sdk: ModuleType, calls: "dict[str, tuple[list[Any], Any]]") -> dict[str, dict[str, str]]:
    """Run every handler of a target on calls, each its events and its error: handler and call to decision."""
    probe = load(PYTHON_PROBE / "probe_handlers.py")
    handlers: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.setitem(sys.modules, target.module, sdk)
        for path in sorted((target.probe / "handlers").glob("*.py")):
            handlers[path.stem] = probe._handler(str(path))
    return {
        id_: {
            call: probe._decide(ask, replay(events, error, began=bool(events)), error)
            for call, (events, error) in calls.items()
        }
        for id_, ask in handlers.items()
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


def load_probe(path: Path) -> Any:
    """Load a module of the shared probe, with what it imports."""
    return load(path, probe_support=load(PYTHON_PROBE / "probe_support.py"))
