"""The proof of the remedy: how often it is right, for each client, and the reason where it is not. Pure.

Observations go in, of any cells of one target; counts come out. An observation counts once for each release and lane
in which it was made.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from packaging.version import Version

from matrix.catalogue.surfaces import ReturnedContent
from matrix.model import Frozen
from matrix.observation import Behaviour, Call, Outcome
from matrix.targets.limits import Limit
from matrix.targets.names import Client
from matrix.targets.target import Target
from matrix.verdicts.decisions import judge_remedy
from matrix.verdicts.verdict import VerdictKind

ReleaseBehaviour = tuple[Collection[str], Behaviour]
"""The versions of releases, and their observations in one lane."""


class ProofCount(Frozen, frozen=True, kw_only=True):
    """How often the remedy is right.

    Attributes:
        watched: The number of observations of calls whose events the remedy could watch.
        watched_right: Of those, the number that it got right.
        unwatched: The number of observations of calls that give their caller no events.
        unwatched_right: Of those, the number that it got right.
        releases: The number of releases on which any was made.
    """

    watched: int
    watched_right: int
    unwatched: int
    unwatched_right: int
    releases: int


class LimitCount(Frozen, frozen=True, kw_only=True):
    """A case in which the remedy is not right, and where it was observed.

    Attributes:
        limit: The case, with its reason.
        observations: The number of observations.
        releases: The number of releases on which any was made.
        scenarios: The scenarios in which any was made, by id.
    """

    limit: Limit
    observations: int
    releases: int
    scenarios: tuple[str, ...]


class RemedyProof(Frozen, frozen=True, kw_only=True):
    """How the remedy did on every release that it is made for.

    Attributes:
        total: The counts over all clients.
        clients: Each client that was measured, with its counts.
        limits: The cases in which the remedy was not right.
        unexplained: The calls for which it was not right without a stated reason.
    """

    total: ProofCount
    clients: tuple[tuple[Client, ProofCount], ...]
    limits: tuple[LimitCount, ...]
    unexplained: tuple[str, ...]


def prove_remedy(target: Target, observed: Mapping[str, Iterable[ReleaseBehaviour]]) -> RemedyProof:
    """Count how often the remedy is right.

    A call that failed before it made a request says nothing about streams, and does not count.

    Args:
        target: The package under test.
        observed: Each client's id to the behaviours of its calls.
    """
    since = Version(target.remedy_since or "0.dev0")
    counts: Counter[tuple[str, bool, bool]] = Counter()
    versions_of: defaultdict[str, set[str]] = defaultdict(set)
    where: defaultdict[Limit | None, list[tuple[str, Call]]] = defaultdict(list)
    judged: dict[tuple[str, int], VerdictKind] = {}
    for client, behaviours in observed.items():
        for versions, behaviour in behaviours:
            promised = [version for version in versions if Version(version) >= since]
            for call, observation in behaviour.items() if promised else ():
                if observation.outcome not in (Outcome.RAISED, Outcome.COMPLETED) or not observation.requests:
                    continue
                key = (call.scenario, id(observation))  # one object for all cells that saw the same
                if key not in judged:
                    judged[key] = judge_remedy(target.catalogue[call.scenario], observation).kind
                if judged[key] is VerdictKind.UNAVAILABLE:
                    continue
                right = judged[key] is VerdictKind.RIGHT
                counts[client, target.surfaces[call.surface].shows is ReturnedContent.EVENTS, right] += len(promised)
                versions_of[client].update(promised)
                if not right:
                    where[target.remedy_limit(call)] += [(version, call) for version in promised]
    return RemedyProof(
        total=_count(counts, versions_of, list(versions_of)),
        clients=tuple(
            (client, _count(counts, versions_of, [client.id])) for client in target.clients if client.id in versions_of
        ),
        limits=tuple(_count_limit(target, limit, where[limit]) for limit in target.remedy_limits if limit in where),
        unexplained=tuple(sorted({f"{call} of {version}" for version, call in where[None]})),
    )


def _count(
    counts: Mapping[tuple[str, bool, bool], int], versions_of: Mapping[str, set[str]], clients: Collection[str]
) -> ProofCount:
    def add(*, watched: bool, right: bool) -> int:
        return sum(counts.get((client, watched, right), 0) for client in clients)

    return ProofCount(
        watched=add(watched=True, right=True) + add(watched=True, right=False),
        watched_right=add(watched=True, right=True),
        unwatched=add(watched=False, right=True) + add(watched=False, right=False),
        unwatched_right=add(watched=False, right=True),
        releases=len({version for client in clients for version in versions_of[client]}),
    )


def _count_limit(target: Target, limit: Limit, calls: Collection[tuple[str, Call]]) -> LimitCount:
    ids = {call.scenario for _, call in calls}
    return LimitCount(
        limit=limit,
        observations=len(calls),
        releases=len({version for version, _ in calls}),
        scenarios=tuple(id_ for id_ in target.catalogue if id_ in ids),
    )
