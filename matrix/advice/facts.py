"""Find the facts about a release that matter to given handlers, each under a rule. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from matrix.findings.model import Level
from matrix.findings.rules import (
    CANNOT_BE_USED,
    CRASHES,
    CUT,
    DROPPED,
    HANGS,
    LEGACY,
    LOCK,
    MISSES,
    NEEDLESS,
    NO_EXTRA,
    SILENT,
    STATUS,
    UNKNOWN,
    UNNAMED,
    YANKED,
)
from matrix.model import Frozen, Lane, Release
from matrix.observation import Judgement, Outcome, not_played
from matrix.store.knowledge import Knowledge, Measurement
from matrix.store.soaks import count_by_cause, find_era, first_without_hangs
from matrix.system.text import counted
from matrix.targets.target import Target

REMEDY: Final = "remedy"
"""The id of the handler that uses our remedy."""

_WORTHS: Final = {"c": CRASHES, "s": SILENT, "m": MISSES, "n": NEEDLESS}
"""First letter of a handler outcome to the rule that it breaks."""

_LEVELS: Final = {CRASHES: Level.ERROR, SILENT: Level.ERROR, MISSES: Level.WARNING, NEEDLESS: Level.WARNING}


class Fact(Frozen, frozen=True, kw_only=True):
    """A fact about one release in one lane.

    Attributes:
        rule: The id of its rule.
        handler: The id of the handler that it is about; empty for the release itself.
        level: Its level.
        message: The end of a sentence that begins with `On <version>, `, without a period.
        instead: What to do instead, as a sentence; empty if there is no advice.
        scenarios: The number of scenarios in which it holds; 0 if it holds for the release as a whole.
    """

    rule: str
    handler: str = ""
    level: Level
    message: str
    instead: str = ""
    scenarios: int = 0

    def on(self, version: str) -> str:
        """Return the fact about a release as a sentence."""
        return f"On {version}, {self.message}."


def find_facts(
    knowledge: Knowledge, release: Release, lane: Lane, catching: Collection[str], extras: Collection[str] = ()
) -> list[Fact] | None:
    """Find the facts about a release in one lane that matter to these handlers; None if it is not measured."""
    known = knowledge.measurements.get((release.version, lane))
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
    found += _of_extras(knowledge.target, release, [extra for extra in extras if extra not in with_extras])
    judged = usable_judgements(known, extras)
    found += _of_behaviour(knowledge, judged, catching)
    for handler in catching:
        found += find_handler_facts(knowledge.target, judged, handler)
    return found


def find_hang_fact(knowledge: Knowledge, release: Release, locked: Mapping[str, str]) -> Fact | None:
    """Find how often an asynchronous call of a release hangs if nobody closes its clients; None if that is not known.

    All releases of the same era that were measured with the same version of the deciding package count. A file that
    does not lock that package gets today's version.

    Args:
        knowledge: The measured knowledge about releases.
        release: The release.
        locked: The packages that a file locks, each name to its version; it may be empty.
    """
    soak = knowledge.target.soak
    today = knowledge.measurements.get((release.version, Lane.TODAY))
    if soak is None:
        return None
    version = locked.get(soak.cause) or (today.lock.get(soak.cause, "") if today else "")
    return find_hang_facts(knowledge).get((find_era(knowledge.target, release.version), version))


def find_hang_facts(knowledge: Knowledge) -> dict[tuple[str, str], Fact]:
    """Find the facts about dropped clients where calls hung, by era and by version of the package that decides."""
    soak = knowledge.target.soak
    if soak is None:
        return {}
    counts = count_by_cause(knowledge.target, knowledge.soaks)
    since = first_without_hangs(counts)
    require = f" Or require `{soak.cause}>={since}`, with which no call hung." if since else ""
    return {
        (era, version): Fact(
            rule=DROPPED,
            level=Level.NOTE,
            message=(
                f"one async call in {count.rate} hangs if clients are dropped without `close()`: {count.hangs} of "
                f"{count.calls:,} with {soak.cause} {version}"
            ),
            instead=f"{soak.fix}{require}",
        )
        for (era, version), count in counts.items()
        if count.hangs
    }


def usable_judgements(known: Measurement, extras: Collection[str] = ()) -> list[Judgement]:
    """Return the judgements of a release: without extras first, then with each given extra that works."""
    with_extras = (known.extras[extra] for extra in extras if extra in known.extras)
    own = [known.judgement] if known.judgement else []
    return [*own, *(judgement for judgement in with_extras if not judgement.unusable)]


def unusable_reason(known: Measurement) -> str:
    """Return why a release can't be used; empty if it can."""
    return not_played(known.outcome, known.reason) or (known.judgement.unusable if known.judgement else "")


