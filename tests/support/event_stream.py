"""A reader of server-sent events, written from the HTML standard alone.

It follows section 9.2.6, "Interpreting an event stream". The catalogue's tests check with it that framing is legal.
"""

import re


def read(body: bytes) -> list[tuple[str, str]]:
    """List the events that a browser dispatches for `body`: the type and the data of each."""
    text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")  # "UTF-8 decode" takes one byte order mark
    # A line ends in CR LF, LF or CR; text after the last line end may be incomplete, so it is no line.
    *lines, _ = re.split("\r\n|\n|\r", text)
    events: list[tuple[str, str]] = []
    kind, data = "", ""
    for line in lines:
        if not line:
            if data:  # an empty buffer is dropped; a buffer with an empty data line has a line feed
                events.append((kind or "message", data.removesuffix("\n")))
            kind, data = "", ""
            continue
        field, _, value = line.partition(":")  # a comment has an empty field name, which no rule uses
        value = value.removeprefix(" ")
        if field == "event":
            kind = value
        elif field == "data":
            data += value + "\n"
    return events  # an incomplete event at the end of the stream is discarded
