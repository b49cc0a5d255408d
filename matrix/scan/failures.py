"""The failures on which a user's code is tried, and the classes of the SDK: what was measured of the newest. Pure.

A handler is a way of telling failures apart. So two pieces of code are one idiom if they look at the same thing and
decide the same on each of these. Nothing of the user's is run: `evaluate` works out what it says of each.
"""

from typing import Any, Final

from matrix.model import Frozen


class Failure(Frozen, frozen=True, kw_only=True):
    """One way in which a call fails.

    Attributes:
        id: `http-429` for a plain HTTP error, `stream-...` for an error event after HTTP 200, otherwise what it is.
        classes: Its class and all bases, dotted.
        words: What it is, for a note.
        status: `status_code`; None if it has none.
        type: `type`, the name that the API gives the error; None if it has none.
        typed: Whether the release gives its errors a `type` at all; the body has it either way.
    """

    id: str
    classes: tuple[str, ...]
    words: str
    status: int | None = None
    type: str | None = None
    typed: bool = True

    @property
    def body(self) -> dict[str, Any] | None:
        """As the API sends it."""
        if self.type is None:
            return None
        error = {"details": None, "type": self.type, "message": _MESSAGES.get(self.type, "Something is wrong")}
        return {"type": "error", "error": error, "request_id": "req_011"}

    @property
    def text(self) -> str:
        """`str()` of it: of an error inside a stream, that is the body and nothing else."""
        if self.type is None:
            return _MESSAGES.get(self.id, "It broke")
        return str(self.body) if self.status == 200 else f"Error code: {self.status} - {self.body}"


_MESSAGES: Final = {
    "overloaded_error": "Overloaded",
    "rate_limit_error": "This request would exceed your account's rate limit. Please try again later.",
    "api_error": "Internal server error",
    "timeout_error": "Request timed out.",
    "connection": "Connection error.",
    "timeout": "Request timed out.",
    "httpx": "peer closed connection without sending complete message body (incomplete chunked read)",
}

_ERROR: Final = ("anthropic.APIError", "anthropic.AnthropicError", "builtins.Exception", "builtins.BaseException")
_STATUS: Final = ("anthropic.APIStatusError", *_ERROR)
_SERVER: Final = ("anthropic.InternalServerError", *_STATUS)

_HTTP: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    400: ("invalid_request_error", ("anthropic.BadRequestError", *_STATUS)),
    401: ("authentication_error", ("anthropic.AuthenticationError", *_STATUS)),
    403: ("permission_error", ("anthropic.PermissionDeniedError", *_STATUS)),
    404: ("not_found_error", ("anthropic.NotFoundError", *_STATUS)),
    408: ("timeout_error", ("anthropic.RequestTimeoutError", *_STATUS)),
    409: ("conflict_error", ("anthropic.ConflictError", *_STATUS)),
    413: ("request_too_large", ("anthropic.RequestTooLargeError", "anthropic.ContentTooLargeError", *_STATUS)),
    422: ("invalid_request_error", ("anthropic.UnprocessableEntityError", *_STATUS)),
    429: ("rate_limit_error", ("anthropic.RateLimitError", *_STATUS)),
    500: ("api_error", _SERVER),
    502: ("api_error", _SERVER),
    503: ("api_error", ("anthropic.ServiceUnavailableError", *_SERVER)),
    504: ("timeout_error", ("anthropic.DeadlineExceededError", "anthropic.GatewayTimeoutError", *_SERVER)),
    529: ("overloaded_error", ("anthropic.OverloadedError", *_SERVER)),
    599: ("api_error", _SERVER),
}

_WORDS: Final = {
    429: "a rate limit",
    529: "an overloaded server",
}

FAILURES: Final[dict[str, Failure]] = {
    failure.id: failure
    for failure in (
        *(
            Failure(
                id=f"stream-{kind}",
                classes=_STATUS,
                status=200,
                type=kind,
                words=f"{kind} inside a stream (status 200)",
            )
            for kind in ("overloaded_error", "rate_limit_error", "api_error", "invalid_request_error")
        ),
        *(
            Failure(
                id=f"http-{status}",
                classes=classes,
                status=status,
                type=kind,
                words=f"{_WORDS[status]} outside a stream ({status})" if status in _WORDS else f"status {status}",
            )
            for status, (kind, classes) in _HTTP.items()
        ),
        Failure(id="connection", classes=("anthropic.APIConnectionError", *_ERROR), words="APIConnectionError"),
        Failure(
            id="timeout",
            classes=("anthropic.APITimeoutError", "anthropic.APIConnectionError", *_ERROR),
            words="APITimeoutError",
        ),
        Failure(
            id="httpx",
            classes=(
                "httpx.RemoteProtocolError",
                "httpx.ReadError",
                "httpx.ProtocolError",
                "httpx.NetworkError",
                "httpx.TransportError",
                "httpx.RequestError",
                "httpx.HTTPError",
                "builtins.Exception",
                "builtins.BaseException",
            ),
            words="a lost connection that httpx tells of",
        ),
        Failure(
            id="other",
            classes=("elsewhere.Error", "builtins.Exception", "builtins.BaseException"),
            words="errors of anything else",
        ),
    )
}
"""By id. What follows from 599: whoever takes it takes every status from 500 up, and not a set of known ones."""

BEFORE_TYPES: Final = Failure(
    id="before-types", classes=_STATUS, words="", status=200, type="overloaded_error", typed=False
)
"""An overloaded server inside a stream, on a release before 0.87.0: what code does where there is no `type`."""

TRANSIENT_STATUSES: Final = (408, 409, 429, 500, 502, 503, 504, 529)

SDK_CLASSES: Final = frozenset(
    {name for failure in FAILURES.values() for name in failure.classes if name.startswith("anthropic.")}
    | {"anthropic.APIResponseValidationError", "anthropic.APIWebhookValidationError", "anthropic.RetryableError"}
    | {"anthropic.PaymentRequiredError", "anthropic.EnforcedSpendLimitReachedError"}
)
"""Exceptions of the SDK, by the name that a user may import from `anthropic`."""


def public(name: str) -> str:
    """A class by its public name, whichever module it was taken from: `anthropic._exceptions.X` is `anthropic.X`."""
    root, _, rest = name.partition(".")
    last = rest.rpartition(".")[2]
    if root == "anthropic" and f"anthropic.{last}" in SDK_CLASSES:
        return f"anthropic.{last}"
    if root in {"httpx", "httpx2"}:
        return f"httpx.{last}"
    return name


def is_sdk_class(name: str) -> bool:
    """Whether a dotted name is an exception of the SDK."""
    return public(name) in SDK_CLASSES


def is_client(name: str) -> bool:
    """Whether a dotted name is a class of clients of the SDK."""
    root, _, rest = name.partition(".")
    last = rest.rpartition(".")[2].removeprefix("Async")
    return root == "anthropic" and (last == "Client" or (last.startswith("Anthropic") and not last.endswith("Error")))
