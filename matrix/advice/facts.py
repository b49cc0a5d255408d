"""What there is to know about a release for whoever catches errors in some ways: its facts, each under a rule. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from matrix.findings.model import Level
from matrix.findings.rules import (
    CANNOT_BE_USED,
    CRASHES,
    CUT,
    HANGS,
    LEGACY,
    LOCK,
    MISSES,
    NEEDLESS,
    SILENT,
    STATUS,
    UNNAMED,
    YANKED,
)
from matrix.model import Frozen, Lane, Release
from matrix.observation import Judgement, Outcome, not_played
from matrix.store.knowledge import Knowledge, Known
from matrix.system.text import counted
from matrix.targets.target import Target

REMEDY: Final = "remedy"
"""The handler that is ours."""

_WORTHS: Final = {"c": CRASHES, "s": SILENT, "m": MISSES, "n": NEEDLESS}
"""The first letter of what a decision is worth to the rule that it breaks."""

_LEVELS: Final = {CRASHES: Level.ERROR, SILENT: Level.ERROR, MISSES: Level.WARNING, NEEDLESS: Level.WARNING}


class Fact(Frozen, frozen=True, kw_only=True):
    """One thing to know about one release in one lane.

    Attributes:
        rule: The id of its rule.
        handler: Of which way of catching it is true; empty for the release itself.
        level: How much it matters.
        message: What it is, as the end of a sentence that begins with the release.
        instead: What to do instead.
        scenarios: In how many scenarios it is so; 0 if it is of the release as a whole.
    """

    rule: str
    handler: str = ""
    level: Level
    message: str
    instead: str = ""
    scenarios: int = 0


def find_facts(
    knowledge: Knowledge, release: Release, lane: Lane, catching: Collection[str], extras: Collection[str] = ()
) -> list[Fact] | None:
    """What there is to know about a release in one lane for whoever catches in these ways; None if it is unknown."""
    known = knowledge.known.get((release.version, lane))
    if known is None or (known.judgement is None and known.outcome is Outcome.COMPLETED):
        return None
    found = [*_of_release(release)]
    why = unusable_reason(known)
    if why or known.judgement is None:
        return [*found, _unusable(knowledge, release, lane, why)]
    with_extras = {extra: known.extras[extra] for extra in extras if extra in known.extras}
    for extra, judgement in with_extras.items():
        if judgement.unusable:
            found.append(_unusable(knowledge, release, lane, f"{judgement.unusable} (with {extra})"))
    found += [
        Fact(rule=LOCK, level=Level.NOTE, message=f"was measured without its extra {extra}")
        for extra in extras
        if extra not in with_extras
    ]
    judged = usable_judgements(known, extras)
    found += _of_behaviour(knowledge, judged, catching)
    for handler in catching:
        found += find_handler_facts(knowledge.target, judged, handler)
    return found


def usable_judgements(known: Known, extras: Collection[str] = ()) -> list[Judgement]:
    """What a release comes to without extras, and with each of these that can be used; that without comes first."""
    with_extras = (known.extras[extra] for extra in extras if extra in known.extras)
    own = [known.judgement] if known.judgement else []
    return [*own, *(one for one in with_extras if not one.unusable)]


def unusable_reason(known: Known) -> str:
    """Why a release can't be used; empty if it can."""
    return not_played(known.outcome, known.reason) or (known.judgement.unusable if known.judgement else "")


def _of_release(release: Release) -> Iterator[Fact]:
    if release.yanked is not None:
        why = f" ({release.yanked})" if release.yanked else ""
        yield Fact(rule=YANKED, level=Level.WARNING, message=f"was yanked{why}")


def _unusable(knowledge: Knowledge, release: Release, lane: Lane, why: str) -> Fact:
    """That it can't be used; and with which dependencies it could, if with the others of the two it can."""
    day = "today's" if lane is Lane.TODAY else "its own day's"
    own = knowledge.known.get((release.version, Lane.AS_RELEASED))
    moved = (
        original_client_pins(knowledge, release)
        if lane is Lane.TODAY and own is not None and not unusable_reason(own)
        else []
    )
    instead = f"With the dependencies of its own day it can be used: {', '.join(moved)}." if moved else ""
    return Fact(
        rule=CANNOT_BE_USED, level=Level.ERROR, message=f"can't be used with {day} dependencies: {why}", instead=instead
    )


def original_client_pins(knowledge: Knowledge, release: Release) -> list[str]:
    """The HTTP client that the SDK calls, pinned as on the day of the release, where today's is another.

    No more than that: what lies below it has had its security fixes since.
    """
    own, now = (knowledge.known[release.version, lane].lock for lane in (Lane.AS_RELEASED, Lane.TODAY))
    return [f"{name}=={own[name]}" for name in _CLIENTS if name in own and own[name] != now.get(name)]


_CLIENTS: Final = ("httpx", "httpx2")
"""The packages that the SDK itself calls to make a request."""


