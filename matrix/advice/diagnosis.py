"""Diagnose a project: say what a user has to know first of what it pins, what it has installed, and what it does. Pure.

`judged_by` chooses the release, and `diagnose` sums up. The findings are those of a check and of a scan.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.advice.facts import choose_clients, unusable_reason
from matrix.advice.pin import Advice, recommend
from matrix.advice.pins import PinnedRelease, find_pinned
from matrix.advice.ranges import exact_version, oldest_python
from matrix.findings.model import ORDER, Diagnosis, InstalledRelease, Level, State, Subject, WorstFinding
from matrix.findings.rules import CRASHES, MISSES, NEEDLESS, PASSES_STATUS, RULES, RUNS_OUT, SILENT, UNCHECKED
from matrix.manifests.entry import COMMAND, Manifest, ManifestEntry
from matrix.model import Frozen, Lane, runtime_title
from matrix.observation import not_played
from matrix.store.knowledge import Knowledge, Measurement
from matrix.system.text import counted
from matrix.targets.names import Client


class ProjectFacts(Frozen, frozen=True, kw_only=True):
    """What is known of a project before it is diagnosed.

    Attributes:
        folder: Its folder, as it is shown.
        manifests: Its files that require the SDK.
        environments: What its environments have, nearest first, by their folders as they are shown.
        pins: The releases that its manifests name, as `matrix scan` finds them.
        carriers: The packages in it that bring the SDK, in files that do not name it.
        requirements: Its requirements as a check judges them, without those of environments.
        installed: Its environments, judged like requirements.
        places: The places in its code as a scan judges them.
        places_there: The same places, judged on the recommended release; None if they were not.
        files: The number of its files that use the SDK.
        clients: The client classes that these name.
        unmeasured: Those of the clients that are not measured.
        handlers: The handlers that its code uses, by id.
        reproduced: What a caller saw in its environment; empty if nothing was played.
    """

    folder: str
    manifests: tuple[Manifest, ...] = ()
    environments: dict[str, Manifest] = msgspec.field(default_factory=dict)
    pins: tuple[PinnedRelease, ...]
    carriers: tuple[str, ...] = ()
    requirements: tuple[Subject, ...] = ()
    installed: tuple[Subject, ...] = ()
    places: tuple[Subject, ...] = ()
    places_there: tuple[Subject, ...] | None = None
    files: int = 0
    clients: frozenset[str] = frozenset()
    unmeasured: frozenset[str] = frozenset()
    handlers: frozenset[str] = frozenset()
    reproduced: str = ""


def judged_by(
    knowledge: Knowledge, pins: Sequence[PinnedRelease], environments: Iterable[Manifest]
) -> tuple[PinnedRelease, ...]:
    """Return the releases that judge a project: what it pins exactly, else what is installed, else what a range allows.

    What only the project's own tests or tools need comes last.

    Args:
        knowledge: The measured knowledge about releases.
        pins: The releases that its manifests name.
        environments: Its environments, nearest first.
    """
    if not any(pin.is_exact for pin in pins):
        for environment in environments:
            if environment.entries:
                return tuple(find_pinned(knowledge, [environment]))
    return tuple(sorted(pins, key=lambda pin: _FOR_DEVELOPMENT.search(pin.where.rpartition("/")[2]) is not None))


_FOR_DEVELOPMENT: Final = re.compile(r"(?:^|[-_.])(?:dev|develop|development|test|tests|lint|docs?|ci)(?:[-_.]|$)")
"""Names of files with what a project needs for its own development: `requirements-dev.txt`."""


def diagnose(
    knowledge: Knowledge, facts: ProjectFacts, advice: Advice, age: int | None, *, is_stale: bool
) -> Diagnosis:
    """Sum up a project.

    Args:
        knowledge: The measured knowledge about releases.
        facts: What is known of it.
        advice: The release that is recommended for it.
        age: Days since the data was last checked; None if there is no data.
        is_stale: Whether that is longer ago than its schedule.
    """
    judging, *others = judged_by(knowledge, facts.pins, facts.environments.values())
    return Diagnosis(
        folder=facts.folder,
        package=knowledge.target.package,
        release=judging.version,
        chosen=_why(judging, facts),
        others=tuple(f"{pin.version} ({pin.where})" for pin in others),
        installed=tuple(_installed(folder, manifest) for folder, manifest in facts.environments.items()),
        age=age,
        is_stale=is_stale,
        overloaded=_overloaded_sentence(knowledge, judging, facts),
        files=facts.files,
        places=len(facts.places),
        clients=tuple(sorted(facts.clients)),
        unmeasured=tuple(sorted(facts.unmeasured)),
        handlers=tuple(sorted(facts.handlers)),
        worst=find_worst([facts.places, facts.requirements, facts.installed]),
        pin=_pin_sentence(advice, judging, facts),
        write=_write_sentence(knowledge, facts),
        reproduced=facts.reproduced,
        commands=_commands(knowledge, facts, judging, advice),
    )


def _why(judging: PinnedRelease, facts: ProjectFacts) -> str:
    """Say why a project is judged by a release."""
    if not judging.where:
        return "the newest release, since no file pins one"
    if judging.where in facts.environments:
        pin = next((pin for pin in facts.pins if pin.where), None)
        return f"installed in {judging.where}; " + (f"{pin.where} gives only a range" if pin else "no file pins one")
    if judging.is_exact:
        return f"pinned in {judging.where}"
    return f"which {judging.where} would install today"


def _installed(folder: str, manifest: Manifest) -> InstalledRelease:
    return InstalledRelease(
        environment=folder,
        version=next((_version(entry) for entry in manifest.entries), ""),
        python=manifest.python.removeprefix("=="),
        problem=next((problem.message for problem in manifest.problems), ""),
    )


def _version(entry: ManifestEntry) -> str:
    return exact_version(entry.specifier) or entry.direct


def _overloaded_sentence(knowledge: Knowledge, pinned: PinnedRelease, facts: ProjectFacts) -> str:
    """Say in one sentence what an overloaded stream looks like on a release."""
    known = _measurement(knowledge, pinned)
    others = ", ".join(sorted(facts.unmeasured))
    if known is None:
        return f"not measured: nothing is known about {pinned.version}. Unknown does not mean safe."
    why = not_played(known.outcome, known.reason) or (
        unusable_reason(known) if _clients_of(knowledge, facts) == knowledge.target.clients[:1] else ""
    )
    if why or known.judgement is None:
        return f"{pinned.version} can't be used, so no call gets that far: {why or 'no call works'}."
    if facts.unmeasured and facts.unmeasured == facts.clients:
        return f"not measured for {others}. Unknown does not mean safe."
    return "; ".join(_overloaded_on(knowledge, known, client) for client in _clients_of(knowledge, facts)) + (
        f" (not measured for {others})." if others else "."
    )


def _overloaded_on(knowledge: Knowledge, known: Measurement, client: Client) -> str:
    """Say as a clause what an overloaded stream looks like on one client."""
    judgement = known.judgement_of(client.id)
    stream = f"an overloaded stream of {client.class_name}" if client.id else "an overloaded stream"
    if judgement is None:
        return f"{stream} was not measured"
    if judgement.unusable:
        return f"{client.class_name} can't be used: {judgement.unusable}"
    if not judgement.error:
        return f"no {stream.removeprefix('an ')} was measured on this release"
    raises = "raises no exception" if judgement.error.endswith("no exception") else f"raises {judgement.error}"
    documented = ", as documented" if judgement.documented else f"; documented is {knowledge.target.overloaded_status}"
    return f"{stream} {raises}{documented}"


def find_unmeasured(knowledge: Knowledge, facts: ProjectFacts) -> frozenset[str]:
    """Find the client classes of a project that were not measured on the release that judges it."""
    judging = judged_by(knowledge, facts.pins, facts.environments.values())[0]
    known, target = _measurement(knowledge, judging), knowledge.target
    clients = {name: target.find_client(name) for name in facts.clients}
    return frozenset(
        name
        for name, client in clients.items()
        if client is None or (client.id and (known is None or known.judgement_of(client.id) is None))
    )


def _clients_of(knowledge: Knowledge, facts: ProjectFacts) -> tuple[Client, ...]:
    """Return the measured clients that the code of a project names; those of its extras if it names none."""
    found = (knowledge.target.find_client(name) for name in facts.clients - facts.unmeasured)
    ids = [client.id for client in found if client is not None]
    return choose_clients(knowledge.target, _extras_of(facts), ids)


def _extras_of(facts: ProjectFacts) -> list[str]:
    return sorted({extra for _, entry in _entries_of(facts) for extra in entry.extras})


def _entries_of(facts: ProjectFacts) -> list[tuple[Manifest, ManifestEntry]]:
    """List the requirements of a project; a script has its own pins."""
    manifests = [manifest for manifest in facts.manifests if manifest.kind != SCRIPT]
    return [(manifest, entry) for manifest in manifests for entry in manifest.entries]


def _client_options(knowledge: Knowledge, facts: ProjectFacts) -> str:
    """Return the options that name the client of a project, if all its code uses one that is not first-party."""
    clients = _clients_of(knowledge, facts)
    return f" --client {clients[0].name}" if len(clients) == 1 and clients[0].id else ""


def _measurement(knowledge: Knowledge, pinned: PinnedRelease) -> Measurement | None:
    """Return the result of a release: with today's dependencies if the lane of its lock has none that works."""
    results = [
        known
        for lane in dict.fromkeys([pinned.lane, *Lane])
        if (known := knowledge.measurements.get((pinned.version, lane))) is not None
    ]
    return next((known for known in results if not unusable_reason(known)), results[0] if results else None)


