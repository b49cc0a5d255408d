"""Scenarios that exist only in the AWS event stream of Bedrock: its exceptions, and frames that are cut or damaged.

An error of the model's API can also come as an event inside a chunk frame: `error_event` has those scenarios, and they
are played in this dialect too.

Source: the AWS API reference, "ResponseStream" and "InvokeModelWithResponseStream".
"""

import json
from typing import Final

import msgspec

from matrix.catalogue import sources
from matrix.catalogue.dialect import FRAMED
from matrix.catalogue.error_titles import title_error
from matrix.catalogue.events import text_delta
from matrix.catalogue.frames import chunk_frame, error_frame, event_frame, exception_frame
from matrix.catalogue.steps import (
    TAKEN,
    AnyIdeal,
    AnyStep,
    Completes,
    Family,
    Finish,
    Head,
    Prelude,
    RaisesAnything,
    RaisesStatus,
    Respond,
    Rest,
    Scenario,
    Text,
)


class ServiceException(msgspec.Struct, frozen=True):
    """An exception that Bedrock documents for a stream.

    Attributes:
        id: Its part of the ids of scenarios.
        type: Its name in the header `:exception-type`.
        status: The documented HTTP status; None if it is not documented.
        retry: Whether the same request may succeed later.
        message: The message that the backend sends. It contains neither the type nor the status, so a handler that
            matches text cannot be right by accident.
    """

    id: str
    type: str
    status: int | None
    retry: bool
    message: str

    @property
    def payload(self) -> str:
        """The JSON that describes it, in a frame and in a plain HTTP response."""
        return json.dumps({"message": self.message})

    @property
    def http_headers(self) -> tuple[tuple[str, str], ...]:
        """The header that names it in a plain HTTP response, where its name begins with a capital."""
        return (("x-amzn-ErrorType", self.type[0].upper() + self.type[1:]),)


THROTTLING: Final = ServiceException(
    "throttling-exception", "throttlingException", 429, retry=True, message="Too many requests, please wait."
)

EXCEPTIONS: Final = (
    ServiceException("validation-exception", "validationException", 400, retry=False, message="Malformed input"),
    ServiceException("model-timeout-exception", "modelTimeoutException", 408, retry=True, message="Took too long"),
    ServiceException(
        "model-stream-error-exception", "modelStreamErrorException", 424, retry=True, message="The model broke off"
    ),
    THROTTLING,
    ServiceException(
        "internal-server-exception", "internalServerException", 500, retry=True, message="Something went wrong"
    ),
    ServiceException(
        "service-unavailable-exception", "serviceUnavailableException", 503, retry=True, message="Not available"
    ),
)
"""The exceptions of a stream, by status."""

UNHEARD_OF: Final = ServiceException(
    "unheard-of-exception", "unheardOfException", None, retry=False, message="Something new"
)
"""An exception that no release knows. The service may add some at any time."""

_PLACES: Final = (("mid", "after some text", (Prelude(),), Text.SOME), ("first", "as the first frame", (), Text.NONE))


def _scenario(
    id_: str,
    title: str,
    *steps: AnyStep,
    ideal: AnyIdeal,
    text: Text = Text.SOME,
    retry: bool = True,
    control: str = "",
    source: str = sources.AWS_FRAMES,
) -> Scenario:
    return Scenario(
        id=id_,
        family=Family.EVENT_STREAM,
        title=title,
        steps=(Head(), *steps, Finish()),
        ideal=ideal,
        text=text,
        retry=retry,
        only=FRAMED,
        control=control,
        sources=(source,),
    )


HTTP_EXCEPTIONS: Final = tuple(
    Scenario(
        id=f"http-{each.id}",
        family=Family.EVENT_STREAM,
        title=f"{title_error(each.type, each.status)} as a plain HTTP {each.status} response, without a stream.",
        steps=(Respond(each.status, each.payload, headers=each.http_headers),),
        ideal=RaisesStatus(each.type, each.status),
        text=Text.NONE,
        retry=each.retry,
        only=FRAMED,
        sources=(sources.AWS_ERRORS,),
    )
    for each in EXCEPTIONS
    if each.status is not None
)
"""The controls: the same exceptions as plain HTTP responses."""

EXCEPTION_FRAMES: Final = tuple(
    _scenario(
        f"{place}-{each.id}",
        f"{title_error(each.type, each.status)} in an exception frame {where}.",
        *before,
        exception_frame(each.type, each.payload),
        ideal=RaisesStatus(each.type, each.status),
        text=text,
        retry=each.retry,
        control=f"http-{each.id}" if each.status else "",
        source=sources.AWS_STREAM,
    )
    for place, where, before, text in _PLACES
    for each in (*EXCEPTIONS, UNHEARD_OF)
)


def _throttled(id_: str, title: str, *steps: AnyStep, text: Text = Text.SOME, retry: bool = True) -> Scenario:
    """Make a variant of `mid-throttling-exception`, which should raise the same exception."""
    ideal = RaisesStatus(THROTTLING.type, THROTTLING.status)
    return _scenario(id_, title, *steps, ideal=ideal, text=text, retry=retry, control=f"http-{THROTTLING.id}")


_THROTTLED: Final = exception_frame(THROTTLING.type, THROTTLING.payload)
_DELTA: Final = chunk_frame(text_delta(" world"))


def _damaged(id_: str, title: str, *steps: AnyStep) -> Scenario:
    """Make a scenario in which text is lost, so the call must not end as if it had succeeded."""
    return _scenario(id_, title, Prelude(), *steps, ideal=RaisesAnything())


FRAMES: Final = (
    _throttled(
        "split-frame",
        "An exception frame whose bytes arrive in two reads.",
        Prelude(),
        msgspec.structs.replace(_THROTTLED, end=20),
        *TAKEN,
        msgspec.structs.replace(_THROTTLED, first=20),
    ),
    _throttled(
        "no-exception-message",
        "An exception frame whose JSON has no message.",
        Prelude(),
        exception_frame(THROTTLING.type, "{}"),
    ),
    _throttled(
        "exception-after-stop",
        "An exception frame after message_stop, when the message is complete.",
        Prelude(),
        Rest(),
        _THROTTLED,
        text=Text.ALL,
        retry=False,
    ),
    _scenario(
        "error-frame",
        "A frame of the message type error, for an error that the service's model does not describe.",
        Prelude(),
        error_frame("InternalFailure", "Something went wrong"),
        ideal=RaisesStatus("InternalFailure", 500),
        control="http-internal-server-exception",
        source=sources.AWS_COMMON_ERRORS,
    ),
    _scenario(
        "unknown-frame",
        "A complete stream with a frame of an event type that nobody knows yet.",
        Prelude(),
        event_frame("somethingNew", "{}"),
        Rest(),
        ideal=Completes(),
        text=Text.ALL,
        retry=False,
    ),
    _damaged(
        "half-frame",
        "The response ends legally in the middle of a frame.",
        msgspec.structs.replace(_DELTA, end=60),
    ),
    _damaged(
        "bad-frame-checksum",
        "A frame whose checksum is wrong, and the rest of the stream.",
        msgspec.structs.replace(_DELTA, bad_message=True),
        Rest(),
    ),
    _damaged(
        "bad-prelude-checksum",
        "A frame whose lengths have a wrong checksum, and the rest of the stream.",
        msgspec.structs.replace(_DELTA, bad_prelude=True),
        Rest(),
    ),
)

BEDROCK: Final = (*HTTP_EXCEPTIONS, *EXCEPTION_FRAMES, *FRAMES)
"""Every scenario of this family."""
