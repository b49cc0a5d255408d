"""Scenarios that write the same error in other forms of server-sent events, or add legal content to a stream."""

from typing import Final

from matrix.catalogue.openai import sources
from matrix.catalogue.openai.error_event import CHAT, SERVER_ERROR, SERVER_ERROR_EVENT, in_stream
from matrix.catalogue.openai.errors import error_body
from matrix.catalogue.sources import CHUNKED, SSE_STANDARD
from matrix.catalogue.steps import (
    AnyStep,
    Completes,
    Family,
    Finish,
    Head,
    Lines,
    Prelude,
    Rest,
    Scenario,
    Text,
)

_ERROR: Final = error_body(SERVER_ERROR)
_FIRST_DATA, _SECOND_DATA = _ERROR.split(", ", 1)


def _framed(id_: str, title: str, *steps: AnyStep, found_in: str = SSE_STANDARD) -> Scenario:
    return in_stream(id_, title, *steps, family=Family.FRAMING, only=CHAT, found_in=(found_in,))


ERRORS: Final = (
    _framed(
        "crlf",
        "A stream whose lines end in CR LF.",
        Prelude(line_end="\r\n"),
        Lines(f"data: {_ERROR}\r\n\r\n".encode()),
    ),
    _framed(
        "multi-line",
        "An error whose data is split over two data: lines.",
        Prelude(),
        Lines(f"data: {_FIRST_DATA},\ndata: {_SECOND_DATA}\n\n".encode()),
    ),
    _framed(
        "bom",
        "A stream that begins with a byte order mark.",
        Lines(b"\xef\xbb\xbf"),
        Prelude(),
        SERVER_ERROR_EVENT,
    ),
    _framed("no-space", "An error without a space after the colon.", Prelude(), Lines(f"data:{_ERROR}\n\n".encode())),
    _framed(
        "byte-at-a-time",
        "An error whose every byte is a separate chunk.",
        Prelude(),
        *(Lines(bytes([byte])) for byte in f"data: {_ERROR}\n\n".encode()),
        found_in=CHUNKED,
    ),
    _framed(
        "no-final-blank",
        "An error without its final empty line, since the response ends before it.",
        Prelude(),
        Lines(f"data: {_ERROR}\n".encode()),
    ),
)


def _tolerated(id_: str, title: str, lines: bytes, *found_in: str) -> Scenario:
    """Make a scenario of a complete stream with something in it that a reader must ignore."""
    return Scenario(
        id=id_,
        family=Family.FRAMING,
        title=title,
        steps=(Head(), Prelude(), Lines(lines), Rest(), Finish()),
        ideal=Completes(),
        text=Text.ALL,
        retry=False,
        only=CHAT,
        sources=(SSE_STANDARD, *found_in),
    )


TOLERATED: Final = (
    _tolerated(
        "comment",
        "A complete stream with a comment in it, which gateways send to keep a connection open.",
        b": OPENROUTER PROCESSING\n\n",
        sources.OPENROUTER_STREAM,
    ),
    _tolerated(
        "control-only",
        "A complete stream with an event in it that has only a retry: field.",
        b"retry: 3000\n\n",
        sources.CONTROL_ONLY,
        sources.EMPTY_DATA,
    ),
    _tolerated(
        "empty-data",
        "A complete stream with an event in it whose data is empty, which relays send to keep a connection open.",
        b"data:\n\n",
        sources.KEEP_ALIVE,
        sources.EMPTY_DATA,
    ),
)
