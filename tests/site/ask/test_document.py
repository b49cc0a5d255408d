"""The documents of the question bar agree with `matrix advise`, with the scan's rules and with the judged data."""

import gzip
import itertools
from collections.abc import Iterator

import msgspec
import pytest
from packaging.specifiers import SpecifierSet

from matrix.advice.facts import find_facts
from matrix.advice.pin import recommend
from matrix.findings.rules import CANNOT_BE_USED, NO_EXTRA
from matrix.model import TODAY_FIRST, Lane
from matrix.observation import Call
from matrix.scan.recorded import Recorded
from matrix.site import render
from matrix.site.ask.cases import NOTHING
from matrix.site.ask.document import Ask, ask_documents
from matrix.site.ask.end_words import catching_names, shorten_class
from matrix.site.ask.harm import rank_releases
from matrix.site.epoch_views import EpochView, EpochViews, view_epochs
from matrix.site.facts_document import facts_document
from matrix.site.handlers.code import read_code
from matrix.site.handlers.texts import code_lines, equal_texts, normal
from matrix.site.release_page import release_pages
from matrix.store.store import Store
from matrix.targets import ANTHROPIC, TARGETS
from tests.site.test_facts_document import MADE_UP
from tests.support.paths import DATA


@pytest.fixture(scope="module")
def known() -> EpochViews:
    """Read the committed data."""
    return view_epochs(render.read_source(Store(DATA, ANTHROPIC)))


@pytest.fixture(scope="module")
def documents(known: EpochViews) -> dict[str, Ask]:
    """Make the document of each client, by the client's name."""
    return {document.client: document for _, document in ask_documents(known)}


def view_of(known: EpochViews, version: str) -> EpochView:
    """Return the view of a release: with today's dependencies if it can be used with them."""
    views = [known.by_release[version, lane] for lane in TODAY_FIRST if (version, lane) in known.by_release]
    return next((view for view in views if not view.unusable), views[0])


def best(document: Ask, handler: str) -> str:
    """Return the release that the document ranks first, and of equals the newest."""
    ranks = document.harm[document.harms[handler]]
    least = min(rank for rank in ranks if rank != NOTHING)
    return max((number, version) for number, version in enumerate(document.versions) if ranks[number] == least)[1]


def test_a_release_leads_to_a_page_that_exists(known: EpochViews, documents: dict[str, Ask]) -> None:
    """Check each client: first-party releases have pages of their own, those of others share them."""
    assert () == documents["first-party"].page_of
    for client, views in known.others.items():
        document = documents[client]
        shared = [document.versions[number] if number != NOTHING else "" for number in document.page_of]
        pages = {page.release.version for page in release_pages(views)}
        assert pages == {version for version in shared if version}
        for version, page in zip(document.versions, shared, strict=True):
            assert bool(page) == views.has_evidence(version)
            assert not page or views.evidence_path(version) == f"releases/{page}/{client}/"


@pytest.mark.slow
def test_the_pin_of_each_handler_is_that_of_advise(known: EpochViews, documents: dict[str, Ask]) -> None:
    """Check every handler, and none, for the first-party client and for another one."""
    knowledge = known.source.knowledge
    assert knowledge.measured is not None
    for client in ("first-party", "bedrock"):
        for handler in ("", *ANTHROPIC.handlers):
            advice = recommend(
                knowledge, SpecifierSet(""), as_of=knowledge.measured, catching=(handler,) if handler else (),
                clients=() if client == "first-party" else (client,),
            )  # fmt: skip
            assert advice.pin is not None
            assert advice.pin.version == best(documents[client], handler), (client, handler)


