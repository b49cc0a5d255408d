"""Scenarios in which the connection fails during a stream."""

from typing import Final

from matrix.catalogue import sources
from matrix.catalogue.dialect import SERVER_SENT, Dialect
from matrix.catalogue.error_event import READ_TIMEOUT
from matrix.catalogue.steps import (
    TAKEN,
    AnyStep,
    Body,
    Close,
    Family,
    Finish,
    Head,
    Hold,
    Lines,
    Pause,
    Prelude,
    RaisesConnection,
    Raw,
    Reset,
    Scenario,
    Text,
)

RESETTING: Final = (*TAKEN, Reset())
"""Reset the connection after the peer has read all bytes."""

_DRIP: Final = 0.1
"""Seconds between two bytes of a drip: one pause is far below the client's timeout, all pauses together far above."""
_DRIPPED: Final = b": drip."
"""The bytes of a drip: the beginning of a comment, so no event."""


def _fails(
    id_: str,
    title: str,
    *steps: AnyStep,
    text: Text = Text.SOME,
    timeout: float | None = None,
    only: frozenset[Dialect] = frozenset(),
    found_in: tuple[str, ...] = (sources.TRANSPORT, sources.INCOMPLETE_READ),
) -> Scenario:
    return Scenario(
        id=id_,
        family=Family.TRANSPORT,
        title=title,
        steps=steps,
        ideal=RaisesConnection(),
        text=text,
        retry=True,
        timeout=timeout,
        only=only,
        sources=found_in,
    )


_DRIPS: Final = tuple(step for byte in _DRIPPED for step in (Lines(bytes([byte])), Pause(_DRIP)))

FAILURES = (
    _fails("reset", "The connection is reset after some text.", Head(), Prelude(), *RESETTING),
    _fails(
        "reset-before-anything",
        "The connection is reset after the headers of the response.",
        Head(),
        *RESETTING,
        text=Text.NONE,
    ),
    _fails(
        "no-last-chunk",
        "The connection is closed after some text, between two chunks.",
        Head(),
        Prelude(),
        Close(),
        found_in=(sources.INCOMPLETE_READ, sources.INCOMPLETE),
    ),
    _fails(
        "cut-chunk",
        "The connection is closed inside a chunk.",
        Head(),
        Prelude(),
        *TAKEN,
        Raw(b"40\r\nevent: content_block_delta\n"),
        Close(),
        only=SERVER_SENT,
        found_in=(sources.TRANSPORT, sources.INCOMPLETE),
    ),
    _fails(
        "bad-chunk-size",
        "A chunk has a size that is not a number.",
        Head(),
        Prelude(),
        *TAKEN,
        Raw(b"zz\r\n"),
        Close(),
        found_in=(sources.CHUNKED,),
    ),
    _fails(
        "short-content-length",
        "The connection is closed before Content-Length bytes were sent.",
        Head(length=100_000),
        Prelude(),
        Close(),
        found_in=(sources.INCOMPLETE,),
    ),
    _fails(
        "bad-gzip",
        "The response claims gzip compression and is not compressed.",
        Head(encoding="gzip"),
        Body(b"this is no gzip\n"),
        Finish(),
        text=Text.NONE,
    ),
    _fails(
        "stall",
        "The server sends nothing more after some text, and the connection stays open.",
        Head(),
        Prelude(),
        Hold(),
        timeout=READ_TIMEOUT,
    ),
    _fails(
        "slow-drip",
        "Single bytes arrive, each within the timeout and together far beyond it, then the connection is closed.",
        Head(),
        Prelude(),
        *_DRIPS,
        Close(),
        timeout=READ_TIMEOUT,
    ),
)
