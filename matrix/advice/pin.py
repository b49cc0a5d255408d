"""Recommend a release to pin from the measured knowledge, a date, and the handlers that are used. Pure.

The result is deterministic: of the releases that can be pinned, those that do the least harm to the given handlers, and
of those the newest. Harm is counted in scenarios, worst first: a handler that crashes counts before one that does not
retry, and that one before a needless retry.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.advice.facts import REMEDY, Fact, choose_clients, find_facts, is_usable, original_client_pins
from matrix.advice.ranges import allowed_releases, skipped_prereleases
from matrix.findings.model import ORDER, Level
from matrix.findings.rules import (
    CANNOT_BE_USED,
    CRASHES,
    CUT,
    HANGS,
    MISSES,
    NEEDLESS,
    RULES,
    SILENT,
    STATUS,
    UNNAMED,
)
from matrix.model import TODAY_FIRST, Frozen, Lane, Release, runtime_title
from matrix.releases.selection import admits
from matrix.store.knowledge import Knowledge, Measurement
from matrix.system.text import counted
from matrix.targets.names import Client
from matrix.targets.target import Registry, Target


class RejectedReleases(Frozen, frozen=True, kw_only=True):
    """Releases that can't be pinned for one reason.

    Attributes:
        reason: The reason in a few words.
        versions: The versions, oldest first.
    """

    reason: str
    versions: tuple[str, ...]


class Candidate(Frozen, frozen=True, kw_only=True):
    """A release that can be pinned.

    Attributes:
        version: The version of the release.
        uploaded: The day of the upload, UTC.
        errors: The number of facts that are errors.
        warnings: The number of facts that are warnings.
        facts: The facts about it, worst first.
        beside: The dependencies that must be pinned too, as in a requirements file, because it fails without them.
        apis_missing: How many of the target's newer APIs it lacks; 0 if it has the current one. A release with another
            client lacks the most.
    """

    version: str
    uploaded: dt.date
    errors: int
    warnings: int
    facts: tuple[Fact, ...]
    beside: tuple[str, ...] = ()
    apis_missing: int = 0


class Advice(Frozen, frozen=True, kw_only=True):
    """A recommendation of a release to pin.

    Attributes:
        specifier: The releases that were allowed.
        catching: The ids of the handlers that are used.
        python: The Python version that the release must support.
        as_of: The day of the recommendation.
        min_age: The least number of days since the upload.
        measured: The day of the newest result in the data.
        measured_on: The Python version of the measurements.
        pin: The recommended release; None if no release can be pinned.
        why: The reason in a sentence or two.
        lines: Kind of file to the text to write in it: `requirements`, `pyproject`, `renovate`; for a package of npm,
            `package.json` and `renovate`.
        buys: The faults of other releases that the recommended one does not have.
        remains: The facts about the recommended release.
        remedy: Whether the remedy fixes some of the remaining faults.
        next: The choice once a young release is old enough, or the second best release now.
        passed: The releases that can't be pinned, by reason.
        clients: The names of the other clients that are used; empty for the first-party client alone.
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
    clients: tuple[str, ...] = ()