def _of_behaviour(knowledge: Knowledge, judgements: Sequence[Judgement], catching: Collection[str]) -> Iterator[Fact]:
    judgement = next((one for one in judgements if not one.documented and not one.typed), judgements[0])
    hangs = list(dict.fromkeys(id_ for one in judgements for id_ in one.hangs))
    silent = list(dict.fromkeys(id_ for one in judgements for id_ in one.silent))
    api = knowledge.target.current_api
    if not judgements[0].surface.startswith(api):
        yield Fact(
            rule=LEGACY,
            level=Level.WARNING,
            message=f"has no {api.rstrip('.')} API; it is judged by {judgements[0].surface}",
        )
    if hangs:
        yield Fact(
            rule=HANGS, level=Level.ERROR, scenarios=len(hangs),
            message=f"does not end a call in {counted(len(hangs), 'scenario')}: {', '.join(hangs)}",
        )  # fmt: skip
    if not judgement.documented and judgement.error:
        # For those who said how they catch, that is judged instead.
        if not judgement.typed:
            first = _first(knowledge, lambda one: one.typed)
            needs = f" (Python {first.requires_python})" if first is not None and first.requires_python else ""
            yield Fact(
                rule=UNNAMED,
                level=Level.NOTE if catching else Level.WARNING,
                message=f"gives an overloaded server inside a stream as {judgement.error}, without a `type`",
                instead=(
                    f"From {first.version} on{needs}, `error.type` names it."
                    if first
                    else "midstream/remedy.py names it."
                    if knowledge.target.remedy
                    else ""
                ),
            )
        else:
            fixed = _first(knowledge, lambda one: one.documented)
            who = (
                f"the documented code is there from {fixed.version} on"
                if fixed
                else "no release has the documented code"
            )
            yield Fact(
                rule=STATUS, level=Level.NOTE,
                message=f"gives an overloaded server inside a stream as {judgement.error}",
                instead=f"Ask for `error.type`, not for the status: {who}.",
            )  # fmt: skip
    if silent and not catching:
        yield Fact(
            rule=CUT, level=Level.NOTE,
            message=f"ends without an exception in {counted(len(silent), 'scenario')} that {_are(silent)} a failure",
            instead="Check that the message came to its end"
            + (", as midstream/remedy.py does." if knowledge.target.remedy else "."),
        )  # fmt: skip


def _first(knowledge: Knowledge, holds: Callable[[Judgement], bool]) -> Release | None:
    """The first release of whose judgement something holds with today's dependencies."""
    for release in knowledge.releases:
        known = knowledge.known.get((release.version, Lane.TODAY))
        if known is not None and known.judgement is not None and holds(known.judgement):
            return release
    return None


def find_handler_facts(
    target: Target, judgements: Sequence[Judgement], handler: str, families: Collection[str] | None = None
) -> list[Fact]:
    """What a way of catching comes to: a fact for each rule that it breaks.

    Args:
        target: What the release is of.
        judgements: Of the release, and of its extras.
        handler: Its id.
        families: Which scenarios count; None for all.
    """
    broken: defaultdict[str, dict[str, None]] = defaultdict(dict)
    judged: dict[str, None] = {}
    for judgement in judgements:
        letters = dict(zip(judgement.scenarios, judgement.handlers.get(handler, ""), strict=False))
        for id_, letter in letters.items():
            if families is None or _family(target, id_) in families:
                judged[id_] = None
                if letter in _WORTHS:
                    broken[_WORTHS[letter]][id_] = None
    ours = _right(judgements[0], REMEDY, judged)
    theirs = _right(judgements[0], handler, judged)
    instead = (
        f"midstream/remedy.py decides right in {ours} of {len(judged)} scenarios here, {handler} in {theirs}."
        if ours > theirs
        else ""
    )
    crash = judgements[0].crashes.get(handler, "")
    error = judgements[0].error
    return [
        Fact(
            rule=rule, handler=handler, level=_level(target, rule, handler, found), scenarios=len(found),
            instead=instead if number == 0 else "",
            message=_MESSAGES[rule].format(
                handler=handler, crash=f"with {crash} " if crash else "", count=counted(len(found), "scenario"),
                where=_families(target, found),
                error=f"; an overloaded server inside a stream is {error}" if error else "",
            ),
        )
        for number, rule in enumerate(rule for rule in _LEVELS if rule in broken) if (found := broken[rule])
    ]  # fmt: skip


def _right(judgement: Judgement, handler: str, scenarios: Collection[str]) -> int:
    """In how many scenarios a way of catching decides right."""
    letters = zip(judgement.scenarios, judgement.handlers.get(handler, ""), strict=False)
    return sum(letter == "r" and id_ in scenarios for id_, letter in letters)


_MESSAGES: Final = {
    CRASHES: "makes `{handler}` itself crash {crash}in {count} ({where})",
    SILENT: "makes `{handler}` take a failure for an answer in {count} ({where})",
    MISSES: "makes `{handler}` give up in {count} where another attempt would help ({where}){error}",
    NEEDLESS: "makes `{handler}` try again in vain in {count} ({where})",
}


def _level(target: Target, rule: str, handler: str, found: Collection[str]) -> Level:
    """Giving up on an error event of the API is what this project is about; on a broken proxy it is less.

    Where the remedy is not right there is nothing better, and the reason for each such case is on the page.
    """
    if handler == REMEDY:
        return Level.NOTE
    from matrix.catalogue.steps import Family

    if rule == MISSES and any(_family(target, id_) == Family.ERROR_EVENT for id_ in found):
        return Level.ERROR
    return _LEVELS[rule]


def _families(target: Target, found: Collection[str]) -> str:
    """Scenarios by family, in words: by name where they are few."""
    if len(found) <= _FEW:
        return ", ".join(found)
    from matrix.catalogue.steps import Family

    counts: defaultdict[str, int] = defaultdict(int)
    for id_ in found:
        family = _family(target, id_)
        counts["plain HTTP" if family == Family.CONTROL else family] += 1
    return ", ".join(f"{family} {count}" for family, count in counts.items())


_FEW: Final = 3


def _family(target: Target, id_: str) -> str:
    """The family of a scenario, which data of another version of this program may have and this one not."""
    return target.catalogue[id_].family if id_ in target.catalogue else "others"


def _are(found: Collection[str]) -> str:
    return "is" if len(found) == 1 else "are"