def find_worst(groups: Sequence[Sequence[Subject]]) -> WorstFinding | None:
    """Return the worst finding of some groups of subjects; of equals, the one in the earlier group."""
    rank = {rule: number for number, rule in enumerate(RULES)}
    findings = [
        (ORDER[finding.level], number, rank.get(finding.rule, len(rank)), subject, finding)
        for number, group in enumerate(groups)
        for subject in group
        for finding in subject.findings
    ]
    if not findings:
        return None
    *_, subject, finding = min(findings, key=lambda each: (*each[:3], each[3].place))
    return WorstFinding(place=subject.place, text=subject.text, finding=finding, of=len(findings))


def recommend_for(knowledge: Knowledge, facts: ProjectFacts) -> Advice:
    """Recommend a release in the ranges of a project, for its handlers, its extras and its Python."""
    entries = _entries_of(facts)
    ranges = [entry.specifier for _, entry in entries if entry.origin != COMMAND and not exact_version(entry.specifier)]
    pythons = [each.python for each in facts.environments.values() if each.entries]
    pythons += [oldest_python(manifest.python, entry.marker) for manifest, entry in entries]
    python = next((_minor(each) for each in pythons if each), "")
    return recommend(
        knowledge,
        SpecifierSet(",".join(filter(None, ranges))),
        as_of=knowledge.measured or knowledge.releases[-1].uploaded.date(),
        catching=sorted(set(facts.handlers) & set(knowledge.handlers)),
        python=python,
        extras=_extras_of(facts),
        clients=[client.id for client in _clients_of(knowledge, facts)],
    )