def recommend(
    knowledge: Knowledge,
    specifier: SpecifierSet,
    *,
    as_of: dt.date,
    catching: Collection[str] = (),
    python: str = "",
    min_age: int = 0,
    extras: Collection[str] = (),
    clients: Collection[str] = (),
) -> Advice:
    """Recommend a release to pin.

    Args:
        knowledge: The measured knowledge about releases.
        specifier: The releases that are allowed.
        as_of: The day; later uploads do not count.
        catching: The ids of the handlers that are used.
        python: The Python version that the release must support, `major.minor`; empty for that of the measurements.
        min_age: The least number of days since the upload.
        extras: The extras of the SDK that are used.
        clients: The ids of the clients that are used; if there are none, those of the extras count.
    """
    python = python or knowledge.python
    used_clients = choose_clients(knowledge.target, extras, clients)
    extras = [*dict.fromkeys([*extras, *(client.extra for client in used_clients if client.extra)])]
    passed: dict[str, list[str]] = {}
    candidates: list[Candidate] = []
    young: list[Candidate] = []
    needed = [extra for extra in extras if extra in knowledge.extras]  # the others were never measured
    ids = [client.id for client in used_clients]
    for release in allowed_releases(knowledge, str(specifier)):
        candidate: Candidate | str = _why_not(release, python, as_of)
        if not candidate:
            now = knowledge.measurements.get((release.version, TODAY_FIRST[0]))
            enough = now is not None and now.judgement is not None and is_usable(now, ids)
            lanes = TODAY_FIRST[:1] if enough else TODAY_FIRST
            by_lane = {lane: find_facts(knowledge, release, lane, catching, extras, ids) for lane in lanes}
            candidate = _candidate(knowledge, release, by_lane, extras, needed, used_clients)
        if isinstance(candidate, str):
            passed.setdefault(candidate, []).append(release.version)
            continue
        if (as_of - release.uploaded.date()).days < min_age:
            passed.setdefault(f"uploaded less than {counted(min_age, 'day')} ago", []).append(release.version)
            young.append(candidate)
        else:
            candidates.append(candidate)
    for release in skipped_prereleases(knowledge, str(specifier)):
        passed.setdefault("a pre-release", []).append(release.version)
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
        lines=_lines(knowledge.target, best, extras, _oldest_equal(knowledge, best, candidates)) if best else {},
        buys=_buys(best, candidates) if best else (),
        remains=best.facts if best else (),
        remedy=knowledge.target.remedy is not None
        and best is not None
        and REMEDY not in catching
        and any(fact.rule in _MENDED for fact in best.facts),
        next=_following(best, candidates, young, min_age) if best else "",
        passed=tuple(RejectedReleases(reason=reason, versions=tuple(versions)) for reason, versions in passed.items()),
        clients=tuple(client.name for client in used_clients) if used_clients != knowledge.target.clients[:1] else (),
    )


def _why_not(release: Release, python: str, as_of: dt.date) -> str:
    """Return why a release can't be pinned for any handler; empty if it can."""
    if release.uploaded.date() > as_of:
        return "uploaded after that day"
    if release.yanked is not None:
        return "yanked"
    if not release.wheels:
        return "no wheel"
    if not admits(release, python):
        return f"does not support {runtime_title(python)}"
    return ""


def count_harm(
    knowledge: Knowledge, release: Release, client: Client, by_lane: Mapping[Lane, Sequence[Fact] | None]
) -> tuple[int, ...] | None:
    """Count the harm of a release on one client as `recommend` does; None if what was measured forbids to pin it.

    `by_lane` has the facts for the handlers that are used; None if the release is not measured in that lane.
    """
    extras = [client.extra] if client.extra else []
    needed = [extra for extra in extras if extra in knowledge.extras]
    candidate = _candidate(knowledge, release, by_lane, extras, needed, [client])
    return _harm(candidate) if isinstance(candidate, Candidate) else None


def is_offered(release: Release, python: str, as_of: dt.date) -> bool:
    """Return whether a release can be installed on that day from a wheel, with a Python."""
    return not _why_not(release, python, as_of)


