"""Clients of a package under test: the classes on which programs make calls, by the service that they call. Pure."""

from typing import Final

import msgspec

FIRST_PARTY: Final = "first-party"
"""The name of the client of the provider's own API, whose id is empty."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A client of a package: the class on which programs make calls, for one service that hosts the API.

    Attributes:
        id: Its name in options, in data, and at the beginning of the ids of its surfaces; empty for the client of the
            provider's own API.
        title: The service that it calls, as people name it.
        class_name: The name of its class; that of the async client has `Async` before it.
        extra: The extra of the package with which people install it; empty if it needs none.
        aliases: Other names of its class.
    """

    id: str = ""
    title: str
    class_name: str
    extra: str = ""
    aliases: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name that people write: its id, or `first-party`."""
        return self.id or FIRST_PARTY

    def is_named(self, class_name: str) -> bool:
        """Return whether this is the name of its class, or of its async class."""
        return class_name.removeprefix("Async") in {self.class_name, *self.aliases}
