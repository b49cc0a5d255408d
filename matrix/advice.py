"""What a requirement on the SDK comes to: for an exact pin the release, for a range every release that it allows. Pure.

A range is judged as a range, never by its floor: by the release that would be installed today, and by how many of the
allowed ones do harm. A release that was not measured is unknown, which is not safe.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.facts import CARRIERS, Fact, facts
from matrix.findings import Finding, Level, Problem, Report, State, Subject
from matrix.knowledge import Knowledge
from matrix.manifests.entry import Entry, Manifest
from matrix.model import PROJECT, Lane, Release
from matrix.rules import LOCK, OPEN_ENDED, RULES, UNKNOWN

_PYTHONS: Final = tuple(f"3.{minor}" for minor in range(8, 15))

_WORST_FIRST: Final = (Level.ERROR, Level.WARNING, Level.NOTE)

_FEW: Final = 3
"""Runs of releases that are named; more are counted."""


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
    return report("check", knowledge, version, list(subjects), list(problems), catching)


def report(
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
    knowledge: Knowledge, entry: Entry, python: str = "", catching: Collection[str] = (), ignore: Collection[str] = ()
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
    text = written(entry)
    allowed = admitted(knowledge, specifier)
    exact = is_exact(specifier)
    if entry.direct and not exact:
        return _unknown(entry, text, f"It is taken from {entry.direct}, which is no release on the index.")
    if not allowed:
        return _unknown(entry, text, _never_seen(knowledge, specifier, exact))
    today = installed_today(allowed, python, exact)
    if exact:
        subject = _judge_exact(knowledge, entry, allowed[-1], catching)
    else:
        subject = _judge_range(knowledge, entry, specifier, allowed, today, catching)
    kept = tuple(finding for finding in subject[1] if finding.rule not in ignore)
    about, findings, unknown = subject[0], kept, subject[2]
    state = (
        State.FINDING if any(f.level is not Level.NOTE and f.rule != UNKNOWN for f in findings)
        else State.UNKNOWN if unknown
        else State.FINE
    )  # fmt: skip
    release = allowed[-1] if exact else today
    return Subject(
        place=entry.place, text=text, about=about, release=release.version if release else "", state=state,
        findings=findings,
    )  # fmt: skip


def written(entry: Entry) -> str:
    """A requirement as one line of PEP 508."""
    extras = f"[{','.join(entry.extras)}]" if entry.extras else ""
    return f"{PROJECT}{extras}{entry.specifier}" + (f" ; {entry.marker}" if entry.marker else "")


def is_exact(specifier: SpecifierSet) -> bool:
    """Whether it allows one version only."""
    return any(one.operator == "===" or (one.operator == "==" and not one.version.endswith(".*")) for one in specifier)


def admitted(knowledge: Knowledge, specifier: SpecifierSet) -> list[Release]:
    """The releases that a specifier allows, oldest version first; pre-releases only if it names one."""
    prereleases = bool(specifier.prereleases)
    return [r for r in knowledge.releases if specifier.contains(r.parsed, prereleases=prereleases)]


def installed_today(allowed: Sequence[Release], python: str, exact: bool = False) -> Release | None:
    """The release that an installer would take: the newest that fits the oldest Python that the file is for."""
    oldest = _oldest_python(python)
    fit = [
        release
        for release in allowed
        if (exact or release.yanked is None)
        and (release.wheels or release.sdists)
        and (not oldest or admits(release, oldest))
    ]
    return fit[-1] if fit else None


def admits(release: Release, python: str) -> bool:
    """Whether a release says that it runs on this Python; one that says nonsense does not."""
    try:
        return SpecifierSet(release.requires_python or "").contains(python)
    except ValueError:
        return False


def _oldest_python(python: str) -> str:
    if not python:
        return ""
    try:
        specifier = SpecifierSet(python)
    except ValueError:
        return ""
    named = [one.version for one in specifier if one.operator == "=="]
    if named and not named[0].endswith("*"):
        return named[0]
    return next((one for one in _PYTHONS if specifier.contains(f"{one}.99") or specifier.contains(one)), "")


_Judged = tuple[str, list[Finding], bool]
"""What a requirement comes to in one line, the findings worst first, and whether anything about it is unknown."""


def _judge_exact(knowledge: Knowledge, entry: Entry, release: Release, catching: Collection[str]) -> _Judged:
    lane = nearest_lane(knowledge, release, entry.locked)
    found = facts(knowledge, release, lane, catching, entry.extras)
    about = f"{release.version}, uploaded {release.uploaded:%Y-%m-%d}"
    if found is None:
        return f"{about}, not measured", [unmeasured(release.version)], True
    findings = [
        Finding(rule=fact.rule, level=fact.level, message=f"{release.version} {fact.message}.", instead=fact.instead)
        for fact in found
    ]
    differs = _other_dependencies(knowledge.known[release.version, lane].lock, entry.locked)
    if differs:
        findings.append(Finding(rule=LOCK, level=Level.NOTE, message=f"Measured with {differs}."))
    return about, worst_first(findings), False


def _judge_range(
    knowledge: Knowledge, entry: Entry, specifier: SpecifierSet, allowed: Sequence[Release], today: Release | None,
    catching: Collection[str],
) -> _Judged:  # fmt: skip
    about = f"allows {_releases(len(allowed))}, {_runs(allowed, allowed)}; "
    about += f"{today.version} would be installed today" if today else "none of them fits the Python of this file"
    broken: defaultdict[tuple[str, str], dict[str, Fact]] = defaultdict(dict)
    unknown: list[Release] = []
    harm: dict[str, tuple[int, int]] = {}
    for release in allowed:
        found = facts(knowledge, release, Lane.TODAY, catching, entry.extras)
        if found is None:
            unknown.append(release)
            continue
        harm[release.version] = _harm(found)
        for fact in found:
            broken[fact.rule, fact.handler][release.version] = fact
    worst = max(harm, key=lambda version: harm[version], default="")
    if worst and (today is None or harm[worst] > harm.get(today.version, (0, 0))):
        about += f"; the worst is {worst}"
    findings = [_of_range(facts_, allowed, today) for facts_ in broken.values()]
    if unknown:
        findings.append(unmeasured(_runs(unknown, allowed)))
    if specifier.contains(_LATER) and knowledge.measured is not None:
        newest = knowledge.releases[-1].version
        findings.append(
            Finding(
                rule=OPEN_ENDED, level=Level.NOTE,
                message=f"It allows what is released after {newest} too, of which nothing is known "
                f"(data of {knowledge.measured}).",
            )
        )  # fmt: skip
    return about, worst_first(findings), bool(unknown)


def _harm(found: Sequence[Fact]) -> tuple[int, int]:
    """How many errors and how many warnings."""
    levels = [fact.level for fact in found]
    return levels.count(Level.ERROR), levels.count(Level.WARNING)


_LATER: Final = Version("9999")


def _of_range(found: Mapping[str, Fact], allowed: Sequence[Release], today: Release | None) -> Finding:
    """One fact over a range: told of the release that would be installed, if it is true of that; else of the newest."""
    here = today is not None and today.version in found
    version = today.version if here and today is not None else list(found)[-1]
    fact = found[version]
    who = f"{version} {fact.message}."
    if len(allowed) > 1:
        those = _runs([release for release in allowed if release.version in found], allowed)
        if len(found) == len(allowed):
            who += f" True, or much the same, of all {len(allowed)} releases that this allows."
        elif here:
            who += f" True of {len(found)} of the {len(allowed)} releases that this allows: {those}."
        else:
            who += f" True of {len(found)} of the {len(allowed)} releases that this allows ({those})"
            who += f", not of {today.version}, which would be installed today." if today else "."
    level = fact.level if here or fact.level is Level.NOTE else Level.WARNING
    return Finding(rule=fact.rule, level=level, message=who, instead=fact.instead)


def nearest_lane(knowledge: Knowledge, release: Release, locked: Mapping[str, str]) -> Lane:
    """The lane whose dependencies are most like those that a file locks; today's where it locks none."""
    known = {
        lane: knowledge.known[release.version, lane] for lane in Lane if (release.version, lane) in knowledge.known
    }
    if not locked or not known:
        return Lane.TODAY
    order = (Lane.TODAY, Lane.AS_RELEASED)
    return min(
        (lane for lane in order if lane in known),
        key=lambda lane: (
            sum(locked.get(name) != pin for name, pin in known[lane].lock.items() if name in CARRIERS),
            sum(locked.get(name) != pin for name, pin in known[lane].lock.items()),
        ),
    )


