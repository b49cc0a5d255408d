"""Find the facts about a release that matter to given handlers, each under a rule. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from typing import Final

import msgspec

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
    NO_EXTRA,
    SILENT,
    STATUS,
    UNKNOWN,
    UNNAMED,
    YANKED,
)
from matrix.model import Frozen, Lane, Release
from matrix.observation import NO_SUCH_CLIENT, Judgement, Outcome, not_played
from matrix.store.knowledge import Knowledge, Measurement
from matrix.system.text import counted
from matrix.targets.names import Client
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
        client: The class of the client that it is about; empty for the first-party client and for the release itself.
        level: Its level.
        message: The end of a sentence that begins with `On <version>, `, without a period.
        instead: What to do instead, as a sentence; empty if there is no advice.
        scenarios: The number of scenarios in which it holds; 0 if it holds for the release as a whole.
    """

    rule: str
    handler: str = ""
    client: str = ""
    level: Level
    message: str
    instead: str = ""
    scenarios: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """Its rule, handler and client: facts about two releases with equal keys report the same fault."""
        return self.rule, self.handler, self.client

    def on(self, version: str) -> str:
        """Return the fact about a release as a sentence."""
        return f"On {version}{f' with {self.client}' if self.client else ''}, {self.message}."


ANY_HANDLER: Final = "*"
"""Stands for any handler: a reader who names one is told some facts of a release that do not depend on which it is."""


def choose_clients(target: Target, extras: Collection[str], clients: Collection[str] = ()) -> tuple[Client, ...]:
    """Choose the clients that a requirement is judged for: named ones, else those of its extras, else the first-party.

    Args:
        target: The package.
        extras: The extras of the requirement.
        clients: The ids of the clients that are named.
    """
    if clients:
        return tuple(client for client in target.clients if client.id in clients)
    of_extras = tuple(client for client in target.clients if client.extra and client.extra in extras)
    return of_extras or target.clients[:1]


def find_facts(
    knowledge: Knowledge,
    release: Release,
    lane: Lane,
    catching: Collection[str],
    extras: Collection[str] = (),
    clients: Collection[str] = (),
) -> list[Fact] | None:
    """Find the facts about a release in one lane that matter to these handlers; None if it is not measured.

    Args:
        knowledge: The measured knowledge about releases.
        release: The release.
        lane: The lane.
        catching: The ids of the handlers; `ANY_HANDLER` for the facts that do not depend on which it is.
        extras: The extras of the requirement.
        clients: The ids of the clients that are used; if there are none, those of the extras count.
    """
    known = knowledge.measurements.get((release.version, lane))
    if known is None or (known.judgement is None and known.outcome is Outcome.COMPLETED):
        return None
    found = [*_of_release(release)]
    if why := not_played(known.outcome, known.reason):
        return [*found, _unusable(knowledge, release, lane, why)]
    used_clients = choose_clients(knowledge.target, extras, clients)
    if used_clients == knowledge.target.clients[:1] and (why := unusable_reason(known)):
        return [*found, _unusable(knowledge, release, lane, why)]
    found += _of_extras(knowledge, release, lane, extras, used_clients)
    for client in used_clients:
        found += _of_client(knowledge, release, lane, client, catching, extras)
    return found


def _of_client(
    knowledge: Knowledge,
    release: Release,
    lane: Lane,
    client: Client,
    catching: Collection[str],
    extras: Collection[str],
) -> list[Fact]:
    """Find the facts about one client of a release that could be measured."""
    known, target = knowledge.measurements[release.version, lane], knowledge.target
    judgement = known.judgement_of(client.id)
    if judgement is None:
        if target.lacks_client(client, release.parsed):
            if client.extra in extras:
                return []  # the missing extra has a fact of its own
            why = f"the package has no extra `{client.extra}`, so {client.class_name} can't be used"
            return [Fact(rule=NO_EXTRA, level=Level.WARNING, message=why)]
        why = f"{client.class_name} was not measured, and what is known of other clients says nothing about it"
        return [Fact(rule=UNKNOWN, level=Level.WARNING, message=why)]
    if judgement.unusable:
        return [_unusable(knowledge, release, lane, judgement.unusable, client)]
    judged = usable_judgements(known, client, extras)
    facts = _of_behaviour(knowledge, judged, catching, client)
    named = [handler for handler in catching if handler != ANY_HANDLER]
    of_handlers = (fact for handler in named for fact in find_handler_facts(target, judged, handler))
    return name_client([*facts, *of_handlers], client)


