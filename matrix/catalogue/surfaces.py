"""Surfaces: the calls of a package that are tested, and which scenarios are played on each. Pure."""

from enum import StrEnum

import msgspec

from matrix.catalogue.dialect import Dialect


class PlayedScenarios(StrEnum):
    """The scenarios that are played on a surface."""

    ALL = "all"
    """All scenarios of its dialect."""
    WHERE_IT_DIFFERS = "where it differs"
    """The scenarios in which surfaces that read the same stream can differ."""
    RETRIES = "retries"
    """The scenarios that show how a client retries."""


class ReturnedContent(StrEnum):
    """The content that a call returns to its caller."""

    EVENTS = "events"
    MESSAGE = "message"
    TEXT = "text"
    NOTHING = "nothing"


class Surface(msgspec.Struct, frozen=True):
    """A call of the package under test.

    Attributes:
        title: The call as users write it.
        plays: The scenarios that are played on it: a group of them, or their ids.
        shows: The content that it returns to its caller.
        dialect: The dialect that it requests from the server.
        extra: The extra of the package that it needs, which means a separate cell; empty for none.
        client: The client on which it is made, by id; empty for the client of the provider's own API.
    """

    title: str
    plays: PlayedScenarios | frozenset[str] = PlayedScenarios.WHERE_IT_DIFFERS
    shows: ReturnedContent = ReturnedContent.EVENTS
    dialect: Dialect = Dialect.MESSAGES
    extra: str = ""
    client: str = ""


def sync_and_async(id_: str, surface: Surface) -> dict[str, Surface]:
    """Make one surface for the sync client and one for the async client, by id."""
    return {
        id_: msgspec.structs.replace(surface, title=f"{surface.title}, sync"),
        f"{id_}-async": msgspec.structs.replace(surface, title=f"{surface.title}, async"),
    }
