"""What the places of a program that catch the SDK's errors come to, on the releases that it pins. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec
from packaging.specifiers import SpecifierSet

from matrix.advice.facts import REMEDY, find_handler_facts, unusable_reason
from matrix.advice.ranges import allowed_releases, exact_version, installed_today, nearest_lane
from matrix.advice.requirements import build_report, state_of, unmeasured_finding, worst_first
from matrix.catalogue.steps import Family
from matrix.findings.model import Finding, Level, Problem, Report, State, Subject
from matrix.findings.rules import CANNOT_BE_USED, CRASHES, MISSES, NEEDLESS, NOT_JUDGED, RULES, SILENT
from matrix.manifests.entry import Manifest
from matrix.model import Frozen, Lane
from matrix.scan.found import Action, Catch, Exactness, Source
from matrix.store.knowledge import Knowledge

REMEDY_CODE: Final = """\
from midstream.remedy import explain, guard  # or a copy of midstream/remedy.py

try:
    for event in guard(stream): ...
except Exception as error:
    if explain(error).retryable: ...  # try again"""
"""What is right on every release, as code."""


REMEDY_CODE_WITHOUT_STREAM: Final = """\
from midstream.remedy import explain  # or a copy of midstream/remedy.py

except Exception as error:
    if explain(error).retryable: ...  # try again"""
"""The same where no stream is read."""


class PinnedRelease(Frozen, frozen=True):
    """A release by which code is judged.

    Attributes:
        version: Of the release.
        lane: The lane whose dependencies are most like those that are installed with it.
        where: The requirement that pins it; empty if nobody does.
    """

    version: str
    lane: Lane
    where: str = ""


def find_pinned(knowledge: Knowledge, manifests: Iterable[Manifest]) -> list[PinnedRelease]:
    """The releases that some files pin, or that they would give today; the newest there is if they say nothing.

    A lock or an exact pin says which release runs, so where there is one, ranges are not asked.
    """
    exact: dict[tuple[str, Lane], str] = {}
    resolved: dict[tuple[str, Lane], str] = {}
    for manifest in manifests:
        for entry in manifest.entries:
            specifier = SpecifierSet(entry.specifier)
            allowed = allowed_releases(knowledge, specifier)
            if named := exact_version(specifier):
                version = allowed[-1].version if allowed else named
                lane = nearest_lane(knowledge, allowed[-1], entry.locked) if allowed else Lane.TODAY
                exact.setdefault((version, lane), str(entry.place))
            elif (today := installed_today(allowed, manifest.python, entry.marker)) is not None:
                resolved.setdefault((today.version, Lane.TODAY), str(entry.place))
    found = exact or resolved
    if found:
        return [PinnedRelease(version, lane, where) for (version, lane), where in found.items()]
    final = [release for release in knowledge.releases if not release.is_prerelease and release.yanked is None]
    return [PinnedRelease((final or knowledge.releases)[-1].version, Lane.TODAY)]


