"""What advice is based on: releases, what was measured of them, and what that comes to. Pure; `evidence` reads it."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from matrix.model import Lane, Release
from matrix.observation import Judgement, Outcome
from matrix.targets.target import Target


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
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
        target: What the releases are of.
        releases: Oldest version first.
        known: Version and lane to what was measured.
        python: On which.
        measured: The day of the newest result; None if there is none.
        suite: The digest of the suite that was played; empty if none was.
    """

    target: Target
    releases: tuple[Release, ...]
    known: Mapping[tuple[str, Lane], Measurement]
    python: str
    measured: dt.date | None
    suite: str

    @classmethod
    def nothing(cls, target: Target) -> "Knowledge":
        """Make the knowledge of somebody who measured nothing."""
        return cls(target=target, releases=(), known={}, python="", measured=None, suite="")

    @property
    def handlers(self) -> list[str]:
        """The ways of catching that were judged, by id."""
        judgements = [known.judgement for known in self.known.values() if known.judgement is not None]
        return sorted({handler for judgement in judgements for handler in judgement.handlers})
