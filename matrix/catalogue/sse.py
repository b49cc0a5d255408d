"""Encode events as server-sent events: `event: NAME`, `data: DATA` and an empty line. Pure.

Source: the HTML standard, "Server-sent events".
"""

from matrix.catalogue.steps import Event

CONTENT_TYPE = "text/event-stream; charset=utf-8"
"""The content type of a stream of server-sent events."""


def encode_event(event: Event) -> bytes:
    """Encode one event. An event without a name has lines that end in CR LF, as in the legacy dialect."""
    text = f"event: {event.name}\ndata: {event.data}\n\n" if event.name else f"data: {event.data}\r\n\r\n"
    return text.encode(errors="surrogateescape")


def reframe(event: bytes, line_end: str, *, named: bool) -> bytes:
    """Write an encoded event with other line ends (empty to keep its own), or without its name."""
    lines = event.splitlines(keepends=True)
    whole = b"".join(line for line in lines if named or not line.startswith(b"event:"))
    return whole.replace(b"\r\n", b"\n").replace(b"\n", line_end.encode()) if line_end else whole