def _of_release(release: Release) -> Iterator[Fact]:
    if release.yanked is not None:
        why = f" ({release.yanked})" if release.yanked else ""
        yield Fact(rule=YANKED, level=Level.WARNING, message=f"installers skip the release, since it was yanked{why}")


def _of_extras(target: Target, release: Release, extras: Sequence[str]) -> Iterator[Fact]:
    """Find the facts about extras of a release that were not measured."""
    missing = [extra for extra in extras if target.index.lacks(extra, release.parsed)]
    clients = [extra for extra in extras if extra in target.client_extras and extra not in missing]
    if missing:
        names = ", ".join(f"`{extra}`" for extra in missing)
        yield Fact(rule=NO_EXTRA, level=Level.WARNING, message=f"the package has no extra {names}")
    if clients:
        names = ", ".join(f"`{extra}`" for extra in clients)
        yield Fact(
            rule=UNKNOWN,
            level=Level.WARNING,
            message=f"the clients of the extra {names} are not measured, and other findings are not about them",
        )
    for extra in extras:
        if extra not in missing and extra not in clients:
            yield Fact(rule=LOCK, level=Level.NOTE, message=f"the extra `{extra}` was not measured")


def _unusable(knowledge: Knowledge, release: Release, lane: Lane, why: str) -> Fact:
    """Report that a release can't be used; add its original dependencies, if it works with those."""
    dependencies = "today's dependencies" if lane is Lane.TODAY else "the dependencies of its upload day"
    own = knowledge.measurements.get((release.version, Lane.AS_RELEASED))
    moved = (
        original_client_pins(knowledge, release)
        if lane is Lane.TODAY and own is not None and not unusable_reason(own)
        else []
    )
    instead = f"Pin the dependencies of its upload day, with which it works: {', '.join(moved)}." if moved else ""
    return Fact(
        rule=CANNOT_BE_USED,
        level=Level.ERROR,
        message=f"the SDK can't be used with {dependencies}: {why}",
        instead=instead,
    )


def original_client_pins(knowledge: Knowledge, release: Release) -> list[str]:
    """Return pins of the HTTP client as of the upload day, if today's version differs.

    Packages below the HTTP client stay unpinned, since they have had security fixes since.
    """
    own, now = (knowledge.measurements[release.version, lane].lock for lane in (Lane.AS_RELEASED, Lane.TODAY))
    return [f"{name}=={own[name]}" for name in _CLIENTS if name in own and own[name] != now.get(name)]


_CLIENTS: Final = ("httpx", "httpx2")
"""The packages that the SDK itself calls to make a request."""


def _of_behaviour(knowledge: Knowledge, judgements: Sequence[Judgement], catching: Collection[str]) -> Iterator[Fact]:
    unnamed = (judgement for judgement in judgements if not judgement.documented and not judgement.typed)
    judgement = next(unnamed, judgements[0])
    hangs = list(dict.fromkeys(id_ for each in judgements for id_ in each.hangs))
    silent = list(dict.fromkeys(id_ for each in judgements for id_ in each.silent))
    api = knowledge.target.current_api
    if not judgements[0].surface.startswith(api):
        yield Fact(
            rule=LEGACY,
            level=Level.WARNING,
            message=f"the {api.rstrip('.')} API does not exist, so {judgements[0].surface} is judged instead",
        )
    if hangs:
        yield Fact(
            rule=HANGS, level=Level.ERROR, scenarios=len(hangs),
            message=f"calls do not end in {counted(len(hangs), 'scenario')}: {', '.join(hangs)}",
        )  # fmt: skip
    if not judgement.documented and judgement.error:
        # With --catching, the handlers are judged instead, so this is a note only.
        if not judgement.typed:
            first = _first(knowledge, lambda candidate: candidate.typed)
            needs = f" (Python {first.requires_python})" if first is not None and first.requires_python else ""
            yield Fact(
                rule=UNNAMED,
                level=Level.NOTE if catching else Level.WARNING,
                message=f"{_OVERLOADED} {judgement.error}, without a `type`",
                instead=(
                    f"Pin {first.version} or later{needs}, where `error.type` names the error."
                    if first
                    else "Use midstream/remedy.py, which names the error."
                    if knowledge.target.remedy
                    else ""
                ),
            )
        else:
            fixed = _first(knowledge, lambda candidate: candidate.documented)
            releases = f"{fixed.version} and later give" if fixed else "no release gives"
            yield Fact(
                rule=STATUS, level=Level.NOTE,
                message=f"{_OVERLOADED} {judgement.error}",
                instead=f"Read `error.type`, not the status: {releases} the documented status.",
            )  # fmt: skip
    if silent and not catching:
        yield Fact(
            rule=CUT, level=Level.NOTE,
            message=f"a stream ends without an exception after {_kinds_of_failure(silent)}",
            instead="Check that the message is complete"
            + (", as midstream/remedy.py does." if knowledge.target.remedy else "."),
        )  # fmt: skip


