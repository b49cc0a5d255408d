"""Releases of SDKs for chat completions that are made up: their exceptions, and handlers that import them."""

from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from matrix.targets import TARGETS
from matrix.targets.chat import CHAT_SDK
from matrix.targets.sources import PYTHON_PROBE
from matrix.targets.target import Target
from tests.support.probe_modules import load

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


def load_probe(path: Path) -> Any:
    """Load a module of the shared probe, with what it imports."""
    return load(path, probe_support=load(PYTHON_PROBE / "probe_support.py"))
