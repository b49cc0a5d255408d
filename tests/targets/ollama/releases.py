"""A made-up release of the Ollama SDK: its exception and its parts, and the modules that have them."""

from types import ModuleType
from typing import Any

from matrix.targets import OLLAMA
from tests.support import probe_modules


def make_error_class() -> Any:
    """Make the class of all errors of the API, as each import of a release makes its own."""

    class ResponseError(Exception):
        """An error of the API."""

        def __init__(self, error: str, status_code: int = -1) -> None:
            super().__init__(error)
            self.error, self.status_code = error, status_code

        def __str__(self) -> str:
            return f"{self.error} (status code: {self.status_code})"

    return ResponseError


ResponseError: Any = make_error_class()


class ReadError(Exception):
    """The class of httpx for a lost connection."""


def load_handlers() -> dict[str, Any]:
    """Load every handler as the probe does in an environment with a release."""
    sdk, httpx = ModuleType("ollama"), ModuleType("httpx")
    sdk.__dict__["ResponseError"] = ResponseError
    names = ("TimeoutException", "ConnectError", "RemoteProtocolError", "ReadError")
    httpx.__dict__.update(dict.fromkeys(names, ReadError))
    return probe_modules.load_handlers(OLLAMA, {"ollama": sdk, "httpx": httpx})


def part(text: str, *, done: bool = False) -> dict[str, Any]:
    """Make a part of a message; the SDK's own parts can be read like a dictionary."""
    return {"message": {"role": "assistant", "content": text}, "done": done}
