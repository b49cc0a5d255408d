"""Connections that fail under a stream."""

from typing import Final

from matrix.catalogue import sources
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
    Pause,
    Prelude,
    RaisesConnection,
    Raw,
    Reset,
    Scenario,
    Text,
)

RESETTING: Final = (*TAKEN, Reset())

_DRIP: Final = 0.1
"""Seconds between two bytes of a drip: well within the client's timeout; all of them together are well beyond it."""
_DRIPPED: Final = b": drip."


def _fails(
    id_: str,
    title: str,
    *steps: AnyStep,
    text: Text = Text.SOME,
    timeout: float | None = None,
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
        sources=found_in,
    )


_DRIPS: Final = tuple(step for byte in _DRIPPED for step in (Body(bytes([byte])), Pause(_DRIP)))

FAILURES = (
    _fails("reset", "The connection is reset after some text.", Head(), Prelude(), *RESETTING),
    _fails(
        "reset-before-anything",
        "The connection is reset after the head of the response.",
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
        "The connection is closed in the middle of a chunk.",
        Head(),
        Prelude(),
        *TAKEN,
        Raw(b"40\r\nevent: content_block_delta\n"),
        Close(),
        found_in=(sources.TRANSPORT, sources.INCOMPLETE),
    ),
    _fails(
        "bad-chunk-size",
        "A chunk has a size that is no number.",
        Head(),
        Prelude(),
        *TAKEN,
        Raw(b"zz\r\n"),
        Close(),
        found_in=(sources.CHUNKED,),
    ),
    _fails(
        "short-content-length",
        "The connection is closed before as many bytes have come as Content-Length promised.",
        Head(length=100_000),
        Prelude(),
        Close(),
        found_in=(sources.INCOMPLETE,),
    ),
    _fails(
        "bad-gzip",
        "The response claims to be compressed and is not.",
        Head(encoding="gzip"),
        Body(b"this is no gzip\n"),
        Finish(),
        text=Text.NONE,
    ),
    _fails(
        "stall",
        "After some text nothing more comes, and the connection stays open.",
        Head(),
        Prelude(),
        Hold(),
        timeout=READ_TIMEOUT,
    ),
    _fails(
        "slow-drip",
        "Single bytes come, each in time and all together far too late; then the connection is closed.",
        Head(),
        Prelude(),
        *_DRIPS,
        Close(),
        timeout=READ_TIMEOUT,
    ),
)
