"""The twelve failures by which packages are compared, whatever API they call. Pure.

Each suite names the scenario that plays a headline on its API: `Suite.headlines`.
"""

from typing import Final

from matrix.model import Frozen


class Headline(Frozen, frozen=True):
    """A kind of failure that every streaming API has.

    Attributes:
        id: Its name in documents and addresses. Those are published, so it never changes.
        title: What happens, in a few words.
    """

    id: str
    title: str


_ALL: Final = (
    Headline("overloaded-mid", "Overloaded, after some text"),
    Headline("overloaded-first", "Overloaded, before any text"),
    Headline("rate-limited-mid", "Rate limit, after some text"),
    Headline("server-error-mid", "Server error, after some text"),
    Headline("invalid-request-mid", "Invalid request, after some text"),
    Headline("overloaded-http", "Overloaded, as a plain HTTP error"),
    Headline("rate-limited-http", "Rate limit, as a plain HTTP error"),
    Headline("cut", "Stream ends in mid-answer"),
    Headline("empty", "Stream ends before anything"),
    Headline("reset", "Connection reset in mid-answer"),
    Headline("stall", "Server stops sending"),
    Headline("damaged", "Damaged event in mid-answer"),
)

HEADLINES: Final = {headline.id: headline for headline in _ALL}
"""Every headline, by id, in the order of tables."""

BROKEN_STREAMS: Final = {
    "cut": "eof-mid",
    "empty": "eof-before-anything",
    "reset": "reset",
    "stall": "stall",
    "damaged": "bad-json",
}
"""The scenario that plays each headline in which no error is sent, by their ids.

The damaged event is one of the answer. Where `bad-json` damages an error, another scenario plays `damaged`, or none.
"""
