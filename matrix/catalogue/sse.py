"""Encode events as server-sent events: `event: NAME`, `data: DATA` and an empty line. Pure.

Source: the HTML standard, "Server-sent events".
"""

from matrix.catalogue.steps import Event

CONTENT_TYPE = "text/event-stream; charset=utf-8"
"""The content type of a stream of server-sent events."""


def encode_event(event: Event, line_end: str = "\n") -> bytes:
    """Encode one event, with its name if it has one."""
    lines = [f"event: {event.name}"] * bool(event.name) + [f"data: {event.data}", "", ""]
    return line_end.join(lines).encode(errors="surrogateescape")


def reframe(event: bytes, line_end: str, *, named: bool) -> bytes:
    """Write an encoded event with other line ends (empty to keep its own), or without its name."""
    lines = event.splitlines(keepends=True)
    whole = b"".join(line for line in lines if named or not line.startswith(b"event:"))
    return whole.replace(b"\r\n", b"\n").replace(b"\n", line_end.encode()) if line_end else whole