def _candidate(
    knowledge: Knowledge,
    release: Release,
    by_lane: Mapping[Lane, Sequence[Fact] | None],
    extras: Collection[str],
    needed: Collection[str],
    clients: Sequence[Client],
) -> Candidate | str:
    """Return a release with its facts in each lane, or the reason why it can't be pinned."""
    ids, target = [client.id for client in clients], knowledge.target
    lanes = [lane for lane, facts in by_lane.items() if facts is not None]
    lane = next((lane for lane in lanes if is_usable(knowledge.measurements[release.version, lane], ids)), None)
    lacks = [extra for extra in extras if extra in target.client_extras and target.index.lacks(extra, release.parsed)]
    if lanes and lacks:
        return f"lacks the extra {', '.join(lacks)}"
    if lane is None:
        return "can't be used" if lanes else "not measured"
    known = knowledge.measurements[release.version, lane]
    if lacks := [extra for extra in needed if extra not in known.extras]:
        return f"lacks the extra {', '.join(lacks)}"
    if unknown := [client.class_name for client in clients if known.judgement_of(client.id) is None]:
        return f"not measured with {', '.join(unknown)}"
    facts = list(by_lane[lane] or ())
    beside = []
    if lane is Lane.AS_RELEASED and Lane.TODAY in lanes:
        beside = original_client_pins(knowledge, release)
        message = "the SDK works only with the dependencies of its upload day"
        lock = f"List them: `matrix explain {release.version}:{Lane.AS_RELEASED} clean messages.create`."
        facts = [Fact(rule=CANNOT_BE_USED, level=Level.WARNING, message=message, instead=lock), *facts]
    levels = [fact.level for fact in facts]
    return Candidate(
        version=release.version,
        uploaded=release.uploaded.date(),
        errors=levels.count(Level.ERROR),
        warnings=levels.count(Level.WARNING),
        facts=tuple(sorted(facts, key=lambda fact: ORDER[fact.level])),
        beside=tuple(beside),
        apis_missing=_apis_missing(target, known, ids[0]),
    )


def _apis_missing(target: Target, known: Measurement, client: str) -> int:
    """Count the target's newer APIs that a client of a release lacks, by the surface on which it was judged."""
    judgement = known.judgement_of(client)
    main = target.suite.main_of(client)
    return main.index(judgement.surface) if judgement is not None and judgement.surface in main else len(main)


_MENDED: Final = frozenset({CRASHES, SILENT, MISSES, NEEDLESS, UNNAMED, STATUS, CUT})
"""Rules about the shape of an error, which the remedy fixes; it can't end a call that hangs."""

_HARM: Final = {
    (CANNOT_BE_USED,): "problems with today's dependencies",
    (HANGS,): "scenarios that hang",
    (CRASHES,): "scenarios in which a handler crashes",
    (SILENT, MISSES): "scenarios in which a handler treats a failure as success or does not retry it",
    (NEEDLESS,): "scenarios in which a handler retries without need",
    (UNNAMED,): "clients whose errors no `type` names",
}
"""Groups of rules, worst first, to what is counted: a later group decides only if all earlier groups are equal."""


def _harm(candidate: Candidate) -> tuple[int, ...]:
    """Count the missing APIs, then the scenarios that break each group of rules.

    A fact about the whole release counts as one scenario. An older API comes first, since code for the current one does
    not run on it at all.
    """
    counts = (sum(max(fact.scenarios, 1) for fact in candidate.facts if fact.rule in rules) for rules in _HARM)
    return (candidate.apis_missing, *counts)


def _compare_harm(candidate: Candidate, other: Candidate) -> str:
    """Say by which harm a release differs from another, the worst first: it decides. They do not do equal harm."""
    counts = zip(("missing APIs", *_HARM.values()), _harm(candidate), _harm(other), strict=True)
    what, mine, theirs = next(each for each in counts if each[1] != each[2])
    return f"{'more' if mine > theirs else 'fewer'} {what}: {mine} instead of {theirs}"


def _goodness(candidate: Candidate) -> tuple[tuple[int, ...], Version]:
    """Return a key that is greater for a better release: less harm, and then a newer version."""
    return tuple(-count for count in _harm(candidate)), Version(candidate.version)


def _why(best: Candidate | None, candidates: Sequence[Candidate]) -> str:
    if best is None:
        return "No known release can be pinned."
    equal = sum(_harm(candidate) == _harm(best) for candidate in candidates)
    newest = max(candidates, key=lambda candidate: Version(candidate.version))
    if len(candidates) == 1:
        return f"It is the only release that can be pinned; it has {_counts(best)}."
    if equal == len(candidates):
        return f"It is the newest of {len(candidates)} equal releases that can be pinned; it has {_counts(best)}."
    do = "does" if equal == 1 else "do"
    why = f"Of the {len(candidates)} releases that can be pinned, {equal} {do} the least harm ({_counts(best)})"
    if newest is best:
        return f"{why}; this is the newest of them."
    return f"{why}; this is the newest of them. {newest.version} is newer, but has {_compare_harm(newest, best)}."


