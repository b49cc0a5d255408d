"""The document of facts agrees with `matrix.advice.facts` for every release, lane and handler."""

import datetime as dt
import itertools
from collections.abc import Iterator

import pytest

from matrix.advice.facts import Fact, find_facts, unusable_reason
from matrix.advice.ranges import CARRIERS
from matrix.findings.rules import RULES
from matrix.model import Lane, Release
from matrix.observation import Outcome
from matrix.site.facts_document import FactNumbers, Facts, facts_document
from matrix.store import queries
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support import knowing
from tests.support.knowing import HANGING, LEGACY, NAMELESS, NO_CLIENT, TYPED, released
from tests.support.paths import DATA

MADE_UP = knowing.knowledge(
    released("0.1.0", LEGACY, yanked="broken"),
    released("0.2.0", Outcome.CANNOT_INSTALL, requires_python=None, has_wheel=False),
    released("0.3.0", NO_CLIENT, own=NAMELESS),
    released("0.3.1", NO_CLIENT, own=NO_CLIENT),
    released("0.4.0", NAMELESS, extras={"aiohttp": NO_CLIENT, "bedrock": HANGING}),
    released("0.4.1", NAMELESS, extras={"aiohttp": NO_CLIENT, "bedrock": HANGING}),
    released("0.5.0", None, own=TYPED),
    released("0.6.0rc1", None),
    released("0.6.0", Outcome.CANNOT_IMPORT, own=HANGING),
    released("0.7.0", TYPED, day=dt.date(2026, 5, 1)),
)
"""A bit of everything."""


@pytest.fixture(scope="module", params=["made up", pytest.param("committed", marks=pytest.mark.slow)])
def both(request: pytest.FixtureRequest) -> tuple[Knowledge, Facts]:
    """What is known, and the document that says it."""
    is_real = request.param == "committed"
    known = queries.knowledge(Store(DATA, ANTHROPIC), "3.11") if is_real else MADE_UP
    return known, facts_document(known)


def in_every_lane(known: Knowledge, extras: bool = True) -> Iterator[tuple[Release, Lane, tuple[str, ...]]]:
    """Every release in every lane in which it was measured, with every choice of its extras."""
    for release, lane in itertools.product(known.releases, Lane):
        if (release.version, lane) in known.known:
            names = sorted(known.known[release.version, lane].extras) if extras else []
            for size in range(len(names) + 1):
                for some in itertools.combinations(names, size):
                    yield release, lane, some


def said(document: Facts, version: str, lane: Lane, extras: tuple[str, ...]) -> FactNumbers | None:
    """What the document says of a release in a lane, with some extras."""
    release = next(one for one in document.releases if one.version == version)
    return document.cases[release.lanes[lane].case].told.get(",".join(extras))


def test_a_release_comes_to_what_the_rules_say(both: tuple[Knowledge, Facts]) -> None:
    """For whoever says nothing, and for every way of catching; what was not judged is not in it."""
    known, document = both
    for release, lane, extras in in_every_lane(known):
        found = said(document, release.version, lane, extras)
        unasked = find_facts(known, release, lane, (), extras)
        assert (unasked is None) == (found is None)
        if found is None:
            continue
        assert unasked == [document.facts[number] for number in found.unasked]
        for handler in known.handlers:
            numbers = (*found.asked, *found.handlers.get(handler, ()))
            assert find_facts(known, release, lane, (handler,), extras) == [
                document.facts[number] for number in numbers
            ]


def test_several_ways_of_catching_come_to_what_each_of_them_does(both: tuple[Knowledge, Facts]) -> None:
    """One after another, in the order in which they were stated; so it is enough to say what each comes to."""
    known, document = both
    for release, lane, extras in in_every_lane(known, extras=False):
        found = said(document, release.version, lane, extras)
        if found is not None:
            numbers = [*found.asked, *(n for handler in known.handlers for n in found.handlers.get(handler, ()))]
            every = find_facts(known, release, lane, known.handlers, extras)
            assert every == [document.facts[number] for number in numbers]


def test_it_says_what_was_installed_and_whether_it_can_be_used(both: tuple[Knowledge, Facts]) -> None:
    """So that the lane that is nearest to a lock can be found, and what another lock would come to."""
    known, document = both
    for release in document.releases:
        assert {lane for lane in Lane if (release.version, lane) in known.known} == set(release.lanes)
        for lane, measured in release.lanes.items():
            pins = [document.pins[number].split("==") for number in document.locks[measured.lock]]
            assert known.known[release.version, lane].lock == dict(pins)
            assert unusable_reason(known.known[release.version, lane]) == document.cases[measured.case].unusable


def test_it_says_what_an_index_says_of_a_release() -> None:
    """When it came, for which Pythons, whether it was taken back, and whether there is a file of it."""
    first, second, *_, last = facts_document(MADE_UP).releases
    assert ("0.1.0", ">=3.8", True, True) == (first.version, first.requires_python, first.yanked, first.installable)
    assert ("", False, False) == (second.requires_python, second.yanked, second.installable)
    assert dt.date(2026, 5, 1) == last.uploaded


def test_it_says_of_which_day_it_is(both: tuple[Knowledge, Facts]) -> None:
    """Of which suite and Python, which ways of catching there are, and what is worse than what."""
    known, document = both
    about = (document.generated_at, document.suite, document.python)
    assert (known.measured, known.suite, known.python) == about
    assert (tuple(known.handlers), tuple(RULES), CARRIERS) == (document.handlers, document.rules, document.carriers)


def test_everything_is_said_once(both: tuple[Knowledge, Facts]) -> None:
    """Releases that come to the same have the same case."""
    _, document = both
    for values in (document.facts, document.cases, document.pins, document.locks):
        assert len(values) == len({repr(value) for value in values})


def test_a_fact_of_the_document_is_used(both: tuple[Knowledge, Facts]) -> None:
    """Nothing is in it that nobody would look up."""
    _, document = both
    every = [one for case in document.cases for one in case.told.values()]
    used = {n for one in every for n in (*one.unasked, *one.asked, *itertools.chain(*one.handlers.values()))}
    assert set(range(len(document.facts))) == used
    assert {Fact} == {type(document.facts[number]) for number in used}


def test_nothing_known_is_a_document_too() -> None:
    """Of no release."""
    document = facts_document(
        Knowledge(target=ANTHROPIC, releases=(), known={}, python="3.11", measured=None, suite="")
    )
    assert ((), (), None) == (document.releases, document.facts, document.generated_at)
