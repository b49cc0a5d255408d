"""What advice is based on: releases, what was measured of them, and what that comes to. I/O: reads the store.

No evidence is read, only what was judged of it, so this takes a few milliseconds.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping

import msgspec

from matrix.errors import UsageError
from matrix.model import PROJECT, Judgement, Lane, Outcome, Release
from matrix.store import Store


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one release in one lane.

    Attributes:
        outcome: COMPLETED if the suite was played, or why it could not be.
        reason: Why it could not be played.
        lock: What was installed with it: package to version.
        judgement: What it comes to; None unless the suite was played.
        extras: Extra to what its own calls come to.
    """

    outcome: Outcome
    reason: str
    lock: Mapping[str, str]
    judgement: Judgement | None
    extras: Mapping[str, Judgement]


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of all releases on one Python.

    Attributes:
        releases: Oldest version first.
        known: Version and lane to what was measured.
        python: On which.
        measured: The day of the newest result; None if there is none.
        suite: The digest of the suite that was played; empty if none was.
    """

    releases: tuple[Release, ...]
    known: Mapping[tuple[str, Lane], Known]
    python: str
    measured: dt.date | None
    suite: str

    @property
    def handlers(self) -> list[str]:
        """The ways of catching that were judged, by id."""
        judgements = [known.judgement for known in self.known.values() if known.judgement is not None]
        return sorted({handler for judgement in judgements for handler in judgement.handlers})


def load(store: Store, python: str) -> Knowledge:
    """All that is known on one Python, of the suite that most of it was measured with: suites never mix.

    Raises:
        UsageError: There is no data.
    """
    releases = store.releases()
    if not releases:
        raise UsageError(f"There is no data in {store.folder}.", "Name the folder with --data, or install the project.")
    judgements = store.judgements()
    cells = {cell: stored for cell, stored in store.cells().items() if cell.python == python}
    suites = Counter(stored.suite for stored in cells.values())
    suite = max(suites, key=lambda one: (suites[one], one), default="")
    extras: dict[tuple[str, Lane], dict[str, Judgement]] = {}
    for cell, stored in cells.items():
        if cell.extra and stored.suite == suite and stored.behaviour in judgements:
            extras.setdefault((cell.version, cell.lane), {})[cell.extra] = judgements[stored.behaviour]
    return Knowledge(
        releases=tuple(releases.values()),
        known={
            (cell.version, cell.lane): Known(
                outcome=stored.outcome,
                reason=stored.reason,
                lock={name: pin for name, _, pin in (one.partition("==") for one in stored.lock) if name != PROJECT},
                judgement=judgements.get(stored.behaviour),
                extras=extras.get((cell.version, cell.lane), {}),
            )
            for cell, stored in cells.items()
            if not cell.extra and stored.suite == suite
        },
        python=python,
        measured=max((stored.provenance.measured for stored in cells.values()), default=None),
        suite=suite,
    )
