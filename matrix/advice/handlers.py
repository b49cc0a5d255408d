"""Judge the places of a program that catch the SDK's errors, on the releases that it pins. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from matrix.advice.facts import REMEDY, find_handler_facts, unusable_reason
from matrix.advice.pins import PinnedRelease
from matrix.advice.requirements import build_report, state_of, unmeasured_finding, worst_first
from matrix.catalogue.steps import Family
from matrix.findings.model import Finding, Level, Problem, Report, State, Subject
from matrix.findings.rules import CANNOT_BE_USED, CRASHES, MISSES, NEEDLESS, NOT_JUDGED, RULES, SILENT
from matrix.model import Lane
from matrix.scan.catches import Catch, Exactness, Reaction, ScannedFile
from matrix.store.knowledge import Knowledge

REMEDY_CODE: Final = """\
from midstream.remedy import explain, guard  # or a copy of midstream/remedy.py

try:
    for event in guard(stream): ...
except Exception as error:
    if explain(error).retryable: ...  # try again"""
"""Code that decides correctly on every release."""


REMEDY_CODE_WITHOUT_STREAM: Final = """\
from midstream.remedy import explain  # or a copy of midstream/remedy.py

except Exception as error:
    if explain(error).retryable: ...  # try again"""
"""Code that decides correctly on every release where no stream is read."""


def scan(
    knowledge: Knowledge,
    sources: Iterable[ScannedFile],
    releases: Sequence[PinnedRelease],
    titles: Mapping[str, str],
    version: str,
    ignore: Collection[str] = (),
    unread: Iterable[Problem] = (),
) -> Report:
    """Judge all places that catch the SDK's errors.

    Args:
        knowledge: The measured knowledge about releases.
        sources: The user's files with the places in them.
        releases: The releases to judge the places on.
        titles: Handler to its title.
        version: The version of this program.
        ignore: The ids of rules to leave out.
        unread: Problems of the files that pin the release.
    """
    sources = list(sources)
    subjects = [_judge(knowledge, catch, releases, titles, ignore) for source in sources for catch in source.catches]
    problems = [*unread, *(problem for source in sources for problem in source.problems)]
    return build_report("scan", knowledge, version, subjects, problems, ())


def _judge(
    knowledge: Knowledge,
    catch: Catch,
    releases: Sequence[PinnedRelease],
    titles: Mapping[str, str],
    ignore: Collection[str],
) -> Subject:
    """Judge one place on every pinned release."""
    findings: list[Finding] = []
    if not catch.handler:
        findings = [Finding(rule=NOT_JUDGED, level=Level.NOTE, message=f"{catch.note[:1].upper()}{catch.note[1:]}.")]
    else:
        for release in releases:
            findings += _judge_on(knowledge, catch, release)
        for number, finding in enumerate(findings):  # the same code is right on every release, so one finding shows it
            first = number == 0 and finding.rule in _HANDLERS and catch.handler != REMEDY and knowledge.target.remedy
            code = REMEDY_CODE_WITHOUT_STREAM if catch.streams is False else REMEDY_CODE
            findings[number] = msgspec.structs.replace(finding, instead=code) if first else finding
    reported = tuple(finding for finding in worst_first(findings) if finding.rule not in ignore)
    return Subject(
        place=catch.place,
        text=catch.code,
        about=_about(catch, titles),
        release=", ".join(release.version for release in releases),
        state=state_of(reported, State.FINE if catch.handler else State.UNJUDGED),
        findings=reported,
    )


def _judge_on(knowledge: Knowledge, catch: Catch, pinned: PinnedRelease) -> list[Finding]:
    """Judge one place on one release."""
    known = knowledge.measurements.get((pinned.version, pinned.lane))
    if known is None or (known.judgement is None and not unusable_reason(known)):
        return [unmeasured_finding(pinned.version)]
    if known.judgement is None or unusable_reason(known):
        return _judge_on_unusable(knowledge, catch, pinned, unusable_reason(known))
    # If the source shows that no stream is read, errors inside streams do not matter.
    families = {Family.CONTROL} if catch.streams is False else None
    facts = find_handler_facts(knowledge.target, [known.judgement], catch.handler, families)
    if catch.reaction in (Reaction.RAISES, Reaction.ANSWERS):
        facts = [fact for fact in facts if fact.rule != NEEDLESS]  # this code retries nothing
    if catch.handler in _NAME_A_CLASS and catch.handler not in catch.names:
        facts = [fact for fact in facts if fact.rule != CRASHES]  # a fallback replaces the missing class
    for other in catch.names:
        if other != catch.handler:
            facts += [
                fact
                for fact in find_handler_facts(knowledge.target, [known.judgement], other, families)
                if fact.rule == CRASHES
            ]
    return [
        Finding(
            rule=fact.rule,
            level=fact.level,
            message=fact.on(pinned.version),
        )
        for fact in sorted(facts, key=lambda fact: list(RULES).index(fact.rule))
    ]


def _judge_on_unusable(knowledge: Knowledge, catch: Catch, pinned: PinnedRelease, why: str) -> list[Finding]:
    """Judge one place on a release that can't be used: with its original dependencies, if it works with those."""
    own = knowledge.measurements.get((pinned.version, Lane.AS_RELEASED))
    if pinned.lane is Lane.TODAY and own is not None and own.judgement is not None and not unusable_reason(own):
        message = (
            f"On {pinned.version}, the SDK can't be used with today's dependencies ({why}), so the code is judged with "
            "the dependencies of its upload day."
        )
        note = Finding(rule=CANNOT_BE_USED, level=Level.NOTE, message=message)
        return [*_judge_on(knowledge, catch, PinnedRelease(pinned.version, Lane.AS_RELEASED, pinned.where)), note]
    message = f"On {pinned.version}, the SDK can't be used: {why}."
    return [Finding(rule=CANNOT_BE_USED, level=Level.ERROR, message=message)]


_HANDLERS: Final = frozenset({CRASHES, SILENT, MISSES, NEEDLESS})
"""Rules that a handler can break."""

_NAME_A_CLASS: Final = frozenset({"class-overloaded", "class-private"})
"""Handlers that crash on releases without the class that they name."""

_REACTIONS: Final = {
    Reaction.RETRIES: "",
    Reaction.DECIDES: "its return value decides what happens",
    Reaction.RAISES: "it raises its own error",
    Reaction.ANSWERS: "it continues without the answer",
}


def _about(catch: Catch, titles: Mapping[str, str]) -> str:
    """Describe which handler a place matches, and how it differs."""
    parts = [f"in {catch.function}" if catch.function else ""]
    if catch.handler:
        closeness = "is close to" if catch.exactness is Exactness.NEAR else "matches"
        title = titles.get(catch.handler, "").rstrip(".")
        parts += [
            f"{closeness} the handler `{catch.handler}` ({title[:1].lower()}{title[1:]})",
            catch.note,
            _REACTIONS[catch.reaction],
        ]
    return "; ".join(part.rstrip(".") for part in parts if part)
