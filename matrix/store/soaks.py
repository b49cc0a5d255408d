"""The results of the soak: how often an asynchronous call hangs whose clients nobody closes. Pure.

The versions of a few packages decide that, together with the era of the release. So the soak measures each set of them
once, and all releases with the set share the result. Counts vary from run to run. They are no part of a behaviour, and
no verdict depends on them.
"""

import datetime as dt
from collections.abc import Iterable, Mapping

from packaging.version import Version

from matrix.model import Frozen, Lane
from matrix.targets.target import Target


class SoakSet(Frozen, frozen=True, kw_only=True):
    """A set of packages and an era; releases with the same set share one result.

    Attributes:
        era: The first release of the era; empty for releases before the first era.
        pins: The pins of the packages that carry the connection, sorted.
    """

    era: str
    pins: tuple[str, ...]

    @property
    def key(self) -> str:
        """The key of its entry in the document."""
        return " ".join((f"{self.era or '0'}+", *self.pins))


class SoakResult(Frozen, frozen=True, kw_only=True):
    """The result of the soak of one set.

    Attributes:
        set: The measured set.
        version: The release that was measured.
        lane: The lane of its lock.
        python: The version of Python, as `major.minor`.
        calls: The number of calls that were made.
        hangs: The number of calls that were still waiting at the deadline.
        deadline: The deadline of a call, in seconds.
        measured: The day of the measurement, UTC.
        interpreter: The implementation and version of the interpreter.
        system: The operating system and the processor.
        reason: Why no call could be made, or why the soak ended early; empty if every call was made.
    """

    set: SoakSet
    version: str
    lane: Lane
    python: str
    calls: int
    hangs: int
    deadline: float
    measured: dt.date
    interpreter: str
    system: str
    reason: str = ""

    @property
    def count(self) -> "HangCount":
        """Its calls and hangs."""
        return HangCount(self.calls, self.hangs)


def find_set(target: Target, version: str, pins: Iterable[str]) -> SoakSet | None:
    """Find the set of a release and its lock; None if the target has no soak."""
    if target.soak is None:
        return None
    carriers = frozenset(target.soak.carriers)
    named = sorted(pin for pin in pins if pin.partition("==")[0] in carriers)
    return SoakSet(era=find_era(target, version), pins=tuple(named))


def group_releases(
    target: Target, locks: Iterable[tuple[str, Lane, tuple[str, ...]]]
) -> dict[SoakSet, list[tuple[str, Lane]]]:
    """Group releases by their sets.

    Args:
        target: The package of the releases.
        locks: The version, the lane and the pins of each lock.
    """
    groups: dict[SoakSet, list[tuple[str, Lane]]] = {}
    for version, lane, pins in locks:
        if (each := find_set(target, version, pins)) is not None:
            groups.setdefault(each, []).append((version, lane))
    return groups


def find_result(target: Target, results: Iterable[SoakResult], version: str, pins: Iterable[str]) -> SoakResult | None:
    """Find the result for a release and its lock; None if there is none, or if no call could be made."""
    which = find_set(target, version, pins)
    return next((result for result in results if result.set == which and result.calls), None)


class HangCount(Frozen, frozen=True):
    """The calls and hangs of some results together.

    Attributes:
        calls: The number of calls.
        hangs: The number of those that hung.
    """

    calls: int
    hangs: int

    @property
    def rate(self) -> int:
        """The number of calls of which one hangs, rounded; 0 if none hung."""
        return round(self.calls / self.hangs) if self.hangs else 0


def find_era(target: Target, version: str) -> str:
    """Find the era of a release by its first release; empty if there is none."""
    eras = target.soak.eras if target.soak is not None else ()
    return next((era for era in reversed(eras) if Version(era) <= Version(version)), "")


def count_by_cause(target: Target, results: Iterable[SoakResult]) -> dict[tuple[str, str], HangCount]:
    """Add up results by the era and by the version of the package that decides; results without a call are left out."""
    counts: dict[tuple[str, str], HangCount] = {}
    for result in results:
        version = _version(target, result)
        if result.calls and version:
            before = counts.get((result.set.era, version), HangCount(0, 0))
            counts[result.set.era, version] = HangCount(before.calls + result.calls, before.hangs + result.hangs)
    return counts


def first_without_hangs(counts: Mapping[tuple[str, str], HangCount]) -> str:
    """Return the first version of the deciding package from which on no call hung; empty if there is none."""
    hangs: dict[Version, int] = {}
    for (_, text), count in counts.items():
        version = Version(text)
        hangs[version] = hangs.get(version, 0) + count.hangs
    first = ""
    for version in sorted(hangs, reverse=True):
        if hangs[version]:
            break
        first = str(version)
    return first


def _version(target: Target, result: SoakResult) -> str:
    """Return the version of the deciding package in a set; empty if the set lacks it."""
    cause = target.soak.cause if target.soak is not None else ""
    return next((pin.partition("==")[2] for pin in result.set.pins if pin.partition("==")[0] == cause), "")


def describe_result(result: SoakResult) -> str:
    """Describe a result in one sentence without a period: `7 of 400 calls hung, one in 57`."""
    if not result.calls:
        return f"no call: {result.reason.rstrip('.')}" if result.reason else "no call"
    share = f", one in {result.count.rate}" if result.hangs else ""
    early = f"; it ended early: {result.reason.rstrip('.')}" if result.reason else ""
    return f"{result.hangs} of {result.calls:,} calls hung{share}{early}"
