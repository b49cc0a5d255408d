"""Judge the places of a program that catch the SDK's errors, on the releases that it pins. Pure.

The scan says what a place does in each recorded scenario; this module says whether that is right.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from matrix.advice.facts import REMEDY, count_families, unusable_reason
from matrix.advice.hints import REMEDY_CODE, REMEDY_CODE_WITHOUT_STREAM, add_hint
from matrix.advice.pins import PinnedRelease
from matrix.advice.requirements import build_report, state_of, unmeasured_finding, worst_first
from matrix.catalogue.steps import Family, Scenario
from matrix.catalogue.surfaces import PlayedScenarios
from matrix.findings.model import Finding, Level, Place, Problem, Report, State, Subject
from matrix.findings.rules import (
    CANNOT_BE_USED,
    CRASHES,
    MISSES,
    NEEDLESS,
    NOT_JUDGED,
    PASSES_STATUS,
    RULES,
    RUNS_OUT,
    SILENT,
    UNCHECKED,
    UNKNOWN,
)
from matrix.model import Frozen, Lane
from matrix.scan.catches import Catch, Choice, Decision, PlaceRole, ScannedFile
from matrix.scan.recorded import Recorded
from matrix.store.knowledge import Knowledge, Measurement
from matrix.system.text import counted
from matrix.targets import TARGETS
from matrix.targets.names import Client
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome, judge_decision


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What some code is judged by: a pinned release, and its record if there is one.

    Attributes:
        pinned: The release.
        recorded: Its record, or that of another release, which only tells where the places are.
        known: The result of the release; None if it has none.
        instead: The finding of every place if the release has no record that can be judged by.
        remark: A finding of every place beside the others.
    """

    pinned: PinnedRelease
    recorded: Recorded
    known: Measurement | None = None
    instead: Finding | None = None
    remark: Finding | None = None


class Verdicts(Frozen, frozen=True, kw_only=True):
    """The scenarios in which a place is wrong, by the rule that it breaks.

    Attributes:
        by_rule: Rule to scenarios, by id.
        unlike: Whether the place treats errors in a stream unlike plain HTTP ones, rather than retrying too little.
    """

    by_rule: dict[str, list[str]]
    unlike: bool = False


def find_lane(knowledge: Knowledge, pinned: PinnedRelease) -> tuple[Lane | None, Finding | None, Finding | None]:
    """Find the lane in which a pinned release can be judged.

    Returns:
        The lane, or None; the finding that takes the place of all others if there is none; and a remark.
    """
    known = knowledge.measurements.get((pinned.version, pinned.lane))
    if known is None or (known.judgement is None and not unusable_reason(known)):
        return None, unmeasured_finding(pinned.version), None
    why = unusable_reason(known)
    if not why:
        return pinned.lane, None, None
    own = knowledge.measurements.get((pinned.version, Lane.AS_RELEASED))
    if pinned.lane is Lane.TODAY and own is not None and own.judgement is not None and not unusable_reason(own):
        message = (
            f"On {pinned.version}, the SDK can't be used with today's dependencies ({why}), so the code is judged with "
            "the dependencies of its upload day."
        )
        return Lane.AS_RELEASED, None, Finding(rule=CANNOT_BE_USED, level=Level.NOTE, message=message)
    message = f"On {pinned.version}, the SDK can't be used: {why}."
    return None, Finding(rule=CANNOT_BE_USED, level=Level.ERROR, message=message), None


def scan(
    knowledge: Knowledge,
    files: Iterable[Sequence[ScannedFile]],
    bases: Sequence[Basis],
    version: str,
    ignore: Collection[str] = (),
    unread: Iterable[Problem] = (),
) -> Report:
    """Judge all places of some files.

    Args:
        knowledge: The measured knowledge about releases.
        files: The user's files, each scanned on the release of every basis, in their order.
        bases: What the files are judged by.
        version: The version of this program.
        ignore: The ids of rules to leave out.
        unread: Problems of the files that pin the release.
    """
    files = list(files)
    subjects = [subject for scanned in files for subject in judge_file(knowledge, scanned, bases, ignore)]
    problems = dict.fromkeys(
        [*unread, *(problem for scanned in files for each in scanned for problem in each.problems)]
    )
    return build_report("scan", knowledge, version, _drop_needless_notes(subjects), list(problems), ())


def _drop_needless_notes(subjects: list[Subject]) -> list[Subject]:
    """Leave out the clients with `max_retries` unless something reads a stream that nothing catches."""
    unchecked = any(finding.rule == UNCHECKED for subject in subjects for finding in subject.findings)
    return [each for each in subjects if unchecked or not each.about.endswith(_CLIENT)]


