"""Which release to pin, by what is known, by a date, and by how errors are caught: always the same. Pure.

Of the releases that may be pinned, the one that does the least harm to whoever catches in these ways, and of those the
newest. Harm is counted in scenarios, worst first: a handler that crashes before one that gives up, and that before one
that tries again in vain.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.advice.facts import REMEDY, Fact, find_facts, original_client_pins, unusable_reason
from matrix.advice.ranges import allowed_releases
from matrix.findings.model import ORDER, Level
from matrix.findings.rules import (
    CANNOT_BE_USED,
    CRASHES,
    CUT,
    HANGS,
    LEGACY,
    MISSES,
    NEEDLESS,
    RULES,
    SILENT,
    STATUS,
    UNNAMED,
)
from matrix.model import TODAY_FIRST, Frozen, Lane, Release
from matrix.releases.selection import admits
from matrix.store.knowledge import Knowledge
from matrix.system.text import counted


class RejectedReleases(Frozen, frozen=True, kw_only=True):
    """Releases that may not be pinned.

    Attributes:
        reason: Why, in a few words.
        versions: Which, oldest first.
    """

    reason: str
    versions: tuple[str, ...]


class Candidate(Frozen, frozen=True, kw_only=True):
    """A release that may be pinned.

    Attributes:
        version: Which.
        uploaded: The day, UTC.
        errors: How many facts are errors.
        warnings: How many are warnings.
        facts: All that there is to know of it, worst first.
        beside: What must be pinned beside it, as in a requirements file, for it to be of any use.
    """

    version: str
    uploaded: dt.date
    errors: int
    warnings: int
    facts: tuple[Fact, ...]
    beside: tuple[str, ...] = ()


class Advice(Frozen, frozen=True, kw_only=True):
    """What to pin.

    Attributes:
        specifier: What was allowed.
        catching: How errors are caught, by handler id.
        python: For which Python.
        as_of: The day on which this is true.
        min_age: Days for which a release must have been out.
        measured: The day of the newest result.
        measured_on: The Python of the measurements.
        pin: The release; None if there is none that may be pinned.
        why: In a sentence or two.
        lines: Where it is written to what is written there: `requirements`, `pyproject`, `renovate`.
        buys: What the other releases that may be pinned have, and this one has not.
        remains: What it has all the same.
        remedy: Whether the remedy mends something of what remains.
        next: What will be the choice once it is old enough, or is the second best now.
        passed: What may not be pinned.
    """

    specifier: str
    catching: tuple[str, ...]
    python: str
    as_of: dt.date
    min_age: int
    measured: dt.date | None
    measured_on: str
    pin: Candidate | None
    why: str
    lines: dict[str, str]
    buys: tuple[str, ...] = ()
    remains: tuple[Fact, ...] = ()
    remedy: bool = False
    next: str = ""
    passed: tuple[RejectedReleases, ...] = ()


def recommend(
    knowledge: Knowledge,
    specifier: SpecifierSet,
    *,
    as_of: dt.date,
    catching: Collection[str] = (),
    python: str = "",
    min_age: int = 0,
    extras: Collection[str] = (),
) -> Advice:
    """Which release to pin.

    Args:
        knowledge: What is known.
        specifier: Which releases are allowed.
        as_of: The day; what was uploaded later does not count.
        catching: How errors are caught, by handler id.
        python: Which Python it must run on, `major.minor`; empty for that of the measurements.
        min_age: Days for which it must have been out.
        extras: Of the SDK that are used.
    """
    python = python or knowledge.python
    passed: dict[str, list[str]] = {}
    candidates: list[Candidate] = []
    young: list[Candidate] = []
    offered = {extra for known in knowledge.known.values() for extra in known.extras}
    needed = [extra for extra in extras if extra in offered]
    for release in allowed_releases(knowledge, specifier):
        candidate = _candidate(knowledge, release, catching, extras, needed)
        reason = _why_not(release, python, as_of) or ("" if isinstance(candidate, Candidate) else candidate)
        if not isinstance(candidate, Candidate) or reason:
            passed.setdefault(reason, []).append(release.version)
            continue
        if (as_of - release.uploaded.date()).days < min_age:
            passed.setdefault(f"out for less than {counted(min_age, 'day')}", []).append(release.version)
            young.append(candidate)
        else:
            candidates.append(candidate)
    best = max(candidates, key=_goodness, default=None)
    return Advice(
        specifier=str(specifier),
        catching=tuple(catching),
        python=python,
        as_of=as_of,
        min_age=min_age,
        measured=knowledge.measured,
        measured_on=knowledge.python,
        pin=best,
        why=_why(best, candidates),
        lines=_lines(knowledge.target.package, best, extras, _end(knowledge, best, python)) if best else {},
        buys=_buys(best, candidates) if best else (),
        remains=best.facts if best else (),
        remedy=knowledge.target.remedy is not None
        and best is not None
        and REMEDY not in catching
        and any(fact.rule in _MENDED for fact in best.facts),
        next=_following(best, candidates, young, min_age) if best else "",
        passed=tuple(RejectedReleases(reason=reason, versions=tuple(versions)) for reason, versions in passed.items()),
    )


def _why_not(release: Release, python: str, as_of: dt.date) -> str:
    """Why a release may not be pinned at all; empty if it may."""
    if release.uploaded.date() > as_of:
        return "not out yet on that day"
    if release.yanked is not None:
        return "yanked"
    if not release.wheels:
        return "no wheel"
    if not admits(release, python):
        return f"not for Python {python}"
    return ""


def _candidate(
    knowledge: Knowledge,
    release: Release,
    catching: Collection[str],
    extras: Collection[str],
    needed: Collection[str],
) -> Candidate | str:
    """A release with all that there is to know of it; or why nothing is known, or why it can't be used.

    Of the extras, those that any release offers are needed: the others were never measured.
    """
    told = {lane: find_facts(knowledge, release, lane, catching, extras) for lane in TODAY_FIRST}
    lanes = [lane for lane, found in told.items() if found is not None]
    lane = next((lane for lane in lanes if not unusable_reason(knowledge.known[release.version, lane])), None)
    if lane is None:
        return "can't be used" if lanes else "not measured"
    lacks = [extra for extra in needed if extra not in knowledge.known[release.version, lane].extras]
    if lacks:
        return f"does not offer {', '.join(lacks)}"
    found = told[lane] or []
    beside = []
    if lane is Lane.AS_RELEASED and Lane.TODAY in lanes:
        beside = original_client_pins(knowledge, release)
        message = "can be used with the dependencies of its own day only"
        lock = f"All of them: `matrix explain {release.version}:{Lane.AS_RELEASED} clean messages.create`."
        found = [Fact(rule=CANNOT_BE_USED, level=Level.WARNING, message=message, instead=lock), *found]
    levels = [fact.level for fact in found]
    return Candidate(
        version=release.version,
        uploaded=release.uploaded.date(),
        errors=levels.count(Level.ERROR),
        warnings=levels.count(Level.WARNING),
        facts=tuple(sorted(found, key=lambda fact: ORDER[fact.level])),
        beside=tuple(beside),
    )


_MENDED: Final = frozenset({CRASHES, SILENT, MISSES, NEEDLESS, UNNAMED, STATUS, CUT})
"""Rules about what an error looks like, which is what the remedy is for; it does not end a call that hangs."""

_HARM: Final = (
    (LEGACY,),
    (CANNOT_BE_USED,),
    (HANGS,),
    (CRASHES,),
    (SILENT, MISSES),
    (NEEDLESS,),
    (UNNAMED,),
)
"""Rules by how much harm it does to break them: what an earlier one says decides, and later ones only among equals."""


def _harm(candidate: Candidate) -> tuple[int, ...]:
    """In how many scenarios rules are broken, the worst rules first; one that is of the whole release counts as one."""
    return tuple(sum(max(fact.scenarios, 1) for fact in candidate.facts if fact.rule in rules) for rules in _HARM)


def _goodness(candidate: Candidate) -> tuple[tuple[int, ...], Version]:
    """The greater, the better: less harm, and then the newer release."""
    return tuple(-count for count in _harm(candidate)), Version(candidate.version)


def _why(best: Candidate | None, candidates: Sequence[Candidate]) -> str:
    if best is None:
        return "No release that is known may be pinned."
    alike = sum(_harm(one) == _harm(best) for one in candidates)
    newest = max(candidates, key=lambda one: Version(one.version))
    if len(candidates) == 1:
        return f"It is the only one that may be pinned; {_counts(best)}."
    if alike == len(candidates):
        return f"The newest of {len(candidates)} that may be pinned and do the same; {_counts(best)}."
    do = "does" if alike == 1 else "do"
    why = f"Of the {len(candidates)} that may be pinned, {alike} {do} the least harm ({_counts(best)})"
    if newest is best:
        return f"{why}; this is the newest of them."
    return f"{why}; this is the newest of them. {newest.version} is newer, with {_counts(newest)}."


def _counts(candidate: Candidate) -> str:
    """Errors and warnings, counted."""
    found = [
        counted(count, level)
        for count, level in ((candidate.errors, "error"), (candidate.warnings, "warning"))
        if count
    ]
    return " and ".join(found) or "no error and no warning"


def _lines(package: str, best: Candidate, extras: Collection[str], end: str) -> dict[str, str]:
    """The pin, as it is written where it is written; in a requirements file one line for each package."""
    name = f"{package}[{','.join(sorted(extras))}]" if extras else package
    ranged = f"{name}>={best.version},<{end}" if end else f"{name}=={best.version}"
    highest = {package: best.version, **dict(one.split("==") for one in best.beside)}
    return {
        "requirements": "\n".join((f"{name}=={best.version}", *best.beside)),
        "pyproject": "dependencies = " + json.dumps([ranged, *best.beside]),
        "renovate": json.dumps(
            {
                "packageRules": [
                    {"matchPackageNames": [package], "allowedVersions": f"<={version}"}
                    for package, version in highest.items()
                ]
            }
        ),
    }


def _end(knowledge: Knowledge, best: Candidate, python: str) -> str:
    """Where a range that begins with the pin ends: before what was passed over for it, in its series at the latest.

    Empty if it allows no range: whoever pins a pre-release wants that and no other.
    """
    mine = Version(best.version)
    if mine.is_prerelease:
        return ""
    newer = [
        release.version
        for release in knowledge.releases
        if release.parsed > mine and not release.is_prerelease and release.yanked is None and admits(release, python)
    ]
    return min((_next_series(mine), *newer), key=Version)


def _next_series(version: Version) -> str:
    """The release that nobody knows anything of yet: before 1.0 the next minor, and the next major after it."""
    return f"0.{version.minor + 1}" if version.major == 0 else str(version.major + 1)


def _buys(best: Candidate, candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """What others that may be pinned do to their callers, and this one does not."""
    mine = {(fact.rule, fact.handler) for fact in best.facts}
    spared: dict[tuple[str, str], list[str]] = {}
    for candidate in candidates:
        for fact in candidate.facts:
            if (fact.rule, fact.handler) not in mine and fact.level is not Level.NOTE:
                spared.setdefault((fact.rule, fact.handler), []).append(candidate.version)
    return tuple(
        f"{RULES[rule].title}{f' (`{handler}`)' if handler else ''}: "
        + (versions[0] if len(versions) == 1 else f"{len(versions)} others, {versions[0]} to {versions[-1]}")
        for (rule, handler), versions in spared.items()
    )


def _following(best: Candidate, candidates: Sequence[Candidate], young: Sequence[Candidate], min_age: int) -> str:
    """What will be the choice once it is old enough; else what is the second best."""
    better = [one for one in young if _goodness(one) > _goodness(best)]
    if better:
        one = max(better, key=_goodness)
        day = one.uploaded + dt.timedelta(days=min_age)
        return f"{one.version} on {day}, when it has been out for {counted(min_age, 'day')}: {_counts(one)}"
    others = [one for one in candidates if one is not best]
    if others:
        one = max(others, key=_goodness)
        return f"{one.version} is the second best: {_counts(one)}"
    return ""
