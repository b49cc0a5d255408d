"""The failures on which a user's code is tried: what the newest release of a target was seen to raise. Pure.

A handler is a way to tell failures apart. Two pieces of code are one idiom if they look at the same parts of an error
and decide the same on each of these failures. Nothing of the user's is run: `evaluate` works out the answers.
"""

from typing import Any, Final

from matrix.model import Frozen
from matrix.targets.target import Target

LAST_STATUS: Final = 599
"""A status that no API assigns: code that takes it takes every status from 500 up, and not a set of known ones."""

_BUILTINS: Final = ("builtins.Exception", "builtins.BaseException")


class Failure(Frozen, frozen=True, kw_only=True):
    """One way in which a call fails.

    Attributes:
        id: `http-429` for a plain HTTP error, `stream-overloaded` for an error event after HTTP 200, or a plain name.
        classes: Its class and all bases, dotted, nearest first.
        words: A noun phrase that names it in a note.
        status: `status_code`; None if it has none.
        type: `type`, the name that the API gives the error; None if it has none.
        message: The message in its body, or all of its text if it has no body.
        typed: Whether the release gives its errors a `type`; the body has the type either way.
    """

    id: str
    classes: tuple[str, ...]
    words: str
    status: int | None = None
    type: str | None = None
    message: str
    typed: bool = True

    @property
    def body(self) -> dict[str, Any] | None:
        """The body as the API sends it; None if there is none."""
        if self.type is None:
            return None
        error = {"details": None, "type": self.type, "message": self.message}
        return {"type": "error", "error": error, "request_id": "req_011"}

    @property
    def text(self) -> str:
        """The error's `str()`: the body alone for an error inside a stream."""
        if self.type is None:
            return self.message
        return str(self.body) if self.status == 200 else f"Error code: {self.status} - {self.body}"


class Failures(Frozen, frozen=True, kw_only=True):
    """The failures of one target, and the groups of them that handlers tell apart.

    Attributes:
        by_id: Every failure by its id, in the order in which code is tried on them.
        before_types: An overloaded server inside a stream, on a release whose errors have no `type`.
        overloaded: The id of an overloaded server's plain HTTP error.
        http: The ids of all plain HTTP errors.
        transient: The ids of the plain HTTP errors for which the same request may succeed later.
    """

    by_id: dict[str, Failure]
    before_types: Failure
    overloaded: str
    http: frozenset[str]
    transient: frozenset[str]

    @property
    def from_500(self) -> frozenset[str]:
        """The ids of the plain HTTP errors that blame the server."""
        return frozenset(id_ for id_ in self.http if (self.by_id[id_].status or 0) >= 500)


OTHER: Final = Failure(
    id="other", classes=("elsewhere.Error", *_BUILTINS), words="other exceptions", message="It broke"
)
"""An error that has nothing to do with the target."""

_RATE_LIMIT: Final = "This request would exceed your account's rate limit. Please try again later."
_TRANSIENT_4XX: Final = frozenset({408, 409, 429})


def failures_of(target: Target) -> Failures:
    """Return the failures of a target, derived from its classes and its table of statuses."""
    classes = target.classes
    by_status = {**classes.by_status, LAST_STATUS: classes.by_status.get(500, ())}
    root = (*_dotted(target, classes.root, classes.base), *_BUILTINS)
    status_error = (*_dotted(target, classes.status), *root)
    overloaded = target.overloaded_status
    messages = {
        target.error_type(500): "Internal server error",
        target.error_type(504): "Request timed out.",
        target.error_type(429): _RATE_LIMIT,
        target.error_type(overloaded): "Overloaded",
    }
    words = {429: "a rate limit outside a stream (429)"}
    words[overloaded] = f"an overloaded server outside a stream ({overloaded})"

    def answered(id_: str, names: tuple[str, ...], status: int, kind: str, words: str) -> Failure:
        return Failure(
            id=id_,
            classes=names,
            words=words,
            status=status,
            type=kind,
            message=messages.get(kind, "Something is wrong"),
        )

    streamed = [
        answered(id_, status_error, 200, kind, f"{kind} inside a stream (status 200)")
        for id_, kind in (
            ("stream-overloaded", target.error_type(overloaded)),
            ("stream-rate-limit", target.error_type(429)),
            ("stream-server", target.error_type(500)),
            ("stream-invalid", target.error_type(400)),
        )
    ]
    plain = [
        answered(
            f"http-{status}",
            (*_dotted(target, *names), *status_error),
            status,
            target.error_type(status),
            words.get(status, f"status {status}"),
        )
        for status, names in by_status.items()
    ]
    library = target.transport.module
    lost = [
        Failure(
            id="connection",
            classes=(*_dotted(target, classes.connection), *root),
            words=classes.connection,
            message="Connection error.",
        ),
        Failure(
            id="timeout",
            classes=(*_dotted(target, classes.timeout, classes.connection), *root),
            words=classes.timeout,
            message="Request timed out.",
        ),
        Failure(
            id="transport",
            classes=(*(f"{library}.{name}" for name in target.transport.lost), *_BUILTINS),
            words=f"a lost connection that {library} reports",
            message="peer closed connection without sending complete message body (incomplete chunked read)",
        ),
    ]
    by_id = {failure.id: failure for failure in (*streamed, *plain, *lost, OTHER)}
    return Failures(
        by_id=by_id,
        before_types=Failure(
            id="before-types",
            classes=status_error,
            words="",
            status=200,
            type=target.error_type(overloaded),
            message="Overloaded",
            typed=False,
        ),
        overloaded=f"http-{overloaded}",
        http=frozenset(failure.id for failure in plain),
        transient=frozenset(
            f"http-{status}" for status in by_status if status in _TRANSIENT_4XX or 500 <= status < LAST_STATUS
        ),
    )


def _dotted(target: Target, *names: str) -> tuple[str, ...]:
    return tuple(f"{target.module}.{name}" for name in names)
