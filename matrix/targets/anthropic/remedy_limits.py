"""The cases in which the remedy is not right about a release of the SDK, and why. Pure.

A test holds the data to this list: a case that it does not name is a fault of the remedy.
"""

from typing import Final

from matrix.targets.limits import Limit

LIMITS: Final = (
    Limit(
        "The call gives its caller no events, so nobody sees how far they came: iterate guard(stream) first, and ask "
        "for the message or the text afterwards.",
        unwatched=True,
    ),
    Limit(
        "The release drops the error. That the stream did not come to its end is all that is left to see: it is "
        "retried, and the type is not known.",
        ("data-only", "no-event-names", "no-final-blank", "json-error-200"),
    ),
    Limit(
        "The release takes the byte order mark for a part of the first event and loses that event; the rest has no "
        "beginning.",
        ("bom",),
    ),
    Limit(
        "The release ends the line at U+2028, and what it has of the error is half a line of JSON: it is retried, "
        "and the type is not known.",
        ("line-separator",),
    ),
    Limit("The stream is complete; whether the tool call is JSON is seen by whoever reads it.", ("bad-tool-json",)),
    Limit("The release puts a replacement character for bytes that are no UTF-8, and says nothing.", ("bad-utf8",)),
    Limit(
        "The release is older than this kind of block, and fails on it before the error comes.",
        ("tool-block", "thinking-block", "eof-in-tool"),
    ),
    Limit("The release itself fails on a stream that is legal and complete.", legal=True),
    Limit(
        "The exceptions of this release have no body. Only their text says which error it was, and the remedy does not "
        "read texts: it is retried, and the type is not known.",
        bodiless=True,
    ),
)
"""Every way in which the remedy is not right on some release from 0.3 on; a test holds the data to it."""
