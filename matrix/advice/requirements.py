"""Judge requirements on the SDK: an exact pin by its release, a range by every release that it allows. Pure.

A range is never judged by its lowest release. Its release of today decides the levels, and each finding counts the
allowed releases that it applies to. A release without a measurement is unknown, which does not mean safe.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec
from packaging.version import Version

from matrix.advice.facts import Fact, choose_clients, find_facts
from matrix.advice.hangs import find_hang_fact
from matrix.advice.locks import DEPENDENCIES, compare_lock
from matrix.advice.ranges import (
    allowed_releases,
    exact_version,
    format_runs,
    installed_today,
    nearest_lane,
    oldest_python,
    specifier_set,
)
from matrix.findings.model import ORDER, Finding, Level, Place, Problem, Report, State, Subject, project_of
from matrix.findings.rules import CANNOT_BE_USED, OPEN_ENDED, RULES, UNKNOWN
from matrix.manifests.entry import COMMAND, Manifest, ManifestEntry
from matrix.model import Lane, Release
from matrix.store.knowledge import Knowledge
from matrix.system.text import counted
from matrix.targets.target import Registry, Target


def check(
    knowledge: Knowledge,
    manifests: Iterable[Manifest],
    version: str,
    catching: Collection[str] = (),
    ignore: Collection[str] = (),
    others: Iterable[Subject] = (),
    clients: Collection[str] = (),
) -> Report:
    """Judge all requirements of some files.

    Args:
        knowledge: The measured knowledge about releases.
        manifests: The files.
        version: The version of this program.
        catching: The ids of the handlers that are used.
        ignore: The ids of rules to leave out.
        others: Subjects that are already judged.
        clients: The ids of the clients that are used; if there are none, those of the extras of a requirement count.
    """
    subjects: dict[Subject, None] = dict.fromkeys(others)
    problems: dict[Problem, None] = {}
    for manifest in manifests:
        problems |= dict.fromkeys(manifest.problems)
        for entry in manifest.entries:
            subjects[judge_entry(knowledge, entry, manifest.python, catching, ignore, clients)] = None
    return build_report("check", knowledge, version, list(subjects), list(problems), catching)


def build_report(
    command: str,
    knowledge: Knowledge,
    version: str,
    subjects: Sequence[Subject],
    problems: Sequence[Problem],
    catching: Collection[str],
) -> Report:
    """Build a report on subjects in the order of their places; a check groups them by project."""

    def in_order(place: Place) -> tuple[str, Place]:
        return (project_of(place) if command == "check" else "", place)

    rules = {finding.rule for subject in subjects for finding in subject.findings}
    return Report(
        command=command,
        version=version,
        measured=knowledge.measured,
        suite=knowledge.suite,
        catching=tuple(catching),
        subjects=tuple(sorted(subjects, key=lambda subject: in_order(subject.place))),
        problems=tuple(sorted(problems, key=lambda problem: in_order(problem.place))),
        rules=tuple(RULES[rule] for rule in RULES if rule in rules),
        program=knowledge.target.command,
        is_scanned=knowledge.target.is_scanned,
    )


def judge_entry(
    knowledge: Knowledge,
    entry: ManifestEntry,
    python: str = "",
    catching: Collection[str] = (),
    ignore: Collection[str] = (),
    clients: Collection[str] = (),
) -> Subject:
    """Judge one requirement.

    Args:
        knowledge: The measured knowledge about releases.
        entry: The requirement.
        python: The Pythons that its file supports, in the form of `requires-python`; empty if it states none.
        catching: The ids of the handlers that are used.
        ignore: The ids of rules to leave out.
        clients: The ids of the clients that are used; if there are none, those of its extras count.
    """
    text = _requirement_text(knowledge.target, entry)
    if lock := entry.lock:
        entry = msgspec.structs.replace(entry, specifier=lock.specifier, locked=lock.locked, direct=lock.direct)
    allowed = allowed_releases(knowledge, entry.specifier)
    exact = exact_version(entry.specifier)
    if entry.direct and not exact:
        release = None
        why = f"The requirement is taken from {entry.direct}, which is not a release on the index."
        about, findings = _unknown(why, _measure(knowledge.target))
    elif not allowed and not _can_be_met(knowledge, entry.specifier):
        release = None
        message = "No release can satisfy the requirement, since its clauses contradict each other."
        about, findings = "allows nothing", [Finding(rule=CANNOT_BE_USED, level=Level.ERROR, message=message)]
    elif not allowed:
        release = None
        about, findings = _unknown(_never_seen(knowledge, exact), _measure(knowledge.target, entry.specifier, exact))
    elif exact:
        release = allowed[-1]
        about, findings = _judge_exact(knowledge, entry, release, catching, clients)
    else:
        release = installed_today(allowed, python, entry.marker)
        oldest = oldest_python(python, entry.marker)
        allowed = [each for each in allowed if each.yanked is None] or allowed  # installers skip yanked releases
        if not entry.specifier and release:
            about, findings = _judge_any(knowledge, entry, release, oldest, catching, clients)
        else:
            about, findings = _judge_range(knowledge, entry, allowed, release, oldest, catching, clients)
    if lock:
        about = f"{about}; locked in {lock.place}"
    if others := [client for client in choose_clients(knowledge.target, entry.extras, clients) if client.id]:
        about += f"; judged for {' and '.join(client.class_name for client in others)}"
    if entry.origin == COMMAND:
        findings = [msgspec.structs.replace(finding, level=Level.NOTE) for finding in findings]
        about = f"installed by a command; {about}"
    reported = tuple(finding for finding in findings if finding.rule not in ignore)
    return Subject(
        place=entry.place,
        text=text,
        about=about,
        release=release.version if release else "",
        state=state_of(reported, State.FINE if catching else State.UNJUDGED),
        findings=reported,
    )


def state_of(findings: Collection[Finding], otherwise: State = State.FINE) -> State:
    """Return the state of a subject with these findings; `otherwise` if there are only notes."""
    if any(finding.level is not Level.NOTE and finding.rule != UNKNOWN for finding in findings):
        return State.FINDING
    return State.UNKNOWN if any(finding.rule == UNKNOWN for finding in findings) else otherwise


def _can_be_met(knowledge: Knowledge, specifier: str) -> bool:
    """Return whether any version could satisfy a specifier: a named one, a future one, or a very old one."""
    clauses = specifier_set(specifier)
    named = [Version(clause.version.removesuffix(".*")) for clause in clauses if clause.operator != "==="]
    arbitrary = any(clause.operator == "===" for clause in clauses)
    candidates = (Version("0"), *named, *_later(knowledge.releases[-1].parsed))
    return arbitrary or any(clauses.contains(version, prereleases=True) for version in candidates)


def requirement_line(package: str, entry: ManifestEntry) -> str:
    """Return a requirement as one line of PEP 508."""
    extras = f"[{','.join(entry.extras)}]" if entry.extras else ""
    which = entry.specifier or (f" @ {entry.direct}" if entry.direct else "")
    return f"{package}{extras}{which}" + (f" ; {entry.marker}" if entry.marker else "")


def _requirement_text(target: Target, entry: ManifestEntry) -> str:
    """Return a requirement as the installer of the package takes it."""
    if target.registry is Registry.PYPI:
        return requirement_line(target.package, entry)
    return target.require(entry.specifier) + (f"@{entry.direct}" if entry.direct and not entry.specifier else "")


_Judged = tuple[str, list[Finding]]
"""The meaning of a requirement in one line, and its findings, worst first."""


def _judge_exact(
    knowledge: Knowledge, entry: ManifestEntry, release: Release, catching: Collection[str], clients: Collection[str]
) -> _Judged:
    lane = nearest_lane(knowledge, release, entry.locked)
    facts = find_facts(knowledge, release, lane, catching, entry.extras, clients)
    about = f"{release.version}, uploaded {release.uploaded:%Y-%m-%d}"
    if entry.locked and facts is not None:
        about += f"; judged with {DEPENDENCIES[lane]}, which are nearest to the locked ones"
    if entry.direct:
        about += f"; taken from {entry.direct}, and judged as the release on the index"
    if facts is None:
        return f"{about}, not measured", [unmeasured_finding(release.version)]
    hang = find_hang_fact(knowledge, release, entry.locked)
    if hang is not None and all(fact.rule != CANNOT_BE_USED for fact in facts):
        facts = [*facts, hang]
    findings = [
        Finding(rule=fact.rule, level=fact.level, message=fact.on(release.version), instead=fact.instead)
        for fact in facts
    ]
    findings += compare_lock(knowledge, release, lane, entry, choose_clients(knowledge.target, entry.extras, clients))
    return about, worst_first(findings)


def _judge_any(
    knowledge: Knowledge, entry: ManifestEntry, today: Release, python: str, catching: Collection[str],
    clients: Collection[str],
) -> _Judged:  # fmt: skip
    """Judge a requirement without versions by the release that would be installed: nobody gets an older one.

    What the release does whatever the handler is part of one finding, which says that the next release may differ.
    """
    on = f" on Python {python}" if python else ""
    about = f"allows any release; {today.version} would be installed today{on}"
    facts = find_facts(knowledge, today, Lane.TODAY, catching, entry.extras, clients)
    findings = [] if facts is not None else [unmeasured_finding(today.version)]
    findings += [
        Finding(rule=fact.rule, level=fact.level, message=fact.on(today.version), instead=fact.instead)
        for fact in facts or ()
        if fact.handler or fact.level is not Level.NOTE
    ]
    notes = "; ".join(fact.message for fact in facts or () if not fact.handler and fact.level is Level.NOTE)
    message = f"{today.version} would be installed today{f': {notes}' if notes else ''}. "
    findings.append(
        Finding(
            rule=OPEN_ENDED,
            level=Level.NOTE,
            message=f"{message}The next release follows as soon as it is published.",
            instead="Pin a release, or add a lock file, to decide when to upgrade.",
        )
    )
    return about, worst_first(findings)


def _judge_range(
    knowledge: Knowledge, entry: ManifestEntry, allowed: Sequence[Release], today: Release | None, python: str,
    catching: Collection[str], clients: Collection[str],
) -> _Judged:  # fmt: skip
    about = f"allows {counted(len(allowed), 'release')}, {format_runs(allowed, allowed)}; "
    if today:
        about += f"{today.version} would be installed today" + (f" on Python {python}" if python else "")
    else:
        about += f"none of them supports Python {python}"
    broken: defaultdict[tuple[str, str, str], dict[str, Fact]] = defaultdict(dict)
    unknown: list[Release] = []
    harm: dict[str, tuple[int, int]] = {}
    for release in allowed:
        facts = find_facts(knowledge, release, Lane.TODAY, catching, entry.extras, clients)
        if facts is None:
            unknown.append(release)
            continue
        harm[release.version] = _harm(facts)
        for fact in facts:
            broken[fact.key][release.version] = fact
    most = max(harm.values(), default=(0, 0))
    if most > (harm.get(today.version, (0, 0)) if today else (0, 0)):
        worst = [release for release in allowed if harm.get(release.version) == most]
        about += f"; the worst {'is' if len(worst) == 1 else 'are'} {format_runs(worst, allowed)}"
    measured = today if today not in unknown else None
    floor = _floor(allowed, harm, measured)
    findings = [_range_finding(by_version, allowed, measured, floor) for by_version in broken.values()]
    if unknown:
        findings.append(unmeasured_finding(format_runs(unknown, allowed)))
    if today is None and python:
        message = f"No allowed release supports Python {python}, by its own `requires-python`."
        findings.append(Finding(rule=CANNOT_BE_USED, level=Level.ERROR, message=message))
    newest = knowledge.releases[-1].version
    if knowledge.measured is not None and any(map(specifier_set(entry.specifier).contains, _later(Version(newest)))):
        findings.append(
            Finding(
                rule=OPEN_ENDED, level=Level.NOTE,
                message=f"The requirement also allows releases after {newest}, which are not measured "
                f"(data of {knowledge.measured}).",
            )
        )  # fmt: skip
    return about, worst_first(findings)


def _harm(facts: Sequence[Fact]) -> tuple[int, int]:
    """Count errors and warnings."""
    levels = [fact.level for fact in facts]
    return levels.count(Level.ERROR), levels.count(Level.WARNING)


def _later(newest: Version) -> Iterator[Version]:
    """Yield versions that may follow a release: the next patch, minor and major version, and a very late one."""
    major, minor, micro = newest.major, newest.minor, newest.micro
    yield from map(Version, (f"{major}.{minor}.{micro + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0", "9999"))


def _floor(allowed: Sequence[Release], harm: Mapping[str, tuple[int, int]], today: Release | None) -> str:
    """Return the lowest release from which on none has more faults than today's release; empty if there is none."""
    if today is None or today.version not in harm:
        return ""
    lowest = ""
    for release in reversed(allowed):
        if release.version not in harm or harm[release.version] > harm[today.version]:
            break
        lowest = release.version
    return lowest if lowest and Version(lowest) <= today.parsed else ""


