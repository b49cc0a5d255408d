"""Encode events as lines of JSON: the data of each event, and a line feed. Events have no names. Pure.

Source: the specification of newline-delimited JSON, https://github.com/ndjson/ndjson-spec.
"""

from matrix.catalogue.steps import Event

CONTENT_TYPE = "application/x-ndjson"
"""The content type of a stream of lines of JSON."""


def encode_event(event: Event) -> bytes:
    """Encode one event as a line."""
    return f"{event.data}\n".encode(errors="surrogateescape")