def _other_dependencies(measured: Mapping[str, str], locked: Mapping[str, str]) -> str:
    """Which of the packages that carry a stream a file locks otherwise than they were measured."""
    differs = [name for name in CARRIERS if name in measured and name in locked and measured[name] != locked[name]]
    return ", ".join(f"{name} {measured[name]}, not {locked[name]} as is locked here" for name in differs)


def _never_seen(knowledge: Knowledge, specifier: SpecifierSet, exact: bool) -> str:
    newest = knowledge.releases[-1].version
    what = "There is no such release" if exact else "It allows no release"
    return (
        f"{what} among the {len(knowledge.releases)} that are known (newest: {newest}, data of {knowledge.measured})."
    )


def _unknown(entry: Entry, text: str, message: str) -> Subject:
    finding = Finding(rule=UNKNOWN, level=Level.WARNING, message=message, instead=RULES[UNKNOWN].help)
    return Subject(place=entry.place, text=text, about="unknown, not safe", state=State.UNKNOWN, findings=(finding,))


def unmeasured(versions: str) -> Finding:
    """That nothing is known of some releases."""
    return Finding(
        rule=UNKNOWN, level=Level.WARNING, message=f"Not measured: {versions}.",
        instead=f"Measure it: `matrix run --versions {versions.partition('-')[0].partition(',')[0]}`.",
    )  # fmt: skip


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, warnings, notes; of each, as the rules stand."""
    order = list(RULES)
    return sorted(findings, key=lambda one: (_WORST_FIRST.index(one.level), order.index(one.rule), one.message))


def _runs(some: Sequence[Release], of: Sequence[Release]) -> str:
    """Releases as runs of adjacent ones: `0.40.0-0.45.2, 0.47.0`; only so many, and how many more."""
    versions = {release.version for release in some}
    runs: list[list[str]] = []
    before = False
    for release in of:
        here = release.version in versions
        if here and before:
            runs[-1].append(release.version)
        elif here:
            runs.append([release.version])
        before = here
    told = [run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs[:_FEW]]
    more = len(runs) - len(told)
    return ", ".join(told) + (f" and {more} more runs" if more else "")


def _releases(count: int) -> str:
    return "1 release" if count == 1 else f"{count} releases"