def usable_judgements(known: Measurement, client: Client, extras: Collection[str] = ()) -> list[Judgement]:
    """Return the judgements of a client of a release.

    Those of the first-party client are several: without extras first, then with each given extra that works.
    """
    judgement = known.judgement_of(client.id)
    own = [judgement] if judgement else []
    with_extras = () if client.id else (known.extras[extra] for extra in extras if extra in known.extras)
    return [*own, *(each for each in with_extras if not each.unusable)]


def name_client(facts: list[Fact], client: Client) -> list[Fact]:
    """Name the client in the facts about it; those about the first-party client name none."""
    return [msgspec.structs.replace(fact, client=client.class_name) for fact in facts] if client.id else facts


def unusable_reason(known: Measurement, client: str = "") -> str:
    """Return why a client of a release can't be used; empty if it can, or if that was not measured."""
    judgement = known.judgement_of(client)
    return not_played(known.outcome, known.reason) or (judgement.unusable if judgement else "")


def is_usable(known: Measurement, clients: Iterable[str]) -> bool:
    """Return whether each of these clients of a release can be used, or was not measured."""
    return not any(unusable_reason(known, client) for client in clients)


def _of_release(release: Release) -> Iterator[Fact]:
    if release.yanked is not None:
        why = f" ({release.yanked})" if release.yanked else ""
        yield Fact(rule=YANKED, level=Level.WARNING, message=f"installers skip the release, since it was yanked{why}")


def _of_extras(
    knowledge: Knowledge, release: Release, lane: Lane, extras: Collection[str], clients: Sequence[Client]
) -> Iterator[Fact]:
    """Find the facts about extras of a release that do not work, do not exist, or were not measured."""
    known, target = knowledge.measurements[release.version, lane], knowledge.target
    is_first_party = target.clients[0] in clients
    missing = [extra for extra in extras if target.index.lacks(extra, release.parsed)]
    if missing:
        names = ", ".join(f"`{extra}`" for extra in missing)
        yield Fact(rule=NO_EXTRA, level=Level.WARNING, message=f"the package has no extra {names}")
    for extra in extras:
        if extra in known.extras and is_first_party:
            if why := known.extras[extra].unusable:
                yield _unusable(knowledge, release, lane, f"{why} (with {extra})")
        elif extra not in missing and extra not in target.client_extras:
            named = "" if is_first_party else f" with {clients[0].class_name}"
            yield Fact(rule=LOCK, level=Level.NOTE, message=f"the extra `{extra}` was not measured{named}")