def _minor(python: str) -> str:
    """Return `3.11` of `==3.11.7`; empty if the text has no version."""
    found = re.search(r"(\d+\.\d+)", python)
    return found[1] if found else ""


def _pin_sentence(advice: Advice, judging: PinnedRelease, facts: ProjectFacts) -> str:
    is_pinned = judging.is_exact and judging.where not in facts.environments
    if facts.carriers and not is_pinned:
        names = ", ".join(dict.fromkeys(facts.carriers))
        return f"add a lock file: {names} alone decides which release is installed, and not every one fits it."
    allowed = f" in {_range_of(advice)}" if advice.specifier else ""
    if advice.pin is None:
        return f"no release{allowed} can be recommended for {runtime_title(advice.python)}."
    line = " and ".join(advice.lines["requirements"].splitlines())
    if advice.pin.version == judging.version:
        return f"{'keep ' if is_pinned else ''}{line}: no measured release{allowed} does less harm."
    effect = _compare_code(facts) if facts.places_there is not None else ""
    return f"{line}: no measured release{allowed} does less harm{effect}."


def _compare_code(facts: ProjectFacts) -> str:
    """Compare the findings in the code on the judged and on the recommended release; empty if there is none on both."""
    if any(subject.state is State.UNKNOWN for subject in facts.places_there or ()):
        return ""
    here, there = _count_findings(facts.places), _count_findings(facts.places_there or ())
    if any(subject.state is State.UNKNOWN for subject in facts.places):
        return f"; your code has {_say_counts(there)} there"
    if here == there:
        return f"; your code has {_say_counts(there)} there, as now" if any(here) else ""
    return f"; your code has {_say_counts(there)} there, and {_say_counts(here)} now"


def _count_findings(places: Iterable[Subject]) -> tuple[int, int]:
    """Count the errors and the warnings in code."""
    levels = [finding.level for subject in places for finding in subject.findings]
    return levels.count(Level.ERROR), levels.count(Level.WARNING)


def _say_counts(counts: tuple[int, int]) -> str:
    errors, warnings = counts
    parts = [counted(errors, "error") if errors else "", counted(warnings, "warning") if warnings else ""]
    return " and ".join(filter(None, parts)) or "no finding"


