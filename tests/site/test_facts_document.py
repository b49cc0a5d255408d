"""The document of facts agrees with `matrix.advice.facts` for every release, lane and handler."""

import datetime as dt
import itertools
from collections.abc import Iterator

import pytest

from matrix.advice.facts import Fact, find_facts, unusable_reason
from matrix.advice.hangs import find_hang_facts
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
from tests.support.knowing import (
    BEDROCK,
    HANGING,
    LEGACY,
    NAMELESS,
    NO_CLIENT,
    NO_FOUNDRY,
    TYPED,
    VERTEX,
    released,
    soaked,
)
from tests.support.paths import DATA

MADE_UP = knowing.knowledge(
    released("0.1.0", LEGACY, yanked="broken"),
    released("0.2.0", Outcome.CANNOT_INSTALL, requires_python=None, has_wheel=False),
    released("0.3.0", NO_CLIENT, own=NAMELESS),
    released("0.3.1", NO_CLIENT, own=NO_CLIENT),
    released("0.4.0", NAMELESS, extras={"aiohttp": NO_CLIENT, "mcp": HANGING}, clients={"bedrock": BEDROCK}),
    released("0.4.1", NAMELESS, extras={"aiohttp": NO_CLIENT, "mcp": HANGING}, clients={"bedrock": BEDROCK}),
    released("0.14.0", NO_CLIENT, clients={"bedrock": BEDROCK, "vertex": NO_FOUNDRY}),
    released("0.90.0", TYPED, extras={"aiohttp": HANGING}, clients={"bedrock": BEDROCK, "vertex": VERTEX}),
    released("0.5.0", None, own=TYPED),
    released("0.6.0rc1", None),
    released("0.6.0", Outcome.CANNOT_IMPORT, own=HANGING),
    released("0.7.0", TYPED, day=dt.date(2026, 5, 1)),
)
"""Releases of every kind."""


@pytest.fixture(scope="module", params=["made up", pytest.param("committed", marks=pytest.mark.slow)])
def data_and_document(request: pytest.FixtureRequest) -> tuple[Knowledge, Facts]:
    """Return what is known, and the document about it."""
    is_real = request.param == "committed"
    known = queries.knowledge(Store(DATA, ANTHROPIC), "3.11") if is_real else MADE_UP
    return known, facts_document(known)


def in_every_lane(known: Knowledge, extras: bool = True) -> Iterator[tuple[Release, Lane, tuple[str, ...]]]:
    """Yield every release in every measured lane, with every choice of its extras."""
    for release, lane in itertools.product(known.releases, Lane):
        if (release.version, lane) in known.measurements:
            names = sorted(known.measurements[release.version, lane].extras) if extras else []
            for size in range(len(names) + 1):
                for some in itertools.combinations(names, size):
                    yield release, lane, some


def fact_numbers(document: Facts, version: str, lane: Lane, extras: tuple[str, ...]) -> FactNumbers | None:
    """Return the document's facts about a release in a lane, with some extras."""
    release = next(release_facts for release_facts in document.releases if release_facts.version == version)
    return document.cases[release.lanes[lane].case].told.get(",".join(extras))


def test_a_release_has_the_facts_that_the_rules_find(data_and_document: tuple[Knowledge, Facts]) -> None:
    """Check every way of catching, and none; a release that was not judged is left out."""
    known, document = data_and_document
    for release, lane, extras in in_every_lane(known):
        numbers_of_release = fact_numbers(document, release.version, lane, extras)
        unasked = find_facts(known, release, lane, (), extras)
        assert (unasked is None) == (numbers_of_release is None)
        if numbers_of_release is None:
            continue
        assert unasked == [document.facts[number] for number in numbers_of_release.unasked]
        for handler in known.handlers:
            numbers = (*numbers_of_release.asked, *numbers_of_release.handlers.get(handler, ()))
            assert find_facts(known, release, lane, (handler,), extras) == [
                document.facts[number] for number in numbers
            ]


def test_a_client_has_the_facts_that_the_rules_find(data_and_document: tuple[Knowledge, Facts]) -> None:
    """Check each client that can be chosen; what is said of its extra depends on the requirement."""
    known, document = data_and_document
    assert [client.id for client in ANTHROPIC.clients[1:]] == [client.id for client in document.target.clients]
    for (release, lane, _), client in itertools.product(in_every_lane(known, extras=False), document.target.clients):
        case = next(each for each in document.releases if each.version == release.version).lanes[lane].case
        numbers = document.cases[case].clients.get(client.id)
        for ways in ((), *((handler,) for handler in known.handlers)):
            facts = find_facts(known, release, lane, ways, clients=(client.id,))
            assert (facts is None) == (numbers is None)
            if numbers is not None and facts is not None:
                chosen = (*numbers.asked, *numbers.handlers.get(ways[0], ())) if ways else numbers.unasked
                assert facts == [document.facts[number] for number in chosen]


