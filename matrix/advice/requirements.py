"""What a requirement on the SDK comes to: for an exact pin the release, for a range every release that it allows. Pure.

A range is judged as a range, never by its floor: by the release that would be installed today, and by how many of the
allowed ones do harm. A release that was not measured is unknown, which is not safe.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.advice.facts import Fact, find_facts, unusable_reason
from matrix.advice.ranges import (
    CARRIERS,
    allowed_releases,
    exact_version,
    format_runs,
    installed_today,
    nearest_lane,
    oldest_python,
)
from matrix.findings.model import ORDER, Finding, Level, Problem, Report, State, Subject
from matrix.findings.rules import CANNOT_BE_USED, LOCK, OPEN_ENDED, RULES, UNKNOWN
from matrix.manifests.entry import Manifest, ManifestEntry
from matrix.model import Lane, Release
from matrix.store.knowledge import Knowledge
from matrix.system.text import counted


def check(
    knowledge: Knowledge,
    manifests: Iterable[Manifest],
    version: str,
    catching: Collection[str] = (),
    ignore: Collection[str] = (),
) -> Report:
    """What all requirements of some files come to.

    Args:
        knowledge: What is known.
        manifests: The files.
        version: Of this program.
        catching: How errors are caught, by handler id.
        ignore: Rules that are not to be told, by id.
    """
    subjects: dict[Subject, None] = {}
    problems: dict[Problem, None] = {}
    for manifest in manifests:
        problems |= dict.fromkeys(manifest.problems)
        for entry in manifest.entries:
            subjects[judge_entry(knowledge, entry, manifest.python, catching, ignore)] = None
    return build_report("check", knowledge, version, list(subjects), list(problems), catching)


def build_report(
    command: str,
    knowledge: Knowledge,
    version: str,
    subjects: Sequence[Subject],
    problems: Sequence[Problem],
    catching: Collection[str],
) -> Report:
    """A report on subjects, each once, in the order of their places."""
    rules = {finding.rule for subject in subjects for finding in subject.findings}
    return Report(
        command=command,
        version=version,
        measured=knowledge.measured,
        suite=knowledge.suite,
        catching=tuple(catching),
        subjects=tuple(sorted(subjects, key=lambda subject: subject.place)),
        problems=tuple(sorted(problems, key=lambda problem: problem.place)),
        rules=tuple(RULES[rule] for rule in RULES if rule in rules),
    )


def judge_entry(
    knowledge: Knowledge,
    entry: ManifestEntry,
    python: str = "",
    catching: Collection[str] = (),
    ignore: Collection[str] = (),
) -> Subject:
    """What a requirement comes to.

    Args:
        knowledge: What is known.
        entry: The requirement.
        python: The Pythons that its file is for, as `requires-python` writes it; empty if it does not say.
        catching: How errors are caught, by handler id.
        ignore: Rules that are not to be told, by id.
    """
    specifier = SpecifierSet(entry.specifier)
    text = requirement_line(knowledge.target.package, entry)
    allowed = allowed_releases(knowledge, specifier)
    exact = exact_version(specifier)
    if entry.direct and not exact:
        release = None
        why = f"It is taken from {entry.direct}, which is no release on the index."
        about, findings = _unknown(why, _MEASURE_YOURS)
    elif not allowed and not _can_be_met(knowledge, specifier):
        release = None
        message = "No release can satisfy this: its clauses contradict each other."
        about, findings = "allows nothing", [Finding(rule=CANNOT_BE_USED, level=Level.ERROR, message=message)]
    elif not allowed:
        release = None
        about, findings = _unknown(_never_seen(knowledge, specifier, exact), _measure(entry.specifier, exact))
    elif exact:
        release = allowed[-1]
        about, findings = _judge_exact(knowledge, entry, release, catching)
    else:
        release = installed_today(allowed, python, entry.marker)
        oldest = oldest_python(python, entry.marker)
        allowed = [one for one in allowed if one.yanked is None] or allowed  # installers pass over the others
        about, findings = _judge_range(knowledge, entry, specifier, allowed, release, oldest, catching)
    kept = tuple(finding for finding in findings if finding.rule not in ignore)
    return Subject(
        place=entry.place,
        text=text,
        about=about,
        release=release.version if release else "",
        state=state_of(kept),
        findings=kept,
    )


def state_of(findings: Collection[Finding], otherwise: State = State.FINE) -> State:
    """What a subject comes to by what was found about it; `otherwise` if that is notes only."""
    if any(one.level is not Level.NOTE and one.rule != UNKNOWN for one in findings):
        return State.FINDING
    return State.UNKNOWN if any(one.rule == UNKNOWN for one in findings) else otherwise


def _can_be_met(knowledge: Knowledge, specifier: SpecifierSet) -> bool:
    """Whether any version could be in it: one that a clause names, one that is still to come, or a very old one."""
    named = [Version(one.version.removesuffix(".*")) for one in specifier if one.operator != "==="]
    arbitrary = any(one.operator == "===" for one in specifier)
    later = _later(knowledge.releases[-1].parsed)
    return arbitrary or any(specifier.contains(one, prereleases=True) for one in (Version("0"), *named, *later))


def requirement_line(package: str, entry: ManifestEntry) -> str:
    """A requirement as one line of PEP 508."""
    extras = f"[{','.join(entry.extras)}]" if entry.extras else ""
    which = entry.specifier or (f" @ {entry.direct}" if entry.direct else "")
    return f"{package}{extras}{which}" + (f" ; {entry.marker}" if entry.marker else "")


_Judged = tuple[str, list[Finding]]
"""What a requirement comes to in one line, and the findings, worst first."""


def _judge_exact(knowledge: Knowledge, entry: ManifestEntry, release: Release, catching: Collection[str]) -> _Judged:
    lane = nearest_lane(knowledge, release, entry.locked)
    found = find_facts(knowledge, release, lane, catching, entry.extras)
    about = f"{release.version}, uploaded {release.uploaded:%Y-%m-%d}"
    if entry.direct:
        about += f"; taken from {entry.direct}, and judged as if from the index"
    if found is None:
        return f"{about}, not measured", [unmeasured_finding(release.version)]
    findings = [
        Finding(rule=fact.rule, level=fact.level, message=f"{release.version} {fact.message}.", instead=fact.instead)
        for fact in found
    ]
    differs = _other_dependencies(knowledge.known[release.version, lane].lock, entry.locked)
    if differs:
        findings.append(_lock_differs(knowledge, release, lane, differs))
    return about, worst_first(findings)


def _judge_range(
    knowledge: Knowledge, entry: ManifestEntry, specifier: SpecifierSet, allowed: Sequence[Release],
    today: Release | None, python: str, catching: Collection[str],
) -> _Judged:  # fmt: skip
    about = f"allows {counted(len(allowed), 'release')}, {format_runs(allowed, allowed)}; "
    if today:
        about += f"{today.version} would be installed today" + (f" on Python {python}" if python else "")
    else:
        about += f"none of them is for Python {python}"
    broken: defaultdict[tuple[str, str], dict[str, Fact]] = defaultdict(dict)
    unknown: list[Release] = []
    harm: dict[str, tuple[int, int]] = {}
    for release in allowed:
        found = find_facts(knowledge, release, Lane.TODAY, catching, entry.extras)
        if found is None:
            unknown.append(release)
            continue
        harm[release.version] = _harm(found)
        for fact in found:
            broken[fact.rule, fact.handler][release.version] = fact
    most = max(harm.values(), default=(0, 0))
    if most > (harm.get(today.version, (0, 0)) if today else (0, 0)):
        worst = [release for release in allowed if harm.get(release.version) == most]
        about += f"; the worst {'is' if len(worst) == 1 else 'are'} {format_runs(worst, allowed)}"
    measured = today if today not in unknown else None
    floor = _floor(allowed, harm, measured)
    findings = [_of_range(facts_, allowed, measured, floor) for facts_ in broken.values()]
    if unknown:
        findings.append(unmeasured_finding(format_runs(unknown, allowed)))
    if today is None and python:
        findings.append(_unfit(f"None of the releases that this allows is for Python {python}", Level.ERROR))
    newest = knowledge.releases[-1].version
    if knowledge.measured is not None and any(specifier.contains(one) for one in _later(Version(newest))):
        findings.append(
            Finding(
                rule=OPEN_ENDED, level=Level.NOTE,
                message=f"It allows what is released after {newest} too, of which nothing is known "
                f"(data of {knowledge.measured}).",
            )
        )  # fmt: skip
    return about, worst_first(findings)


def _harm(found: Sequence[Fact]) -> tuple[int, int]:
    """How many errors and how many warnings."""
    levels = [fact.level for fact in found]
    return levels.count(Level.ERROR), levels.count(Level.WARNING)


def _later(newest: Version) -> Iterator[Version]:
    """What may come after a release: a fix of it, the next of its series, the next series, or any."""
    major, minor, micro = newest.major, newest.minor, newest.micro
    yield from map(Version, (f"{major}.{minor}.{micro + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0", "9999"))


def _floor(allowed: Sequence[Release], harm: Mapping[str, tuple[int, int]], today: Release | None) -> str:
    """The lowest release from which on none does more harm than the one that would be installed; empty if none is."""
    if today is None or today.version not in harm:
        return ""
    lowest = ""
    for release in reversed(allowed):
        if release.version not in harm or harm[release.version] > harm[today.version]:
            break
        lowest = release.version
    return lowest if lowest and Version(lowest) <= today.parsed else ""


def _of_range(found: Mapping[str, Fact], allowed: Sequence[Release], today: Release | None, floor: str = "") -> Finding:
    """One fact over a range: told of the release that would be installed, if it is true of that; else of the newest.

    Args:
        found: Version to the fact.
        allowed: The releases in the range, oldest version first.
        today: The one that would be installed; None if there is none, or if it was not measured.
        floor: The release from which on none does more harm than that one; empty if there is none.
    """
    here = today is not None and today.version in found
    version = today.version if here and today is not None else list(found)[-1]
    fact = found[version]
    who = f"{version} {fact.message}."
    if len(allowed) > 1:
        those = format_runs([release for release in allowed if release.version in found], allowed)
        if len(found) == len(allowed):
            who += f" True, or much the same, of all {len(allowed)} releases that this allows."
        elif here:
            who += f" True of {len(found)} of the {len(allowed)} releases that this allows: {those}."
        else:
            who += f" True of {len(found)} of the {len(allowed)} releases that this allows ({those})"
            who += f", not of {today.version}, which would be installed today." if today else "."
    level = fact.level if here or fact.level is Level.NOTE else Level.WARNING
    instead = fact.instead
    left_out = floor and not here and Version(version) < Version(floor)
    if left_out and (not instead or fact.rule == CANNOT_BE_USED):
        instead = f"`>={floor}` leaves that out."
    return Finding(rule=fact.rule, level=level, message=who, instead=instead)


def _unfit(what: str, level: Level) -> Finding:
    return Finding(rule=CANNOT_BE_USED, level=level, message=f"{what}, by what they say themselves.")


def _lock_differs(knowledge: Knowledge, release: Release, lane: Lane, differs: str) -> Finding:
    """That other dependencies are locked than were measured: a warning where those decide whether it can be used."""
    why = {
        one: unusable_reason(knowledge.known[release.version, one])
        for one in Lane
        if (release.version, one) in knowledge.known
    }
    others = [one for one in why if why[one] and not why[lane] and knowledge.known[release.version, one].lock]
    if not others:
        return Finding(rule=LOCK, level=Level.NOTE, message=f"Measured with {differs}.")
    day = "today's" if others[0] is Lane.TODAY else "its own day's"
    return Finding(
        rule=LOCK, level=Level.WARNING,
        message=f"Measured with {differs}. With {day} dependencies {release.version} can't be used: {why[others[0]]}.",
        instead="Lock what was measured, or measure what you lock: `matrix probe --python PATH`.",
    )  # fmt: skip


def _other_dependencies(measured: Mapping[str, str], locked: Mapping[str, str]) -> str:
    """Which of the packages that carry a stream a file locks otherwise than they were measured."""
    differs = [name for name in CARRIERS if name in measured and name in locked and measured[name] != locked[name]]
    return ", ".join(f"{name} {measured[name]}, not {locked[name]} as is locked here" for name in differs)


def _never_seen(knowledge: Knowledge, specifier: SpecifierSet, exact: str) -> str:
    newest = knowledge.releases[-1].version
    what = "There is no such release" if exact else "It allows no release"
    return (
        f"{what} among the {len(knowledge.releases)} that are known (newest: {newest}, data of {knowledge.measured})."
    )


_MEASURE_YOURS: Final = "Unknown is not safe. Measure your own environment: `matrix probe --python PATH`."


def _measure(specifier: str, exact: str) -> str:
    """How to measure what is not known yet."""
    versions = exact or f"'{specifier}'"
    return (
        f"Unknown is not safe. Measure it: `matrix refresh`, then `matrix run --versions {versions}`; "
        "or measure your own environment with `matrix probe --python PATH`."
    )


def _unknown(message: str, instead: str) -> _Judged:
    return "unknown, not safe", [Finding(rule=UNKNOWN, level=Level.WARNING, message=message, instead=instead)]


def unmeasured_finding(versions: str) -> Finding:
    """That nothing is known of some releases."""
    return Finding(
        rule=UNKNOWN, level=Level.WARNING, message=f"Not measured: {versions}.",
        instead=f"Measure it: `matrix run --versions {versions.partition('-')[0].partition(',')[0]}`.",
    )  # fmt: skip


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, warnings, notes; of each, as the rules stand."""
    order = list(RULES)
    return sorted(findings, key=lambda one: (ORDER[one.level], order.index(one.rule), one.message))
