"""The knowledge that advice is based on: releases, their results and judgements. Pure; `queries` reads it."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from matrix.model import Lane, Release
from matrix.observation import Judgement, Outcome
from matrix.store.soaks import SoakResult
from matrix.targets.target import Target


class LockedVersions(Mapping[str, str]):
    """The packages of a lock, each name to its version. The pins are split on first use: most locks are never read.

    Args:
        target: The package under test, which is left out.
        pins: The pins of the lock.
    """

    def __init__(self, target: Target, pins: Sequence[str]) -> None:
        self._target = target
        self._pins = pins

    @cached_property
    def _versions(self) -> dict[str, str]:
        return self._target.dependencies(self._pins)

    def __getitem__(self, name: str) -> str:
        return self._versions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._versions)

    def __len__(self) -> int:
        return len(self._versions)


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one release in one lane.

    Attributes:
        outcome: COMPLETED if the suite was played; otherwise the outcome that prevented it.
        reason: Why the suite was not played; empty if it was.
        lock: The packages that were installed with it, each name to its version.
        judgement: The summary of its behaviour on the first-party client; None unless the suite was played.
        extras: Each extra to the summary of the calls that need it, without the extras of other clients.
        clients: Each other client that was measured to the summary of its calls, by id.
    """

    outcome: Outcome
    reason: str
    lock: Mapping[str, str]
    judgement: Judgement | None
    extras: Mapping[str, Judgement]
    clients: Mapping[str, Judgement] = msgspec.field(default_factory=dict)

    def judgement_of(self, client: str) -> Judgement | None:
        """Return the summary of the calls of a client; None if it was not measured."""
        return self.clients.get(client) if client else self.judgement


class Knowledge(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The results of all releases on one Python.

    Attributes:
        target: The package of the releases.
        releases: Every release, oldest version first.
        measurements: Version and lane to the measurement; releases that were not measured are missing.
        python: The version of Python.
        measured: The day of the newest result; None if there is no result.
        suite: The digest of the suite; empty if there is no result.
        soaks: The results of the soak.
    """

    target: Target
    releases: tuple[Release, ...]
    measurements: Mapping[tuple[str, Lane], Measurement]
    python: str
    measured: dt.date | None
    suite: str
    soaks: tuple[SoakResult, ...] = ()

    @classmethod
    def nothing(cls, target: Target) -> "Knowledge":
        """Make an empty knowledge: no release, no result."""
        return cls(target=target, releases=(), measurements={}, python="", measured=None, suite="")

    @property
    def newest(self) -> str:
        """The newest final release with a result with today's dependencies, by version; empty if there is none."""
        measured = (
            release.version
            for release in reversed(self.releases)
            if not (release.is_prerelease or release.yanked is not None)
            and (release.version, Lane.TODAY) in self.measurements
        )
        return next(measured, "")

    @cached_property
    def first_typed(self) -> dict[str, Release]:
        """The first release on which each client names the errors inside a stream, by the client's id."""
        return self._find_first(lambda judgement: judgement.typed)

    @cached_property
    def first_documented(self) -> dict[str, Release]:
        """The first release on which each client gives the documented status inside a stream, by the client's id."""
        return self._find_first(lambda judgement: judgement.documented)

    def _find_first(self, holds: Callable[[Judgement], bool]) -> dict[str, Release]:
        """Find the first release where a client's judgement with today's dependencies meets a condition."""
        first: dict[str, Release] = {}
        for release in self.releases:
            if (known := self.measurements.get((release.version, Lane.TODAY))) is None:
                continue
            for client in self.target.clients:
                judgement = known.judgement_of(client.id)
                if judgement is not None and holds(judgement):
                    first.setdefault(client.id, release)
        return first

    @cached_property
    def extras(self) -> frozenset[str]:
        """The extras with which any release was measured."""
        return frozenset(extra for known in self.measurements.values() for extra in known.extras)

    @property
    def handlers(self) -> list[str]:
        """The handlers that were judged, by id, sorted."""
        judgements = [result.judgement for result in self.measurements.values() if result.judgement is not None]
        return sorted({handler for judgement in judgements for handler in judgement.handlers})