def scan(
    knowledge: Knowledge,
    sources: Iterable[Source],
    releases: Sequence[PinnedRelease],
    titles: Mapping[str, str],
    version: str,
    ignore: Collection[str] = (),
    unread: Iterable[Problem] = (),
) -> Report:
    """What all places that catch the SDK's errors come to.

    Args:
        knowledge: What is known.
        sources: What was found in the user's files.
        releases: By which releases they are judged.
        titles: Handler to what it does, in a sentence.
        version: Of this program.
        ignore: Rules that are not to be told, by id.
        unread: What could not be read of the files that say which release is pinned.
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
    """What one place comes to on every release that is pinned."""
    findings: list[Finding] = []
    if not catch.handler:
        findings = [Finding(rule=NOT_JUDGED, level=Level.NOTE, message=f"{catch.note[:1].upper()}{catch.note[1:]}.")]
    else:
        for one in releases:
            findings += _on(knowledge, catch, one)
        for number, finding in enumerate(findings):  # the same is right on every release, so it is told once
            first = number == 0 and finding.rule in _HANDLERS and catch.handler != REMEDY and knowledge.target.remedy
            code = REMEDY_CODE_WITHOUT_STREAM if catch.streams is False else REMEDY_CODE
            findings[number] = msgspec.structs.replace(finding, instead=code) if first else finding
    kept = tuple(finding for finding in worst_first(findings) if finding.rule not in ignore)
    return Subject(
        place=catch.place,
        text=catch.code,
        about=_about(catch, titles),
        release=", ".join(one.version for one in releases),
        state=state_of(kept, State.FINE if catch.handler else State.UNJUDGED),
        findings=kept,
    )


def _on(knowledge: Knowledge, catch: Catch, pinned: PinnedRelease) -> list[Finding]:
    """What a place comes to on one release."""
    known = knowledge.known.get((pinned.version, pinned.lane))
    if known is None or (known.judgement is None and not unusable_reason(known)):
        return [unmeasured_finding(pinned.version)]
    if known.judgement is None or unusable_reason(known):
        return _on_unusable(knowledge, catch, pinned, unusable_reason(known))
    # Where it is seen that no stream is read, what goes wrong inside one is not its business.
    families = {Family.CONTROL} if catch.streams is False else None
    found = find_handler_facts(knowledge.target, [known.judgement], catch.handler, families)
    if catch.action in (Action.RAISES, Action.ANSWERS):
        found = [fact for fact in found if fact.rule != NEEDLESS]  # it tries nothing again
    if catch.handler in _NAME_A_CLASS and catch.handler not in catch.names:
        found = [fact for fact in found if fact.rule != CRASHES]  # a fallback stands in for the class
    for other in catch.names:
        if other != catch.handler:
            found += [
                fact
                for fact in find_handler_facts(knowledge.target, [known.judgement], other, families)
                if fact.rule == CRASHES
            ]
    return [
        Finding(
            rule=fact.rule,
            level=fact.level,
            message=f"{pinned.version} {fact.message}.",
        )
        for fact in sorted(found, key=lambda fact: list(RULES).index(fact.rule))
    ]


def _on_unusable(knowledge: Knowledge, catch: Catch, pinned: PinnedRelease, why: str) -> list[Finding]:
    """What a place comes to on a release of which no call can be made: as on its own day, if it could be used then."""
    own = knowledge.known.get((pinned.version, Lane.AS_RELEASED))
    if pinned.lane is Lane.TODAY and own is not None and own.judgement is not None and not unusable_reason(own):
        message = f"{pinned.version} can't be used with today's dependencies ({why}): judged with those of its own day."
        told = Finding(rule=CANNOT_BE_USED, level=Level.NOTE, message=message)
        return [*_on(knowledge, catch, PinnedRelease(pinned.version, Lane.AS_RELEASED, pinned.where)), told]
    return [Finding(rule=CANNOT_BE_USED, level=Level.ERROR, message=f"{pinned.version} can't be used: {why}.")]


_HANDLERS: Final = frozenset({CRASHES, SILENT, MISSES, NEEDLESS})
"""Rules that a way of catching breaks."""

_NAME_A_CLASS: Final = frozenset({"class-overloaded", "class-private"})
"""Handlers that crash in releases that have no such class."""

_ACTIONS: Final = {
    Action.RETRIES: "",
    Action.DECIDES: "what it says decides what is done",
    Action.RAISES: "it raises an error of its own",
    Action.ANSWERS: "it goes on without the answer",
}


def _about(catch: Catch, titles: Mapping[str, str]) -> str:
    """Which way of catching it is, and in what it differs from that."""
    parts = [f"in {catch.function}" if catch.function else ""]
    if catch.handler:
        near = "nearly as" if catch.exactness is Exactness.NEAR else "as"
        title = titles.get(catch.handler, "").rstrip(".")
        parts += [f"{near} `{catch.handler}` does ({title[:1].lower()}{title[1:]})", catch.note, _ACTIONS[catch.action]]
    return "; ".join(part.rstrip(".") for part in parts if part)
