"""A reader of server-sent events, written from the HTML standard and from nothing of ours.

Section 9.2.6, "Interpreting an event stream". It judges whether what the catalogue calls legal is legal.
"""

import re


def read(body: bytes) -> list[tuple[str, str]]:
    """The events that a browser dispatches for `body`, each its type and its data."""
    text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")  # "UTF-8 decode" takes one byte order mark
    # A line ends in CR LF, LF or CR; what follows the last of them is no line, for it may not be complete.
    *lines, _ = re.split("\r\n|\n|\r", text)
    events: list[tuple[str, str]] = []
    kind, data = "", ""
    for line in lines:
        if not line:
            if data:  # an empty buffer is dropped; one with an empty data line in it has a line feed
                events.append((kind or "message", data.removesuffix("\n")))
            kind, data = "", ""
            continue
        field, _, value = line.partition(":")  # a comment has an empty field, which no rule knows
        value = value.removeprefix(" ")
        if field == "event":
            kind = value
        elif field == "data":
            data += value + "\n"
    return events  # and an event that is not complete at the end of the stream is discarded
