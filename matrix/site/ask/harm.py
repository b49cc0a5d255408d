"""Rank releases by the harm that they do to a handler, for the advice of the question bar. Pure.

The rules are those of `matrix.advice.pin`. Releases with the same facts do the same harm, which is counted once.
"""

from collections.abc import Collection
from typing import NamedTuple

from matrix.advice.facts import Fact
from matrix.advice.pin import count_harm, is_offered
from matrix.model import TODAY_FIRST, Lane, Release
from matrix.site.facts_document import Case, FactNumbers, Facts
from matrix.store.knowledge import Knowledge
from matrix.targets.names import Client

Ranks = list[int | None]
"""For each release its rank, 0 for the least harm; None if it can't be pinned."""


class _Alike(NamedTuple):
    """What decides the harm of a release.

    Attributes:
        cases: Its case in each lane in which it was measured.
        surfaces: Its main call in each of them.
        lacks: Whether it lacks the client.
    """

    cases: tuple[tuple[Lane, int], ...]
    surfaces: tuple[str, ...]
    lacks: bool


def rank_releases(
    knowledge: Knowledge, client: Client, facts: Facts, releases: Collection[Release]
) -> dict[str, Ranks]:
    """Rank the releases for each handler, and for none, whose name is empty.

    Args:
        knowledge: The judged data.
        client: The client that is used.
        facts: The facts about all releases.
        releases: The releases.
    """
    lanes = {each.version: each.lanes for each in facts.releases}
    alike = [
        _alike(knowledge, client, release, tuple((lane, case.case) for lane, case in lanes[release.version].items()))
        if knowledge.measured is not None and is_offered(release, knowledge.python, knowledge.measured)
        else None
        for release in releases
    ]
    examples = {key: release for key, release in zip(alike, releases, strict=True) if key is not None}
    ranked = {}
    for handler in ("", *knowledge.handlers):
        harm = {}
        for key, release in examples.items():
            counted = count_harm(knowledge, release, client, _facts_by_lane(facts, key, client, handler))
            if counted is not None:
                harm[key] = counted
        # What can't be pinned for readers who name no handler can't be pinned for any handler.
        examples = {key: examples[key] for key in harm}
        order = {each: rank for rank, each in enumerate(sorted(set(harm.values())))}
        ranked[handler] = [order[harm[key]] if key in harm else None for key in alike]
    return ranked


def _alike(knowledge: Knowledge, client: Client, release: Release, cases: tuple[tuple[Lane, int], ...]) -> _Alike:
    judged = [knowledge.measurements[release.version, lane].judgement_of(client.id) for lane, _ in cases]
    surfaces = tuple(judgement.surface if judgement else "" for judgement in judged)
    return _Alike(cases, surfaces, knowledge.target.lacks_client(client, release.parsed))


def _facts_by_lane(facts: Facts, key: _Alike, client: Client, handler: str) -> dict[Lane, list[Fact] | None]:
    cases = {lane: facts.cases[number] for lane, number in key.cases}
    return {
        lane: _facts(facts, _numbers(cases[lane], client), handler) if lane in cases else None for lane in TODAY_FIRST
    }


def _numbers(case: Case, client: Client) -> FactNumbers | None:
    return case.clients.get(client.id) if client.id else case.told.get("")


def _facts(facts: Facts, numbers: FactNumbers | None, handler: str) -> list[Fact] | None:
    """Return the facts for a handler, or for none; None if the release was not judged."""
    if numbers is None:
        return None
    chosen = (*numbers.asked, *numbers.handlers.get(handler, ())) if handler else numbers.unasked
    return [facts.facts[number] for number in chosen]