def _unusable(knowledge: Knowledge, release: Release, lane: Lane, why: str, client: Client | None = None) -> Fact:
    """Report that a client can't be used; add the release's original dependencies, if it works with those."""
    shown_client = client or knowledge.target.clients[0]
    subject = shown_client.class_name if shown_client.id else "the SDK"
    dependencies = "today's dependencies" if lane is Lane.TODAY else "the dependencies of its upload day"
    if why == NO_SUCH_CLIENT:
        return Fact(rule=CANNOT_BE_USED, level=Level.ERROR, message=f"{subject} can't be used: {why}")
    own = knowledge.measurements.get((release.version, Lane.AS_RELEASED))
    moved = (
        original_client_pins(knowledge, release)
        if lane is Lane.TODAY and own is not None and not unusable_reason(own, shown_client.id)
        else []
    )
    instead = f"Pin the dependencies of its upload day, with which it works: {', '.join(moved)}." if moved else ""
    return Fact(
        rule=CANNOT_BE_USED,
        level=Level.ERROR,
        message=f"{subject} can't be used with {dependencies}: {why}",
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


def _of_behaviour(
    knowledge: Knowledge, judgements: Sequence[Judgement], catching: Collection[str], client: Client
) -> Iterator[Fact]:
    unnamed = (judgement for judgement in judgements if not judgement.documented and not judgement.typed)
    judgement = next(unnamed, judgements[0])
    hangs = list(dict.fromkeys(id_ for each in judgements for id_ in each.hangs))
    silent = list(dict.fromkeys(id_ for each in judgements for id_ in each.silent))
    api = knowledge.target.current_api
    if not judgements[0].surface.startswith(f"{client.id}.{api}" if client.id else api):
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
        named = knowledge.target.name_attributes("`")
        # With --catching, the handlers are judged instead, so this is a note only.
        if not judgement.typed:
            first = knowledge.first_typed.get(client.id)
            needs = f" (Python {first.requires_python})" if first is not None and first.requires_python else ""
            yield Fact(
                rule=UNNAMED,
                level=Level.NOTE if catching else Level.WARNING,
                message=f"{_OVERLOADED} {judgement.error}, without a {named.replace('error.', '')}",
                instead=(
                    f"Pin {first.version} or later{needs}, where {named} names the error."
                    if first
                    else "Use midstream/remedy.py, which names the error."
                    if knowledge.target.remedy
                    else ""
                ),
            )
        else:
            fixed = knowledge.first_documented.get(client.id)
            releases = f"{fixed.version} and later give" if fixed else "no release gives"
            yield Fact(
                rule=STATUS, level=Level.NOTE,
                message=f"{_OVERLOADED} {judgement.error}",
                instead=f"Read {named}, not the status: {releases} the documented status.",
            )  # fmt: skip
    if silent and not catching:
        yield Fact(
            rule=CUT, level=Level.NOTE,
            message=f"a stream ends without an exception after {_kinds_of_failure(silent)}",
            instead="Check that the message is complete"
            + (", as midstream/remedy.py does." if knowledge.target.remedy else "."),
        )  # fmt: skip


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
        for id_, letter in zip(judgement.scenarios, judgement.handlers.get(handler, ""), strict=False):
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
    among = f"{counted(len(judged), 'scenario')} of {judgements[0].surface}"
    crash = judgements[0].crashes.get(handler, "")
    error = judgements[0].error
    return [
        Fact(
            rule=rule, handler=handler, level=_level(target, rule, handler, failed), scenarios=len(failed),
            instead=instead if number == 0 else "",
            message=_MESSAGES[rule].format(
                handler=handler, crash=f"with {crash} " if crash else "", share=f"{len(failed)} of {among}",
                kinds=_kinds_of_failure(failed), failures=counted(len(failed), "failure"),
                where=count_families(target, failed), error=f"; {_OVERLOADED} {error}" if error else "",
            ),
        )
        for number, rule in enumerate(rule for rule in _LEVELS if rule in broken) if (failed := broken[rule])
    ]  # fmt: skip


def basis_of(judgements: Sequence[Judgement], handler: str) -> Hashable:
    """Return all of the judgements that decides which facts `find_handler_facts` finds about a handler."""
    first = judgements[0]
    rows = tuple((each.scenarios, each.handlers.get(handler, "")) for each in judgements)
    return rows, first.handlers.get(REMEDY, ""), first.surface, first.crashes.get(handler, ""), first.error


def _right(judgement: Judgement, handler: str, scenarios: Collection[str]) -> int:
    """Count the scenarios in which a handler decides correctly."""
    letters = zip(judgement.scenarios, judgement.handlers.get(handler, ""), strict=False)
    return sum(letter == "r" and id_ in scenarios for id_, letter in letters)


_MESSAGES: Final = {
    CRASHES: "`{handler}` itself crashes {crash}in {share} ({where})",
    SILENT: "`{handler}` treats {kinds} as success ({where})",
    MISSES: "`{handler}` does not retry {failures} that a retry could fix ({where}){error}",
    NEEDLESS: "`{handler}` retries without need in {share} ({where})",
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

    counts = Counter(_family(target, id_) for id_ in found)
    names = {family: "plain HTTP" if family == Family.CONTROL else family for family in counts}
    return ", ".join(f"{names[family]} {count}" for family, count in counts.items())


_FEW: Final = 3


def _family(target: Target, id_: str) -> str:
    """Return the family of a scenario; `others` for a scenario from another version of this program."""
    scenario = target.catalogue.get(id_)
    return scenario.family if scenario else "others"


def _kinds_of_failure(scenarios: Collection[str]) -> str:
    return f"{counted(len(scenarios), 'kind')} of failure"
