"""Scenarios that write the same error in every form of server-sent events, or add other legal content to a stream.

Source: the HTML standard, "Server-sent events", for what is legal and what a reader must ignore.
"""

import json
from typing import Final

from matrix.catalogue import sources
from matrix.catalogue.control import error_body
from matrix.catalogue.error_event import OVERLOADED, OVERLOADED_EVENT, mid_overloaded
from matrix.catalogue.steps import (
    TAKEN,
    AnyStep,
    Completes,
    Event,
    Family,
    Finish,
    Head,
    Lines,
    Prelude,
    Rest,
    Scenario,
    Text,
)

_ERROR: Final = error_body(OVERLOADED)


def _framed(id_: str, title: str, *steps: AnyStep, found_in: tuple[str, ...] = (sources.SSE_STANDARD,)) -> Scenario:
    return mid_overloaded(id_, title, *steps, Finish(), family=Family.FRAMING, found_in=found_in)


def _error_with_message(message: str) -> str:
    """Encode the overloaded error with another message, without escaping its characters."""
    return json.dumps({"type": "error", "error": {"type": OVERLOADED, "message": message}}, ensure_ascii=False)


def _split(data: str, character: str) -> tuple[AnyStep, ...]:
    """Return the steps of an error event in two reads, split inside the UTF-8 bytes of a character."""
    whole = f"event: error\ndata: {data}\n\n".encode()
    middle = whole.index(character.encode()) + 1
    return (Lines(whole[:middle]), *TAKEN, Lines(whole[middle:]))


_FIRST_DATA, _SECOND_DATA = _ERROR.split(", ", 1)

ERRORS = (
    _framed(
        "data-only",
        "An error without an event: line, which some proxies omit.",
        Prelude(),
        Lines(f"data: {_ERROR}\n\n".encode()),
        found_in=(sources.SSE_STANDARD, sources.DATA_ONLY),
    ),
    _framed(
        "no-event-names",
        "A complete stream without event: lines.",
        Prelude(named=False),
        Lines(f"data: {_ERROR}\n\n".encode()),
        found_in=(sources.SSE_STANDARD, sources.DATA_ONLY),
    ),
    _framed(
        "multi-line",
        "An error whose data is split over two data: lines.",
        Prelude(),
        Lines(f"event: error\ndata: {_FIRST_DATA},\ndata: {_SECOND_DATA}\n\n".encode()),
    ),
    _framed(
        "crlf",
        "A stream whose lines end in CR LF.",
        Prelude(line_end="\r\n"),
        Lines(f"event: error\r\ndata: {_ERROR}\r\n\r\n".encode()),
    ),
    _framed(
        "cr",
        "A stream whose lines end in CR alone.",
        Prelude(line_end="\r"),
        Lines(f"event: error\rdata: {_ERROR}\r\r".encode()),
    ),
    _framed(
        "split-crlf",
        "A stream whose lines end in CR LF, with reads that end between CR and LF.",
        Prelude(line_end="\r\n"),
        Lines(b"event: error\r"),
        *TAKEN,
        Lines(f"\ndata: {_ERROR}\r\n\r".encode()),
        *TAKEN,
        Lines(b"\n"),
    ),
    _framed(
        "bom",
        "A stream that begins with a byte order mark.",
        Lines(b"\xef\xbb\xbf"),
        Prelude(),
        OVERLOADED_EVENT,
    ),
    _framed(
        "retry-field",
        "An error with a retry: field.",
        Prelude(),
        Lines(f"event: error\nretry: 3000\ndata: {_ERROR}\n\n".encode()),
    ),
    _framed(
        "id-field",
        "An error with an id: field.",
        Prelude(),
        Lines(f"event: error\nid: 7\ndata: {_ERROR}\n\n".encode()),
    ),
    _framed(
        "comment",
        "Comments before and inside an error, which proxies send to keep a connection open.",
        Prelude(),
        Lines(f": keep-alive\n\nevent: error\n: PROCESSING\ndata: {_ERROR}\n\n".encode()),
    ),
    _framed(
        "no-space",
        "An error without a space after the colons.",
        Prelude(),
        Lines(f"event:error\ndata:{_ERROR}\n\n".encode()),
    ),
    _framed(
        "byte-at-a-time",
        "An error whose every byte is a separate chunk.",
        Prelude(),
        *(Lines(bytes([byte])) for byte in f"event: error\ndata: {_ERROR}\n\n".encode()),
        found_in=(sources.CHUNKED,),
    ),
    _framed(
        "split-utf8",
        "An error with a non-ASCII message, with a read that ends inside a character.",
        Prelude(),
        *_split(_error_with_message("Überlastet"), "Ü"),
    ),
    _framed(
        "line-separator",
        "An error whose message contains U+2028, a line end in Unicode but not in server-sent events.",
        Prelude(),
        Lines(f"event: error\ndata: {_error_with_message('Over' + chr(0x2028) + 'loaded')}\n\n".encode()),
    ),
    _framed(
        "no-final-blank",
        "An error without its final empty line, since the response ends before it.",
        Prelude(),
        Lines(f"event: error\ndata: {_ERROR}\n".encode()),
    ),
)


def _tolerated(id_: str, title: str, *steps: AnyStep) -> Scenario:
    """Make a scenario of a complete stream with something in it that a reader must ignore."""
    return Scenario(
        id=id_,
        family=Family.FRAMING,
        title=title,
        steps=(Head(), *steps, Finish()),
        ideal=Completes(),
        text=Text.ALL,
        retry=False,
        sources=(sources.SSE_STANDARD, sources.STREAMING_PAGE),
    )


TOLERATED = (
    _tolerated(
        "empty-named-event",
        "A complete stream with an event that has a name and no data, which the standard drops.",
        Prelude(),
        Lines(b"event: content_block_delta\n\n"),
        Rest(),
    ),
    _tolerated(
        "unknown-event",
        "A complete stream with an event of a type that nobody knows yet.",
        Prelude(),
        Event("something_new", '{"type": "something_new"}'),
        Rest(),
    ),
    _tolerated(
        "ping",
        "A complete stream with a ping in it.",
        Prelude(),
        Event("ping", '{"type": "ping"}'),
        Rest(),
    ),
    _tolerated(
        "done-data",
        "A complete stream followed by data: [DONE], which gateways add.",
        Prelude(),
        Rest(),
        Lines(b"data: [DONE]\n\n"),
    ),
    _tolerated(
        "done-event",
        "A complete stream followed by an event named done, which gateways add.",
        Prelude(),
        Rest(),
        Lines(b"event: done\ndata: [DONE]\n\n"),
    ),
)