def test_a_case_says_whether_the_suite_was_played() -> None:
    """Check that a failed import tells nothing of extras and clients, and a client that can't be made does."""
    document = facts_document(MADE_UP)
    cases = {each.version: each.lanes for each in document.releases}
    played = {
        version: document.cases[lanes[Lane.TODAY].case].played
        for version, lanes in cases.items()
        if lanes.get(Lane.TODAY)
    }
    assert (False, True) == (played["0.6.0"], played["0.14.0"])


def test_facts_of_several_handlers_are_those_of_each(data_and_document: tuple[Knowledge, Facts]) -> None:
    """Check that they follow in the stated order, so that the document holds each handler's alone."""
    known, document = data_and_document
    for release, lane, extras in in_every_lane(known, extras=False):
        numbers_of_release = fact_numbers(document, release.version, lane, extras)
        if numbers_of_release is not None:
            numbers = [
                *numbers_of_release.asked,
                *(n for handler in known.handlers for n in numbers_of_release.handlers.get(handler, ())),
            ]
            every = find_facts(known, release, lane, known.handlers, extras)
            assert every == [document.facts[number] for number in numbers]


def test_a_lane_has_its_lock_and_says_whether_it_can_be_used(data_and_document: tuple[Knowledge, Facts]) -> None:
    """Check the data with which the lane nearest to a lock is chosen."""
    known, document = data_and_document
    for release in document.releases:
        assert {lane for lane in Lane if (release.version, lane) in known.measurements} == set(release.lanes)
        for lane, measured in release.lanes.items():
            pins = [document.pins[number].split("==") for number in document.locks[measured.lock]]
            assert known.measurements[release.version, lane].lock == dict(pins)
            case, measurement = document.cases[measured.case], known.measurements[release.version, lane]
            assert unusable_reason(measurement) == case.unusable
            for client in document.target.clients:
                assert unusable_reason(measurement, client.id) == case.unusable_clients.get(client.id, "")


def test_a_release_has_its_entry_in_the_index() -> None:
    """Check its upload, its Pythons, whether it was yanked, and whether it has a file."""
    first, second, *others = facts_document(MADE_UP).releases
    last = next(release for release in others if release.version == "0.7.0")
    assert ("0.1.0", ">=3.8", True, True) == (first.version, first.requires_python, first.yanked, first.installable)
    assert ("", False, False) == (second.requires_python, second.yanked, second.installable)
    assert dt.date(2026, 5, 1) == last.uploaded


def test_the_document_names_its_day_suite_and_python(data_and_document: tuple[Knowledge, Facts]) -> None:
    """Check handlers and rules, too."""
    known, document = data_and_document
    about = (document.generated_at, document.suite, document.python)
    assert (known.measured, known.suite, known.python) == about
    assert (tuple(known.handlers), tuple(RULES), CARRIERS) == (document.handlers, document.rules, document.carriers)


def test_equal_cases_are_stored_once(data_and_document: tuple[Knowledge, Facts]) -> None:
    """Check that releases with the same facts share a case."""
    _, document = data_and_document
    for values in (document.facts, document.cases, document.pins, document.locks):
        assert len(values) == len({repr(value) for value in values})


def test_every_fact_of_the_document_is_used(data_and_document: tuple[Knowledge, Facts]) -> None:
    """Check that no fact is without a release."""
    _, document = data_and_document
    every = [numbers for case in document.cases for numbers in (*case.told.values(), *case.clients.values())]
    used = {
        n
        for case_numbers in every
        for n in (*case_numbers.unasked, *case_numbers.asked, *itertools.chain(*case_numbers.handlers.values()))
    }
    dropped = document.dropped_clients
    used |= {n for numbers in (dropped.facts.values() if dropped else ()) for n in numbers.values()}
    assert set(range(len(document.facts))) == used
    assert {Fact} == {type(document.facts[number]) for number in used}


def test_an_empty_document_is_written_without_data() -> None:
    """Check that it has no release."""
    document = facts_document(
        Knowledge(target=ANTHROPIC, releases=(), measurements={}, python="3.11", measured=None, suite="")
    )
    assert ((), (), None) == (document.releases, document.facts, document.generated_at)


def test_facts_about_dropped_clients_are_numbered_by_era_and_version() -> None:
    """Versions with which no call hung have no fact."""
    soaks = (soaked("4.4.0", 10, "0.7.8"), soaked("4.9.0", 30, "0.73.0"), soaked("4.16.0", 0, "0.73.0"))
    known = knowing.knowledge(released("1.0.0"), soaks=soaks)
    document = facts_document(known)
    assert document.dropped_clients is not None
    assert ("anyio", ("0.3", "0.7.8", "0.73.0")) == (document.dropped_clients.cause, document.dropped_clients.eras)
    assert find_hang_facts(known) == {
        (era, version): document.facts[number]
        for era, numbers in document.dropped_clients.facts.items()
        for version, number in numbers.items()
    }


def test_data_without_a_hang_says_nothing_of_dropped_clients() -> None:
    """So it is with data of an earlier midstream."""
    assert facts_document(knowing.knowledge(released("1.0.0"))).dropped_clients is None
    assert facts_document(knowing.knowledge(released("1.0.0"), soaks=[soaked("4.4.0", 0)])).dropped_clients is None
