"""Endpoints of an API: which requests a path selects, and what precedes it in the path of a request. Pure."""

import functools
import re

import msgspec

from matrix.catalogue.dialect import Dialect


class Endpoint(msgspec.Struct, frozen=True):
    """A path of the API, and the dialect that clients speak there.

    Attributes:
        path: The end of the request's path; each `*` stands for one segment, or for the rest of one.
        dialect: The dialect of current clients.
        version_header: The header with the version that a client requests; empty if the version does not matter.
        since: The first value of that header that selects `dialect`.
        before: The dialect for lower values of that header.
    """

    path: str
    dialect: Dialect
    version_header: str = ""
    since: str = ""
    before: Dialect = Dialect.LEGACY

    @property
    def dialects(self) -> frozenset[Dialect]:
        """The dialects that clients of any version can request."""
        return frozenset({self.dialect, self.before} if self.since else {self.dialect})

    def dialect_for(self, version: str) -> Dialect:
        """Return the dialect of clients that request a version; it is empty if they request none."""
        return self.before if self.since and version < self.since else self.dialect

    def base_path(self, path: str) -> str | None:
        """Return what precedes the endpoint in the path of a request; None if the path does not end with it."""
        match = _pattern(self.path).search(path)
        return path[: match.start()] if match else None


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    """Compile the pattern of an endpoint."""
    return re.compile("[^/]+".join(re.escape(part) for part in path.split("*")) + r"\Z")