def test_ranks_of_made_up_releases_choose_what_advise_chooses() -> None:
    """Check releases that can't be pinned for every reason, and each client that was measured."""
    facts = facts_document(MADE_UP)
    assert MADE_UP.measured is not None
    for client in ANTHROPIC.clients:
        ranked = rank_releases(MADE_UP, client, facts, MADE_UP.releases)
        assert {"", *MADE_UP.handlers} == set(ranked)
        for handler, ranks in ranked.items():
            advice = recommend(
                MADE_UP, SpecifierSet("", prereleases=True), as_of=MADE_UP.measured,
                catching=(handler,) if handler else (), clients=(client.id,) if client.id else (),
            )  # fmt: skip
            pinnable = {
                rank: release.version for release, rank in zip(MADE_UP.releases, ranks, strict=True) if rank is not None
            }
            assert (advice.pin.version if advice.pin else None) == pinnable.get(0), (client, handler)


def test_a_client_that_a_release_lacks_cannot_be_used(known: EpochViews, documents: dict[str, Ask]) -> None:
    """Check each client on every release, in the words of `matrix check`."""
    knowledge = known.source.knowledge
    lacking = set()
    for client in ANTHROPIC.clients[1:]:
        document = documents[client.name]
        for number, release in enumerate(knowledge.releases):
            facts = find_facts(knowledge, release, Lane.TODAY, catching=(), clients=(client.id,)) or []
            case = document.by_release[Lane.TODAY][number]
            unusable = case != NOTHING and bool(document.cases[case].unusable)
            assert unusable == any(fact.rule in (NO_EXTRA, CANNOT_BE_USED) for fact in facts), release.version
            if any(fact.rule == NO_EXTRA for fact in facts):
                assert f"the release has no extra `{client.extra}`" == document.cases[case].unusable
                lacking.add(client.name)
    assert "bedrock" in lacking


def test_each_release_ends_as_its_page_shows(known: EpochViews, documents: dict[str, Ask]) -> None:
    """Check every scenario of every release on its main call, by its mark, class and code."""
    document = documents["first-party"]
    assert tuple(known.source.releases) == document.versions
    for number, version in enumerate(document.versions):
        today = known.by_release[version, Lane.TODAY]
        assert today.unusable == document.cases[document.by_release[Lane.TODAY][number]].unusable
        assert bool(today.unusable) == (version in document.also_pin)
    for (number, version), lane in itertools.product(enumerate(document.versions), Lane):
        view, case = known.by_release[version, lane], document.cases[document.by_release[lane][number]]
        assert view.unusable == case.unusable
        for scenario, end in zip(document.scenarios, case.ends, strict=bool(case.ends)):
            call = view.calls.get(Call(view.surface, scenario.id))
            if call is None:
                assert end == NOTHING
                continue
            shown, raised = document.ends[end], call.observation.exception
            assert call.mark == shown.mark
            if raised is None:
                assert shown.caught is None
            else:
                assert f"`{raised.short_name}`" in shown.says
                assert raised.status_text in shown.says
                assert catching_names(raised) == [document.names[each] for each in shown.caught or ()]


def test_each_handler_has_the_judged_outcomes(known: EpochViews, documents: dict[str, Ask]) -> None:
    """Check every handler on every release; a space stands where it was not run."""
    document = documents["first-party"]
    places = {scenario.id: place for place, scenario in enumerate(document.scenarios)}
    for number, version in enumerate(document.versions):
        view = view_of(known, version)
        judged, case = view.judgement, document.cases[document.by_release[view.lane][number]]
        assert judged is not None
        for handler, row in zip(document.handlers, case.outcomes, strict=True):
            letters = document.letters[row]
            assert judged.handlers[handler.id] == "".join(
                letters[places[id_]] for id_ in judged.scenarios if id_ in places
            )
            assert len(judged.scenarios) == len(letters.replace(" ", ""))


def test_handlers_that_retry_everything_are_no_examples() -> None:
    """Check the ids of those handlers, in Python and in TypeScript."""
    for target, expected in (("anthropic", {"any-exception"}), ("anthropic-typescript", {"any-error"})):
        handlers = TARGETS[target].handlers.values()
        assert expected == {each.id for each in handlers if read_code(each).is_catch_all}