def judge_file(
    knowledge: Knowledge, scanned: Sequence[ScannedFile], bases: Sequence[Basis], ignore: Collection[str] = ()
) -> Iterator[Subject]:
    """Judge the places of one file on every release that it was scanned on."""
    places: defaultdict[tuple[Place, PlaceRole], list[tuple[Basis, Catch]]] = defaultdict(list)
    for basis, each in zip(bases, scanned, strict=False):
        for catch in each.catches:
            places[catch.place, catch.role].append((basis, catch))
    for (place, _), judged in sorted(places.items(), key=lambda item: item[0]):
        yield _judge(knowledge, place, judged, ignore)


def _judge(knowledge: Knowledge, place: Place, judged: list[tuple[Basis, Catch]], ignore: Collection[str]) -> Subject:
    """Judge one place on every release."""
    first = judged[0][1]
    findings: list[Finding] = []
    for basis, catch in judged:
        findings += _judge_on(knowledge, basis, catch)
    if first.same_as != REMEDY and knowledge.target.remedy:
        streams = any(_is_in_stream(judged[0][0].recorded, id_) for id_ in first.decisions)
        code = REMEDY_CODE if streams else REMEDY_CODE_WITHOUT_STREAM
        number = next((index for index, each in enumerate(findings) if each.rule in _HANDLERS), None)
        if number is not None:  # the same code is right on every release, so one finding shows it
            findings[number] = msgspec.structs.replace(findings[number], instead=code)
    if not knowledge.target.remedy:
        findings = [add_hint(knowledge.target, each) for each in findings]
    reported = tuple(each for each in worst_first(list(dict.fromkeys(findings))) if each.rule not in ignore)
    unjudged = bool(first.unmeasured) or all(len(each.undecided) == len(each.decisions) for _, each in judged)
    return Subject(
        place=place,
        text=first.code,
        about=_about(knowledge, [catch for _, catch in judged]),
        release=", ".join(basis.pinned.version for basis, _ in judged),
        state=state_of(reported, State.UNJUDGED if unjudged and first.role is not PlaceRole.CLIENT else State.FINE),
        findings=reported,
    )


def _name_other_scan(framework: str) -> str:
    """Name the command that judges calls of a framework, which is a target of its own; empty if there is none."""
    commands = (each.command for each in TARGETS.values() if each.module == framework and each.is_scanned)
    return next((f"`{command} scan` judges these calls." for command in commands), "")


def _judge_on(knowledge: Knowledge, basis: Basis, catch: Catch) -> list[Finding]:
    """Judge one place on one release."""
    if catch.unmeasured:
        message = f"Errors of `{catch.unmeasured}` are not measured, so the scan can't say what this code does."
        return [Finding(rule=UNKNOWN, level=Level.WARNING, message=message, instead=_name_other_scan(catch.unmeasured))]
    if basis.instead is not None:
        return [basis.instead]
    others = [basis.recorded.target.client(id_).class_name for id_ in catch.clients if id_]
    on = f"On {basis.pinned.version}{' with ' * bool(others)}{' and '.join(others)}, "
    if catch.role is PlaceRole.CLIENT:
        message = (
            "`max_retries` repeats a request that fails before its stream begins, and never one whose stream fails."
        )
        return [Finding(rule=MISSES, level=Level.NOTE, message=message)]
    findings = [basis.remark] if basis.remark is not None else []
    for client in _few_scenarios(basis.recorded.target, catch):
        played = f"{client.class_name} was played in a few scenarios only; its other failures are not measured."
        findings.append(Finding(rule=NOT_JUDGED, level=Level.NOTE, message=f"On {basis.pinned.version}, {played}"))
    if catch.role is PlaceRole.STREAM:
        return [*findings, *_judge_stream(basis, catch, on)]
    verdicts = find_verdicts(basis.recorded, catch)
    for rule in (rule for rule in RULES if rule in verdicts.by_rule):
        failed = verdicts.by_rule[rule]
        message = _describe(basis, catch, rule, failed, unlike=verdicts.unlike)
        level = _level(basis.recorded, catch, rule, failed)
        findings.append(Finding(rule=rule, level=level, message=f"{on}{message}."))
    findings += _judge_surroundings(basis, catch, on)
    return findings