def _first(knowledge: Knowledge, holds: Callable[[Judgement], bool]) -> Release | None:
    """Return the first release whose judgement with today's dependencies meets a condition; None if there is none."""
    for release in knowledge.releases:
        known = knowledge.measurements.get((release.version, Lane.TODAY))
        if known is not None and known.judgement is not None and holds(known.judgement):
            return release
    return None


def find_handler_facts(
    target: Target, judgements: Sequence[Judgement], handler: str, families: Collection[str] | None = None
) -> list[Fact]:
    """Find the facts about a handler: one for each rule that it breaks.

    Args:
        target: The package under test.
        judgements: The judgements of the release and of its extras.
        handler: The id of the handler.
        families: The families of scenarios that count; None for all.
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
        f"Use midstream/remedy.py: it decides correctly in {ours} of {len(judged)} scenarios, `{handler}` in {theirs}."
        if ours > theirs
        else ""
    )
    crash = judgements[0].crashes.get(handler, "")
    error = judgements[0].error
    return [
        Fact(
            rule=rule, handler=handler, level=_level(target, rule, handler, failed), scenarios=len(failed),
            instead=instead if number == 0 else "",
            message=_MESSAGES[rule].format(
                handler=handler, crash=f"with {crash} " if crash else "", scenarios=counted(len(failed), "scenario"),
                kinds=_kinds_of_failure(failed), failures=counted(len(failed), "failure"),
                where=count_families(target, failed), error=f"; {_OVERLOADED} {error}" if error else "",
            ),
        )
        for number, rule in enumerate(rule for rule in _LEVELS if rule in broken) if (failed := broken[rule])
    ]  # fmt: skip


def _right(judgement: Judgement, handler: str, scenarios: Collection[str]) -> int:
    """Count the scenarios in which a handler decides correctly."""
    letters = zip(judgement.scenarios, judgement.handlers.get(handler, ""), strict=False)
    return sum(letter == "r" and id_ in scenarios for id_, letter in letters)


_MESSAGES: Final = {
    CRASHES: "`{handler}` itself crashes {crash}in {scenarios} ({where})",
    SILENT: "`{handler}` treats {kinds} as success ({where})",
    MISSES: "`{handler}` does not retry {failures} that a retry could fix ({where}){error}",
    NEEDLESS: "`{handler}` retries without need in {scenarios} ({where})",
}

_OVERLOADED: Final = "an overloaded error inside a stream appears as"


def _level(target: Target, rule: str, handler: str, found: Collection[str]) -> Level:
    """Return the level of a broken rule.

    Not to retry an error event of the API is an error, since this project is about those; elsewhere it is a warning.
    Faults of the remedy are notes, since nothing better exists; the page of the remedy gives the reason of each.
    """
    if handler == REMEDY:
        return Level.NOTE
    from matrix.catalogue.steps import Family

    if rule == MISSES and any(_family(target, id_) == Family.ERROR_EVENT for id_ in found):
        return Level.ERROR
    return _LEVELS[rule]


def count_families(target: Target, found: Collection[str]) -> str:
    """Describe scenarios in words: by name if they are few, else by family and number."""
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
    """Return the family of a scenario; `others` for a scenario from another version of this program."""
    return target.catalogue[id_].family if id_ in target.catalogue else "others"


def _kinds_of_failure(scenarios: Collection[str]) -> str:
    return f"{counted(len(scenarios), 'kind')} of failure"
