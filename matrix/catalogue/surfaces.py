"""Surfaces: the calls of a package that are tested, and which scenarios are played on each. Pure."""

from enum import StrEnum

import msgspec

from matrix.catalogue.sse import Dialect


class Plays(StrEnum):
    """Which scenarios are played on a surface."""

    ALL = "all"
    """All that its dialect has."""
    WHERE_IT_DIFFERS = "where it differs"
    RETRIES = "retries"
    """Those that show what a client does that may retry."""


class Shows(StrEnum):
    """What a call gives its caller."""

    EVENTS = "events"
    MESSAGE = "message"
    TEXT = "text"
    NOTHING = "nothing"


class Surface(msgspec.Struct, frozen=True):
    """A call of the package under test.

    Attributes:
        title: The call as users write it.
        plays: Which scenarios are played on it.
        shows: What it gives its caller.
        dialect: What it asks the server for.
        extra: The extra of the package that it needs; it is then played in a cell of its own. Empty for none.
    """

    title: str
    plays: Plays = Plays.WHERE_IT_DIFFERS
    shows: Shows = Shows.EVENTS
    dialect: Dialect = Dialect.MESSAGES
    extra: str = ""


def sync_and_async(id_: str, surface: Surface) -> dict[str, Surface]:
    """Make a surface of the sync client and one of the async client, by id."""
    return {
        id_: msgspec.structs.replace(surface, title=f"{surface.title}, sync"),
        f"{id_}-async": msgspec.structs.replace(surface, title=f"{surface.title}, async"),
    }