def _judge_surroundings(basis: Basis, catch: Catch, on: str) -> Iterator[Finding]:
    """Judge what follows the last attempt, what the caller is told, and what can't be decided."""
    if catch.runs_out:
        name = f"`{catch.function}`" if catch.function else "the program"
        message = f"After its last attempt, {name} goes on with None instead of raising the error."
        yield Finding(rule=RUNS_OUT, level=Level.WARNING, message=message)
    if catch.passes_status:
        message = (
            f"{on}it answers its own client with status 200 for {counted(len(catch.passed_on), 'failure')} in a stream."
        )
        yield Finding(rule=PASSES_STATUS, level=Level.ERROR, message=message)
    if undecided := catch.undecided:
        why = next(iter(undecided.values()))
        share = f"{len(undecided)} of {counted(len(catch.decisions), 'scenario')}"
        yield Finding(rule=NOT_JUDGED, level=Level.NOTE, message=f"{on}the scan can't decide {share}: {why}.")


def _few_scenarios(target: Target, catch: Catch) -> list[Client]:
    """Return the clients of a place whose main surface does not play every scenario of its dialect."""
    suite = target.suite
    few = [id_ for id_ in catch.clients if target.surfaces[suite.main_of(id_)[0]].plays is not PlayedScenarios.ALL]
    return [target.client(id_) for id_ in few]


def _fails(decision: Decision) -> bool:
    return decision.choice is Choice.FAIL and not decision.escapes


def _is_in_stream(recorded: Recorded, id_: str) -> bool:
    return recorded.target.catalogue[id_].in_stream


def _judge_stream(basis: Basis, catch: Catch, on: str) -> Iterator[Finding]:
    """Judge a stream that nothing catches and nothing checks."""
    silent = find_verdicts(basis.recorded, catch).by_rule.get(SILENT, [])
    if silent:
        kinds = counted(len(silent), "kind of failure", "kinds of failure")
        where = count_families(basis.recorded.target, silent)
        message = f"{on}nothing here notices a stream that was cut: {kinds} look like a complete answer ({where})."
        yield Finding(rule=UNCHECKED, level=Level.WARNING, message=message)


def find_verdicts(recorded: Recorded, catch: Catch) -> Verdicts:
    """Find the scenarios in which a place is wrong, by the rule that it breaks."""
    broken: defaultdict[str, list[str]] = defaultdict(list)
    retries = catch.retries
    for id_, decision in catch.decisions.items():
        scenario, observation = recorded.target.catalogue[id_], recorded.find_observation(id_, catch.clients)
        if observation is None or decision.choice is Choice.UNDECIDED:
            continue
        outcome = judge_decision(scenario, observation, _name_decision(decision))
        rule = _RULES_OF.get(outcome)
        if rule == SILENT and catch.role is PlaceRole.PREDICATE:
            continue
        if rule == MISSES and not retries:
            continue
        if rule is not None:
            broken[rule].append(id_)
    if catch.role is PlaceRole.PREDICATE and not _is_about_retries(recorded.target, catch):
        return Verdicts(by_rule={rule: ids for rule, ids in broken.items() if rule == CRASHES})
    if not retries and catch.role is not PlaceRole.STREAM:
        unlike = [id_ for id_ in catch.decisions if _is_unlike_plain(recorded, catch, id_)]
        if unlike:
            broken[MISSES] = unlike
    return Verdicts(by_rule=dict(broken), unlike=not retries)


def _is_about_retries(target: Target, catch: Catch) -> bool:
    """Return whether a predicate is true of a failure that a retry may fix; another one may be about anything."""
    decisions = catch.decisions.items()
    return any(each.choice is Choice.RETRY and target.catalogue[id_].retry for id_, each in decisions)


def _is_unlike_plain(recorded: Recorded, catch: Catch, id_: str) -> bool:
    """Return whether a place treats an error in a stream unlike the same error as a plain HTTP response."""
    scenario = recorded.target.catalogue[id_]
    control = catch.decisions.get(_control_of(scenario))
    own = catch.decisions[id_]
    if scenario.family is not Family.ERROR_EVENT or control is None or Choice.UNDECIDED in (own.choice, control.choice):
        return False
    return own != control and own.choice is not Choice.CRASH and not control.escapes


def _control_of(scenario: Scenario) -> str:
    """Return the scenario that sends the same error as a plain HTTP response, by id."""
    return scenario.control or f"http-{getattr(scenario.ideal, 'error_type', '')}"


def _name_decision(decision: Decision) -> str:
    return f"crashed: {decision.detail}" if decision.choice is Choice.CRASH else str(decision.choice)


_RULES_OF: Final = {
    HandlerOutcome.CRASHED: CRASHES,
    HandlerOutcome.SILENT: SILENT,
    HandlerOutcome.MISSED: MISSES,
    HandlerOutcome.NEEDLESS: NEEDLESS,
}

_HANDLERS: Final = frozenset({CRASHES, SILENT, MISSES, NEEDLESS, UNCHECKED})
"""Rules whose findings the remedy avoids."""