def _range_finding(
    facts: Mapping[str, Fact], allowed: Sequence[Release], today: Release | None, floor: str = ""
) -> Finding:
    """Report one fact over a range: about today's release if it applies there, else about the newest it applies to.

    Args:
        facts: Version to the fact.
        allowed: The releases in the range, oldest version first.
        today: The release that would be installed today; None if there is none, or if it was not measured.
        floor: The lowest release from which on none has more faults than that one; empty if there is none.
    """
    here = today is not None and today.version in facts
    version = today.version if here and today is not None else list(facts)[-1]
    fact = facts[version]
    message = fact.on(version)
    if len(allowed) > 1:
        affected = format_runs([release for release in allowed if release.version in facts], allowed)
        share = f" This applies to {len(facts)} of the {len(allowed)} allowed releases"
        if len(facts) == len(allowed):
            message += f" This, or nearly this, applies to all {len(allowed)} allowed releases."
        elif here:
            message += f"{share}: {affected}."
        else:
            message += f"{share} ({affected})"
            message += f", but not to {today.version}, which would be installed today." if today else "."
    level = fact.level if here or fact.level is Level.NOTE else Level.WARNING
    instead = fact.instead
    left_out = floor and not here and Version(version) < Version(floor)
    if left_out and (not instead or fact.rule == CANNOT_BE_USED):
        instead = f"Require `>={floor}` to exclude these releases."
    return Finding(rule=fact.rule, level=level, message=message, instead=instead)