def test_each_release_has_the_classes_that_the_scan_finds(known: EpochViews, documents: dict[str, Ask]) -> None:
    """Check public and private names; a class of which nothing is known is in no list."""
    document = documents["first-party"]
    for number, version in enumerate(document.versions):
        view, classes = view_of(known, version), document.classes[document.classes_of[number]]
        recorded = Recorded(ANTHROPIC, version, view.behaviour, ())
        for name in (*classes.has, *classes.lacks, *classes.private):
            assert (name not in classes.has) == recorded.classes.lacks(f"anthropic.{name}")
            assert (name in classes.lacks) == recorded.classes.lacks(f"anthropic._exceptions.{name}")


def test_each_lane_has_the_lock_of_its_measurement(known: EpochViews, documents: dict[str, Ask]) -> None:
    """Check what was installed with every release."""
    document, measurements = documents["first-party"], known.source.knowledge.measurements
    for (number, version), lane in itertools.product(enumerate(document.versions), Lane):
        lock = [document.pins[pin] for pin in document.locks[document.locks_of[lane][number]]]
        assert measurements[version, lane].lock == dict(pin.split("==") for pin in lock)


def test_a_failure_is_fatal_if_no_retry_is_right(documents: dict[str, Ask]) -> None:
    """Check an error that a retry can fix, one that none can, and a complete stream."""
    fatal = {scenario.id: scenario.fatal for scenario in documents["first-party"].scenarios}
    assert [False, True, False] == [fatal[id_] for id_ in ("mid-api_error", "mid-billing_error", "clean")]


def test_a_document_is_small(documents: dict[str, Ask]) -> None:
    """Check that a visitor fetches less than 20 kB for the first answer."""
    sizes = {name: len(gzip.compress(msgspec.json.encode(each), 6)) for name, each in documents.items()}
    assert max(sizes.values()) < 20_000, sizes


# Code of handlers.


def in_other_layouts(code: str) -> Iterator[str]:
    """Write code in other layouts that mean the same."""
    yield code
    yield code.replace('"', "'")
    if "#" not in code and "//" not in code:  # a comment ends with its line
        yield " ".join(code.split())
        yield code.replace("\n", "  # a comment\n")


def test_code_in_another_layout_is_the_same_handler() -> None:
    """Check every handler of every target by its whole code."""
    for target in TARGETS.values():
        texts = equal_texts(target.handlers.values())
        for handler in target.handlers.values():
            assert all(normal(each) in texts[handler.id] for each in in_other_layouts(handler.source))


@pytest.mark.parametrize(
    ("code", "handler"),
    [
        ("except anthropic.OverloadedError:\n    return 'retry'", "class-overloaded"),
        ("except anthropic.APIError as x:\n if 'overloaded_error' in str(x):\n  return 'retry'\n raise", "str-text"),
        ("except anthropic.OverloadedError:", None),  # says nothing of what it does
        ("except anthropic.APIStatusError as e: if e.status_code in RETRYABLE: return 'retry' raise", None),  # which?
        ("except anthropic.OverloadedError: return 'later'", None),
    ],
)  # fmt: skip
def test_clauses_are_a_handler_only_if_they_are_all_of_it(code: str, handler: str | None) -> None:
    """Check clauses that need a set, clauses without a body, and another body."""
    texts = equal_texts(ANTHROPIC.handlers.values())
    assert handler == next((id_ for id_, each in texts.items() if normal(code) in each), None)


def test_no_two_handlers_have_one_line_or_one_text() -> None:
    """Check each target."""
    for target in TARGETS.values():
        lines = code_lines(target.handlers.values())
        texts = [text for each in equal_texts(target.handlers.values()).values() for text in each]
        assert len(lines) == len(set(lines.values()))
        assert len(texts) == len(set(texts))
        assert all(lines.values())


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("anthropic._exceptions.OverloadedError", "anthropic.OverloadedError"),
        ("httpx.HTTPError", "httpx.HTTPError"),
        ("builtins.ValueError", "builtins.ValueError"),
        ("json.decoder.JSONDecodeError", "json.decoder.JSONDecodeError"),
    ],
)
def test_a_class_is_known_by_its_package_and_its_name(name: str, short: str) -> None:
    """Check that a class of Python's library keeps its module."""
    assert short == shorten_class(name)
