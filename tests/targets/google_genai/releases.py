"""A made-up release of the Google Gen AI SDK: its exceptions and chunks, and the modules that have them."""

from types import ModuleType, SimpleNamespace
from typing import Any

from matrix.targets import GOOGLE_GENAI
from tests.support import probe_modules


class APIError(Exception):
    """The base class of all errors of the API."""

    def __init__(self, code: int, details: Any) -> None:
        error = details.get("error", {})
        self.code, self.status, self.details = code, error.get("status"), details
        super().__init__(f"{code} {self.status}. {details}")

    @classmethod
    def raise_error(cls, status_code: int, response_json: Any, response: object) -> None:
        """Raise the class of a status."""
        del response
        raise (ClientError if status_code < 500 else ServerError)(status_code, response_json)

    @classmethod
    async def raise_error_async(cls, status_code: int, response_json: Any, response: object) -> None:
        """Raise the class of a status."""
        cls.raise_error(status_code, response_json, response)


class ClientError(APIError):
    """The class of 4xx."""


class ServerError(APIError):
    """The class of 5xx."""


class UnknownApiResponseError(ValueError):
    """The class of a response that can't be read."""


class ReadError(Exception):
    """The class of httpx for a lost connection."""


def modules(*, with_httpx: bool = False) -> "dict[str, ModuleType | None]":
    """Make the modules of a release, whose names have a double underscore for each dot; None for one that is absent."""
    errors = ModuleType("google.genai.errors")
    errors.__dict__.update({kind.__name__: kind for kind in (APIError, ClientError, ServerError)})
    genai, google = ModuleType("google.genai"), ModuleType("google")
    genai.__dict__["errors"], google.__dict__["genai"] = errors, genai
    httpx = ModuleType("httpx")
    httpx.__dict__.update(dict.fromkeys(("ReadError", "ConnectError", "RemoteProtocolError"), ReadError))
    return {
        "google": google,
        "google__genai": genai,
        "google__genai__errors": errors,
        "httpx": httpx if with_httpx else None,
    }


def load_handlers(*, with_httpx: bool = False) -> dict[str, Any]:
    """Load every handler as the probe does in an environment with a release."""
    made = {name.replace("__", "."): module for name, module in modules(with_httpx=with_httpx).items()}
    return probe_modules.load_handlers(GOOGLE_GENAI, made)


def chunk(text: "str | None", finish_reason: object = None) -> SimpleNamespace:
    """Make a chunk, as the SDK gives it."""
    content = SimpleNamespace(parts=[SimpleNamespace(text=text)])
    return SimpleNamespace(candidates=[SimpleNamespace(content=content, finish_reason=finish_reason)])


def error(code: int, status: str) -> APIError:
    """Make the exception of an error of the API."""
    kind = ClientError if code < 500 else ServerError
    return kind(code, {"error": {"code": code, "status": status}})