def _write_sentence(knowledge: Knowledge, facts: ProjectFacts) -> str:
    findings = [finding for subject in facts.places for finding in subject.findings]
    wrong = [finding for finding in findings if finding.rule in _OF_HANDLERS and finding.level is not Level.NOTE]
    if facts.unmeasured and facts.unmeasured == facts.clients:
        others = ", ".join(sorted(facts.unmeasured))
        reason = next(iter(knowledge.target.stream.end_reasons), "reason to end")
        return f"no advice was measured for {others}; check yourself that each answer has a {reason}."
    if facts.places and not wrong and all(subject.state is State.FINE for subject in facts.places):
        return "nothing new: each place in the code decides correctly."
    if not wrong and (other := next((_OTHERWISE[each.rule] for each in findings if each.rule in _OTHERWISE), "")):
        return other.format(names=knowledge.target.name_attributes("`"))
    if knowledge.target.remedy is None:
        return next((finding.instead for finding in wrong if finding.instead), "")
    return (
        "wrap streams in `guard`, and retry if `explain(error).retryable`: both are in midstream.remedy, and work on "
        "every release."
    )


SCRIPT: Final = "script"
"""The kind of a script's block of requirements, which count for that script alone."""

_OF_HANDLERS: Final = frozenset({CRASHES, SILENT, MISSES, NEEDLESS, UNCHECKED})
"""Rules that code breaks, and does not with the remedy."""

_OTHERWISE: Final = {
    RUNS_OUT: "raise the last error after the loop of attempts, so that no caller gets None for an answer.",
    PASSES_STATUS: "answer your own client with the documented status of {names}, or with 502.",
}
"""Rule to what to write, for rules that code may break although it recognises every failure."""


def _commands(knowledge: Knowledge, facts: ProjectFacts, judging: PinnedRelease, advice: Advice) -> tuple[str, ...]:
    """Return the three commands that print the rest. Each works where it is printed."""
    program = knowledge.target.command
    folder = _quote(facts.folder)
    environment = next((_quote(path) for path, each in facts.environments.items() if each.entries), "")
    named = f" --python {environment}" if environment else ""
    own = {manifest.path for manifest in facts.manifests}
    pins = dict.fromkeys(place_path(pin.where) for pin in facts.pins if pin.where)
    elsewhere = "".join(f" {_quote(path)}" for path in pins if path not in own)  # such as the lock of a workspace
    is_measured = _measurement(knowledge, judging) is not None
    explained = judging.version if is_measured else knowledge.releases[-1].version
    client = _client_options(knowledge, facts)
    if facts.requirements:
        first = f"check {folder}{elsewhere}{named}{client}"
    elif elsewhere:
        first = f"check{elsewhere}{named}{client}"
    else:
        first = f"check{named}{client}" if named else f"explain {explained}{client}"
    if not facts.places:
        second = f"advise {shlex.quote(_range_of(advice))}{client}" if advice.specifier else f"advise{client}"
    elif judging.where in facts.environments:
        second = f"scan {folder} --release {judging.version}"
    else:
        second = f"scan {folder}"
    third = f"{_comparison(knowledge, judging, advice)}{client}"
    return tuple(f"{program} {command}" for command in (first, second, third))


def place_path(place: str) -> str:
    """Return the path in the text of a place: `a/requirements.txt` of `a/requirements.txt:1`."""
    return re.sub(r"(:\d+)+$", "", place)


def _range_of(advice: Advice) -> str:
    """Return the releases that were allowed, as people write them: the lower bound first."""
    return ",".join(sorted(advice.specifier.split(","), key=lambda clause: (clause.startswith("<"), clause)))


def _quote(path: str) -> str:
    """Quote a path for a shell, so that it is no option either."""
    return shlex.quote(f"./{path}" if path.startswith("-") else path)


def _comparison(knowledge: Knowledge, judging: PinnedRelease, advice: Advice) -> str:
    """Return the command that compares the release with a better, a newer or the previous one."""
    measured = [each.version for each in knowledge.releases if (each.version, Lane.TODAY) in knowledge.measurements]
    lane = f":{judging.lane}" if judging.lane is not Lane.TODAY else ""
    if (judging.version, judging.lane) not in knowledge.measurements or not measured:
        return "history"
    if advice.pin is not None and advice.pin.version != judging.version:
        other = advice.pin.version
    else:
        other = next((version for version in reversed(measured) if version != judging.version), "")
    if not other:
        return "history"
    here = f"{judging.version}{lane}"
    return f"diff {here} {other}" if Version(other) > Version(judging.version) else f"diff {other} {here}"