def _never_seen(knowledge: Knowledge, exact: str) -> str:
    newest = knowledge.releases[-1].version
    what = "This release is not one" if exact else "The requirement allows none"
    count = len(knowledge.releases)
    return f"{what} of the {count} known releases (newest: {newest}, data of {knowledge.measured})."


def _measure(target: Target, specifier: str = "", exact: str = "") -> str:
    """Return how to measure releases that are not known yet; without a specifier, one that is not on the index."""
    own = "`matrix probe --python PATH`" if target.registry is Registry.PYPI else ""
    if not specifier:
        return "Unknown does not mean safe." + (f" Measure your own environment: {own}." if own else "")
    versions = exact or f"'{specifier}'"
    return f"Unknown does not mean safe. Measure it: `matrix refresh`, then `matrix run --versions {versions}`" + (
        f"; or measure your own environment with {own}." if own else "."
    )


def _unknown(message: str, instead: str) -> _Judged:
    return "unknown, not safe", [Finding(rule=UNKNOWN, level=Level.WARNING, message=message, instead=instead)]


def unmeasured_finding(versions: str) -> Finding:
    """Report that some releases are not measured."""
    return Finding(
        rule=UNKNOWN, level=Level.WARNING, message=f"Not measured: {versions}.",
        instead=f"Measure it: `matrix run --versions {versions.partition('-')[0].partition(',')[0]}`.",
    )  # fmt: skip


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by level, worst first, and then by the order of the rules."""
    order = list(RULES)
    return sorted(findings, key=lambda finding: (ORDER[finding.level], order.index(finding.rule), finding.message))