def _describe(basis: Basis, catch: Catch, rule: str, failed: list[str], *, unlike: bool) -> str:
    """Describe in which scenarios a place breaks a rule."""
    where = count_families(basis.recorded.target, failed)
    share = f"{len(failed)} of {counted(len(catch.decisions), 'scenario')}"
    match rule:
        case _ if rule == CRASHES:
            crash = catch.decisions[failed[0]].detail
            return f"this code itself crashes with {crash} in {share} ({where})"
        case _ if rule == SILENT:
            kinds = counted(len(failed), "kind of failure that raises", "kinds of failure that raise")
            return f"this code treats {kinds} no error here as success ({where})"
        case _ if rule == NEEDLESS:
            return f"this code retries without need in {share} ({where})"
    client = catch.clients[0] if catch.clients else ""
    judgement = basis.known.judgement_of(client) if basis.known is not None else None
    error = judgement.error if judgement is not None else ""
    is_meant = basis.recorded.target.suite.headline in failed
    appears = f"; an overloaded error inside a stream appears as {error}" if error and is_meant else ""
    if unlike:
        errors = counted(len(failed), "error")
        return f"this code treats {errors} inside a stream unlike the same error as a plain HTTP response{appears}"
    return f"this code does not retry {counted(len(failed), 'failure')} that a retry could fix ({where}){appears}"


def _level(recorded: Recorded, catch: Catch, rule: str, failed: list[str]) -> Level:
    """Return the level of a broken rule: not to recognise an error event of the API is an error."""
    if catch.same_as == REMEDY:
        return Level.NOTE
    events = any(recorded.target.catalogue[id_].family is Family.ERROR_EVENT for id_ in failed)
    if rule in {CRASHES, SILENT}:
        return Level.ERROR
    return Level.ERROR if rule == MISSES and events else Level.WARNING


_CLIENT: Final = "the client retries by itself"


def _about(knowledge: Knowledge, catches: Sequence[Catch]) -> str:
    """Describe what a place does, and which handler it is the same as."""
    first = catches[0]
    parts = [f"in {first.function}" if first.function else ""]
    match first.role:
        case PlaceRole.CLIENT:
            parts.append(_CLIENT)
        case PlaceRole.STREAM:
            parts.append("reads a stream, catches no error and does not check the end" if not first.unmeasured else "")
        case PlaceRole.CHECK:
            has_end = knowledge.target.stream.has_end
            parts.append(f"checks whether the stream {'was complete' if has_end else 'reports a failure'}")
        case PlaceRole.PREDICATE if first.retries and not _is_about_retries(knowledge.target, first):
            parts.append(_describe_predicate(first.decisions))
        case _ if not first.unmeasured:
            parts.append(_describe_decisions(first.decisions))
    same = {catch.same_as for catch in catches}
    if len(same) == 1 and first.same_as and first.role is not PlaceRole.STREAM:
        title = knowledge.target.handlers[first.same_as].title.rstrip(".")
        parts.append(f"the same as the handler `{first.same_as}` ({title[:1].lower()}{title[1:]})")
    parts.append(first.note)
    return "; ".join(part for part in parts if part)


def _describe_predicate(decisions: Mapping[str, Decision]) -> str:
    """Count the failures of which a predicate is true that is not about retries."""
    true = sum(each.choice is Choice.RETRY for each in decisions.values())
    return f"is true of {true} of {counted(len(decisions), 'failure')}"


def _describe_decisions(decisions: Mapping[str, Decision]) -> str:
    """Count the failures that a place retries, raises as something else, or goes on after."""
    failures = [each for each in decisions.values() if each.choice is not Choice.ACCEPT]
    among = counted(len(failures), "failure that raises", "failures that raise") + " an error here"
    retried = sum(each.choice is Choice.RETRY for each in failures)
    if retried:
        return f"retries {retried} of {among}"
    crashes = sum(each.choice is Choice.CRASH for each in failures)
    if crashes:
        return f"crashes in {crashes} of {among}"
    details: defaultdict[str, int] = defaultdict(int)
    for each in failures:
        if _fails(each):
            details[each.detail] += 1
    named = sorted(details.items(), key=lambda item: -item[1])[:3]
    if not named:
        undecided = sum(each.choice is Choice.UNDECIDED for each in failures)
        return "can't be decided from its source" if undecided else "lets every error through"
    return f"of {among}: " + ", ".join(f"{detail} ({count})" for detail, count in named)


def find_problems(files: Iterable[Sequence[ScannedFile]]) -> list[Problem]:
    """List the problems of files, each once."""
    return list(dict.fromkeys(problem for scanned in files for each in scanned for problem in each.problems))
