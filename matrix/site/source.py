"""The measured data that a site is made from. Pure."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from matrix.model import Cell, Release
from matrix.observation import Result
from matrix.store.knowledge import Knowledge
from matrix.targets.target import Target


class SiteSource(msgspec.Struct, frozen=True, kw_only=True):
    """The measured data that a site is made from.

    Attributes:
        target: The target of the data.
        releases: Version to release, oldest first.
        results: The results of this suite on one Python version, of the first-party client's calls.
        control: The patched cell and its result; None if it was not measured.
        suite: The digest of the suite.
        python: The Python of the cells.
        checked: The day of the last good run; None if none is recorded.
        held: Version to reason of the releases whose results the publish gate holds back.
        clients: Id of each other client to the results of its calls, like `results`; only clients that were measured.
        extra_controls: Each extra whose cells have a patched control to that cell and its result.
        knowledge: The judged data, on which advice is based; empty if the data was measured with another suite.
    """

    target: Target
    releases: Mapping[str, Release]
    results: Mapping[Cell, Result]
    control: tuple[Cell, Result] | None
    suite: str
    python: str
    checked: dt.date | None = None
    held: Mapping[str, str] = {}
    clients: Mapping[str, Mapping[Cell, Result]] = {}
    extra_controls: Mapping[str, tuple[Cell, Result]] = {}
    knowledge: Knowledge

    def results_of(self, client: str) -> Mapping[Cell, Result]:
        """Return the results of a client's calls, by the cell without an extra."""
        return self.clients.get(client, {}) if client else self.results
