"""Profiles: which failures an audit plays. Pure.

A profile names scenarios of every API, and an audit plays those that exist in the dialects of the program's requests.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import cycle, islice
from typing import Final

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import AnyStep, Hold, Pause, Scenario
from matrix.catalogue.suite import Suite

CONTROL: Final = "clean"
"""The id of the scenario that a program must complete before it is judged."""

HEADLINE: Final = (
    # Those that a program may wait for until its deadline come first, so that they overlap.
    "stall",
    "pings-only",
    "error-held",
    "mid-overloaded_error",
    "mid-server_is_overloaded",
    "response-mid-server_error",
    "first-overloaded_error",
    "first-server_error",
    "response-first-server_error",
    "response-failed-server_error",
    "mid-invalid_request_error",
    "mid-then-ok",
    "error-then-done",
    "http-overloaded_error",
    "http-server_is_overloaded",
    "http-529-retry-after",
    "http-429-retry-after",
    "http-invalid_request_error",
    "http-authentication_error",
    "http-invalid_api_key",
    "http-spend-cap",
    "http-insufficient_quota",
    "eof-mid",
    "eof-before-anything",
    "done-without-finish",
    "reset",
    "reset-then-ok",
    "reset-before-anything",
)
"""The scenarios of the profile `headline`, of all APIs: the failures that programs meet most, one of each kind."""

_SPARE: Final = frozenset({"error-then-done", "reset-then-ok"})
"""Scenarios of `HEADLINE` that a profile has only where it would be small without them."""

_FEW: Final = 16
"""The number of failures that make a profile large enough. A smaller one also has the headlines of its suite."""

PROFILES: Final = ("headline", "full")
"""The profiles by name."""


def select_failures(
    suite: Suite,
    dialects: Collection[Dialect],
    profile: str,
    ids: Collection[str] = (),
    added: Collection[Scenario] = (),
) -> tuple[Scenario, ...]:
    """Select the failures to play, without the control: those in `ids`, or else those of a profile and the added ones.

    Args:
        suite: The scenarios of an API.
        dialects: The dialects of the program's requests; a scenario in none of them can't be played.
        profile: One of `PROFILES`.
        ids: The ids of the only failures to play; empty for those of the profile, and the added ones.
        added: The scenarios of the user's files.
    """
    playable = [
        scenario
        for scenario in (*suite.playable.values(), *added)
        if scenario.id != CONTROL and scenario.dialects & frozenset(dialects)
    ]
    if ids:
        return tuple(scenario for scenario in playable if scenario.id in ids)
    if profile == "full":
        return tuple(sorted(playable, key=_comes_late))
    named = {scenario.id: scenario for scenario in playable}
    chosen: list[str] = [id_ for id_ in HEADLINE if id_ in named]
    if len(chosen) - len(_SPARE & {*chosen}) >= _FEW:
        chosen = [id_ for id_ in chosen if id_ not in _SPARE]
    if len(chosen) < _FEW:
        chosen += [id_ for id_ in suite.headlines.values() if id_ in named and id_ not in chosen]
    chosen += [scenario.id for scenario in added if scenario.id in named]
    return tuple(sorted((named[id_] for id_ in chosen), key=_comes_late))


def _comes_late(scenario: Scenario) -> bool:
    """Return whether no program waits for the scenario's end, so that it can come after those that overlap."""
    return scenario.timeout is None


def prolong(scenario: Scenario, seconds: float) -> Scenario:
    """Repeat what a scenario sends between its pauses until these last for so many seconds.

    The catalogue's pings and drips end soon after the timeout that a measured client has. A program under audit has a
    timeout of its own, or none, so it must be able to wait until its deadline.
    """
    places = [number for number, step in enumerate(scenario.steps) if isinstance(step, Pause)]
    if scenario.timeout is None or not places or isinstance(scenario.steps[-1], Hold):
        return scenario
    begin, end = places[0], len(scenario.steps) - 1
    repeated = scenario.steps[begin:end]
    length = sum(step.seconds for step in repeated if isinstance(step, Pause))
    rounds = max(1, int(seconds / length) + 1)
    steps = (*scenario.steps[:begin], *_repeat(repeated, rounds), *scenario.steps[end:])
    return msgspec.structs.replace(scenario, steps=steps)


def _repeat(steps: Sequence[AnyStep], rounds: int) -> Iterator[AnyStep]:
    return islice(cycle(steps), rounds * len(steps))