def _counts(candidate: Candidate) -> str:
    """Describe the number of errors and warnings."""
    counts = ((candidate.errors, "error"), (candidate.warnings, "warning"))
    return " and ".join(counted(count, level) for count, level in counts if count) or "no errors and no warnings"


def _lines(target: Target, best: Candidate, extras: Collection[str], oldest: str) -> dict[str, str]:
    """Return the text of the pin for each kind of file; a requirements file has one line for each package.

    Every line ends at the pin: a later release may be measured tomorrow, and was not judged today.

    Args:
        target: The package.
        best: The pin.
        extras: The extras of the SDK that are used.
        oldest: The oldest release that a range may allow; the version of the pin itself if it may allow no other.
    """
    package = target.package
    name = f"{package}[{','.join(sorted(extras))}]" if extras else package
    ranged = f"{name}=={best.version}" if oldest == best.version else f"{name}>={oldest},<={best.version}"
    highest = {package: best.version, **dict(pin.split("==") for pin in best.beside)}
    rules = [{"matchPackageNames": [each], "allowedVersions": f"<={version}"} for each, version in highest.items()]
    renovate = {"renovate": json.dumps({"packageRules": rules})}
    if target.registry is Registry.NPM:
        range_ = best.version if oldest == best.version else f">={oldest} <={best.version}"
        return {"package.json": f"{json.dumps(package)}: {json.dumps(range_)}"} | renovate
    return {
        "requirements": "\n".join((f"{name}=={best.version}", *best.beside)),
        "pyproject": "dependencies = " + json.dumps([ranged, *best.beside]),
    } | renovate


def _oldest_equal(knowledge: Knowledge, best: Candidate, candidates: Sequence[Candidate]) -> str:
    """Return the oldest of the adjacent releases up to the pin that can be pinned and do equal harm.

    Pre-releases and yanked releases between them do not count, since a range allows neither.
    """
    pinned, harm = Version(best.version), _harm(best)
    if pinned.is_prerelease:
        return best.version
    equal = {each.version for each in candidates if each.beside == best.beside and _harm(each) == harm}
    oldest = best.version
    for release in reversed(knowledge.releases):
        if release.parsed >= pinned or release.is_prerelease or release.yanked is not None:
            continue
        if release.version not in equal:
            break
        oldest = release.version
    return oldest


def _buys(best: Candidate, candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """List faults that other candidates have and the recommended release does not."""
    mine = {fact.key for fact in best.facts}
    spared: dict[tuple[str, str, str], list[str]] = {}
    for candidate in candidates:
        for fact in candidate.facts:
            if fact.key not in mine and fact.level is not Level.NOTE:
                spared.setdefault(fact.key, []).append(candidate.version)
    return tuple(
        f"{RULES[rule].title}{f' (`{handler}`)' if handler else ''}{f' with {client}' if client else ''}: "
        + (versions[0] if len(versions) == 1 else f"{len(versions)} others, {versions[0]} to {versions[-1]}")
        for (rule, handler, client), versions in spared.items()
    )


def _following(best: Candidate, candidates: Sequence[Candidate], young: Sequence[Candidate], min_age: int) -> str:
    """Describe the better release that is still too young, else the second best one."""
    better = [candidate for candidate in young if _goodness(candidate) > _goodness(best)]
    if better:
        following = max(better, key=_goodness)
        day = following.uploaded + dt.timedelta(days=min_age)
        reason = _counts(following) if _harm(following) == _harm(best) else _compare_harm(following, best)
        return f"{following.version} on {day}, {counted(min_age, 'day')} after its upload: {reason}"
    others = [candidate for candidate in candidates if candidate is not best]
    if others:
        second = max(others, key=_goodness)
        reason = _counts(second) if _harm(second) == _harm(best) else _compare_harm(second, best)
        return f"{second.version} is the second best: {reason}"
    return ""
