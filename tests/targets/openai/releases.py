"""Releases of the OpenAI SDK that are made up: the exceptions before and after 1.0, and the modules that have them."""

from types import ModuleType, SimpleNamespace
from typing import Any

from matrix.targets import OPENAI
from tests.support import probe_modules


class OpenAIError(Exception):
    """The base class of all errors."""


class APIError(OpenAIError):
    """The class of an error inside a stream, since 1.0."""

    def __init__(self, message: str, body: object = None) -> None:
        super().__init__(message)
        self.body = body
        self.code = body.get("code") if isinstance(body, dict) else None
        self.type = body.get("type") if isinstance(body, dict) else None


class APIConnectionError(APIError):
    """A class since 1.0."""


class APITimeoutError(APIConnectionError):
    """A class since 1.0."""


class APIStatusError(APIError):
    """A class since 1.0."""

    def __init__(self, message: str, body: object = None, status_code: int = 0) -> None:
        super().__init__(message, body)
        self.status_code = status_code


class RateLimitError(APIStatusError):
    """A class since 1.0."""


class InternalServerError(APIStatusError):
    """A class since 1.0."""


class BadRequestError(APIStatusError):
    """A class since 1.0."""


class HTTPError(Exception):
    """The class of httpx."""


CURRENT = (
    OpenAIError, APIError, APIConnectionError, APITimeoutError, APIStatusError, RateLimitError, InternalServerError,
    BadRequestError,
)  # fmt: skip


class OldError(Exception):
    """An error of a release before 1.0."""

    def __init__(self, message: str, http_status: "int | None" = None) -> None:
        super().__init__(message)
        self.http_status, self.code = http_status, None


OLD = {
    name: type(name, (OldError,), {"__module__": "openai.error"})
    for name in ("APIError", "Timeout", "APIConnectionError", "RateLimitError", "ServiceUnavailableError")
}
"""The classes before 1.0, by name."""

for _kind in CURRENT:
    _kind.__module__ = "openai"


def _module(name: str, classes: "dict[str, type]") -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(classes)
    return made


def load_handlers(*, is_old: bool) -> dict[str, Any]:
    """Load every handler as the probe does in an environment with a release."""
    error = _module("openai.error", OLD) if is_old else None
    openai = _module("openai", {} if is_old else {kind.__name__: kind for kind in CURRENT})
    if error is not None:
        openai.error = error  # type: ignore[attr-defined]
    httpx = _module("httpx", {"HTTPError": HTTPError})
    return probe_modules.load_handlers(OPENAI, {"openai": openai, "openai.error": error, "httpx": httpx})


def chunk(content: "str | None" = None, finish_reason: "str | None" = None) -> SimpleNamespace:
    """Make a chunk of a chat completion, as the SDK gives it."""
    choice = SimpleNamespace(delta=SimpleNamespace(content=content), finish_reason=finish_reason)
    return SimpleNamespace(object="chat.completion.chunk", choices=[choice])
