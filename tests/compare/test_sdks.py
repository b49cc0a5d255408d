"""The comparison of packages by the headline failures: what each cell says, and what is not measured."""

import datetime as dt

import msgspec
import pytest

from matrix.catalogue.headlines import HEADLINES
from matrix.catalogue.steps import Completes, IsUnsupported
from matrix.cli.sdks import read_sdks
from matrix.compare.sdks import Hierarchy, SdkCell, SdkTable, compare_sdks, describe_sdk, find_described, find_retrying
from matrix.model import Cell, Lane
from matrix.observation import Behaviour, Call, Delivery, Observation, Outcome, Raised
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets import AGNO, ANTHROPIC, ANTHROPIC_TYPESCRIPT, LANGCHAIN_ANTHROPIC, OPENAI, TARGETS, Target
from matrix.verdicts.verdict import VerdictKind, Yardstick
from tests.support.behaviours import (
    CUT,
    FLAKY,
    HANGS,
    INTERNAL,
    MID,
    READ_ERROR,
    STATUS,
    completed,
    ended,
    error,
    lock,
    on,
    raised,
    result,
)
from tests.support.paths import DATA
from tests.targets.acme import ACME

RETRYING = "with_options.messages.create"


def cell(behaviour: Behaviour, headline: str, target: Target = ANTHROPIC) -> SdkCell:
    """Describe one headline of a package that behaves like this."""
    return describe_sdk(target, "1.0.0", result(behaviour)).by_headline[headline]


def test_an_error_in_a_stream_has_its_class_its_status_and_its_name() -> None:
    """The status is that of the response, so only one rule is kept."""
    overloaded = cell(
        on(raised(error(attributes={"status_code": 200, "type": "overloaded_error"})))
        | on(raised(error("anthropic.OverloadedError", *INTERNAL, attributes={"status_code": 529})), "http-" + MID[4:]),
        "overloaded-mid",
    )
    assert (MID, "200 APIStatusError, type overloaded_error") == (overloaded.scenario, overloaded.words)
    assert ("anthropic.APIStatusError", 200, "type", "overloaded_error") == (
        overloaded.exception,
        overloaded.status_code,
        overloaded.named_by,
        overloaded.named,
    )
    assert {Yardstick.DOCUMENTED: VerdictKind.WRONG, Yardstick.MAINTAINERS: VerdictKind.RIGHT} == overloaded.verdicts
    assert ("APIStatusError", "no", "its own", "not measured") == (
        overloaded.ending,
        overloaded.silence,
        overloaded.origin,
        overloaded.repetition,
    )


@pytest.mark.parametrize(
    ("observation", "ending", "silence"),
    [
        (completed("Hello", None), "completed, no exception", "yes"),
        (HANGS, "timed-out", "it hangs"),
        (raised(error("httpx.ReadError", *READ_ERROR)), "ReadError", "no"),
        (completed("Hello", None, delivered=Delivery(events=(), text="", reported={"event": "RunError"})), "", ""),
    ],
)
def test_silence_is_told_from_a_hang_and_from_an_event(observation: Observation, ending: str, silence: str) -> None:
    """Only a call that completes as if nothing had failed is silent."""
    cut = cell(on(observation, CUT), "cut")
    assert (ending or "event RunError", silence or "an event") == (cut.ending, cut.silence)
    assert (silence == "yes", silence == "it hangs") == (cut.silent, cut.hangs)


@pytest.mark.parametrize(
    ("target", "raised_class", "hierarchy", "origin"),
    [
        (ANTHROPIC, error(STATUS[0]), Hierarchy.OWN, "its own"),
        (ANTHROPIC, error("httpx.ReadError", *READ_ERROR), Hierarchy.FOREIGN, "of httpx"),
        (ANTHROPIC, error("builtins.ValueError", "builtins.Exception"), Hierarchy.FOREIGN, "built in"),
        (ANTHROPIC_TYPESCRIPT, error("TypeError", "Error"), Hierarchy.FOREIGN, "built in"),
        (LANGCHAIN_ANTHROPIC, error(STATUS[0]), Hierarchy.PARENT, "of anthropic, its base"),
        (LANGCHAIN_ANTHROPIC, error("langchain_anthropic.Failed", *STATUS), Hierarchy.OWN, "its own"),
    ],
)
def test_an_exception_is_of_the_package_of_its_parent_or_foreign(
    target: Target, raised_class: Raised, hierarchy: Hierarchy, origin: str
) -> None:
    """A package that passes the exceptions of another on documents those."""
    surface = target.suite.main[0]
    described = cell({Call(surface, "reset"): raised(raised_class)}, "reset", target)
    assert (hierarchy, origin) == (described.hierarchy, described.origin)


def test_what_was_not_measured_says_so() -> None:
    """It has no verdict, and is neither silent nor retried."""
    row = describe_sdk(ANTHROPIC, "1.0.0", result(on(raised())))
    assert [*HEADLINES] == [each.headline for each in row.cells]
    missing = [each for each in row.cells if each.headline != "overloaded-mid"]
    assert {("not measured", False, None)} == {(each.words, each.silent, each.retried) for each in missing}
    assert {""} == {each.silence for each in missing}
    assert (1, 0) == (row.counted, row.silent)


def test_a_package_without_a_result_was_not_measured() -> None:
    """Its row stays in the table."""
    row = describe_sdk(OPENAI)
    assert ("", None, 0) == (row.version, row.measured, row.counted)
    assert compare_sdks([row]).measured is None


def test_a_suite_without_headlines_has_a_row() -> None:
    """Nothing in it was measured."""
    row = describe_sdk(ACME)
    assert ("overloaded-mid", 0, "not measured") == (row.summary, row.counted, row.by_headline[row.summary].words)


def test_a_failure_that_the_suite_does_not_play_is_not_measured() -> None:
    """OpenAI's suite has no overloaded server before the first chunk."""
    assert "overloaded-first" not in OPENAI.suite.headlines
    assert "" == describe_sdk(OPENAI).by_headline["overloaded-first"].scenario


@pytest.mark.parametrize(
    ("headline", "main", "played", "requests", "repetition"),
    [
        ("overloaded-mid", MID, MID, 1, "no"),
        ("overloaded-mid", MID, "mid-then-ok", 1, "no"),
        ("overloaded-http", "http-overloaded_error", "http-529-then-ok", 2, "yes, 2 requests"),
        ("reset", "reset", "reset-then-ok", 3, "yes, 3 requests"),
        ("stall", "stall", "reset-then-ok", 3, "not measured"),
        ("overloaded-http", "http-overloaded_error", "http-529-no-retry", 1, "not measured"),
        ("rate-limited-http", "http-rate_limit_error", "http-529-then-ok", 2, "not measured"),
    ],
)
def test_retries_are_those_of_a_scenario_that_begins_alike(
    headline: str, main: str, played: str, requests: int, repetition: str
) -> None:
    """A server that forbids a retry, and one that fails in another way, says nothing."""
    described = cell(on(raised(), main) | on(raised(requests=requests), played, RETRYING), headline)
    assert repetition == described.repetition
    assert (played if repetition != "not measured" else "") == described.retry_scenario


def test_the_scenario_itself_says_more_than_one_that_begins_alike() -> None:
    """Both were played."""
    both = on(raised(requests=3), MID, RETRYING) | on(raised(requests=2), "mid-then-ok", RETRYING)
    assert (MID, 3) == ((described := cell(on(raised()) | both, "overloaded-mid")).retry_scenario, described.requests)


@pytest.mark.parametrize("outcome", [FLAKY, ended(Outcome.HARNESS_FAILED), ended(Outcome.CANNOT_CONSTRUCT)])
def test_a_call_that_did_not_end_counts_no_requests(outcome: Observation) -> None:
    """Its number of requests means nothing."""
    assert cell(on(raised()) | on(outcome, MID, RETRYING), "overloaded-mid").retried is None


def test_requests_of_a_client_that_may_not_retry_say_nothing() -> None:
    """The main call makes one request, since it may make no more."""
    assert cell(on(raised(requests=1)), "overloaded-mid").retried is None


def test_a_row_names_the_sdk_that_was_installed_with_it() -> None:
    """Frameworks call one."""
    installed = result({}, lock=lock(agno="3.1.10"))
    assert "anthropic 1.0.0" == describe_sdk(AGNO, "3.1.10", installed).sdk
    assert "" == describe_sdk(ANTHROPIC, "1.0.0", installed).sdk


def test_a_table_has_the_day_of_its_newest_result() -> None:
    """Packages are measured on different days."""
    old, new = (
        msgspec.structs.replace(describe_sdk(ANTHROPIC), measured=day) for day in (dt.date(2026, 1, 1), dt.date.max)
    )
    table = compare_sdks([new, old])
    assert dt.date.max == table.measured
    assert [*HEADLINES.values()] == [*table.headlines]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_a_suite_plays_its_headlines_as_failures(target: Target) -> None:
    """A main call plays each of them, and none may complete. An API whose errors have no names lacks some."""
    suite = target.suite
    assert set(suite.headlines) <= set(HEADLINES)
    assert set(suite.headlines) >= {"server-error-mid", "cut", "reset"}
    assert suite.headline in suite.headlines.values()
    played = {call.scenario for call in suite.calls() if call.surface == suite.main[0]}
    assert set() == set(suite.headlines.values()) - played
    ideals = [suite.catalogue[id_].ideal for id_ in suite.headlines.values()]
    assert [] == [ideal for ideal in ideals if isinstance(ideal, Completes | IsUnsupported)]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_the_damaged_event_is_one_of_the_answer(target: Target) -> None:
    """Frameworks play a damaged error only, which an SDK survives that never parses errors: that is not the same."""
    scenario = target.suite.headlines.get("damaged")
    if scenario is None:
        assert "bad-json-delta" not in target.catalogue
        assert "cut short" in target.catalogue["bad-json"].title
    else:
        assert "" == getattr(target.catalogue[scenario].ideal, "sent", None)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_a_suite_has_a_call_by_which_retries_are_observed(target: Target) -> None:
    """It is none of the main calls, whose clients may not retry."""
    retrying = find_retrying(target.suite, target.suite.main[0])
    assert retrying in target.surfaces
    assert retrying not in target.suite.main


# The committed data.


@pytest.fixture(scope="module")
def committed() -> SdkTable:
    """Read the table of the committed data."""
    folders = ((DATA.parent / id_, target) for id_, target in TARGETS.items())
    return read_sdks(Store(folder, target) for folder, target in folders if folder.is_dir())


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_a_package_is_described_by_the_scenarios_that_are_read(target: Target) -> None:
    """Check that all observations of the newest release say the same."""
    store = Store(DATA.parent / target.id, target)
    newest = queries.knowledge(store, target.runtime).newest
    own = Cell(newest, Lane.TODAY, target.runtime)
    part, whole = store.result(own, find_described(target)), store.result(own)
    assert part is not None
    assert whole is not None
    assert len(part.behaviour) < len(whole.behaviour)
    assert describe_sdk(target, newest, whole) == describe_sdk(target, newest, part)


@pytest.mark.parametrize(
    ("target", "headline", "words", "origin", "repetition"),
    [
        ("anthropic", "overloaded-mid", "200 APIStatusError, type overloaded_error", "its own", "no"),
        ("anthropic", "overloaded-http", "529 OverloadedError, type overloaded_error", "its own", "yes, 2 requests"),
        ("anthropic", "cut", "completed, no exception", "", "not measured"),
        ("anthropic", "reset", "ReadError", "of httpx2", "no"),
        ("anthropic-typescript", "stall", "timed-out", "", "not measured"),
        ("anthropic-typescript", "reset", "TypeError", "built in", "no"),
        ("openai", "overloaded-mid", "APIError, code server_is_overloaded", "its own", "no"),
        ("openai", "overloaded-first", "not measured", "", "not measured"),
        ("openai", "damaged", "JSONDecodeError", "of json", "not measured"),
        ("anthropic", "damaged", "JSONDecodeError", "of json", "not measured"),
        ("litellm", "damaged", "not measured", "", "not measured"),
        ("litellm", "overloaded-mid", "500 MidStreamFallbackError", "its own", "no"),
        ("litellm", "overloaded-http", "500 InternalServerError, type internal_server_error", "its own", "no"),
        (
            "langchain-anthropic",
            "overloaded-mid",
            "200 APIStatusError, type overloaded_error",
            "of anthropic, its base",
            "no",
        ),
        ("pydantic-ai", "overloaded-mid", "529 ModelOverloadedError", "its own", "no"),
        ("instructor", "overloaded-mid", "InstructorRetryException", "its own", "no"),
        ("agno", "overloaded-mid", "an event RunError, no exception", "", "no"),
    ],
)
def test_the_table_of_the_committed_data(
    committed: SdkTable, target: str, headline: str, words: str, origin: str, repetition: str
) -> None:
    """Check cells of every kind."""
    row = next(row for row in committed.sdks if row.id == target)
    described = row.by_headline[headline]
    assert (words, origin, repetition) == (described.words, described.origin, described.repetition)


def test_of_the_frameworks_only_one_is_right_about_an_overload(committed: SdkTable) -> None:
    """Pydantic AI raises the documented error; LiteLLM alone raises for a stream that is cut short."""
    frameworks = ("litellm", "langchain-anthropic", "pydantic-ai", "instructor", "agno")
    first = [row for row in committed.sdks if row.id in frameworks]
    kinds = {row.id: row.by_headline["overloaded-mid"].verdicts[Yardstick.DOCUMENTED] for row in first}
    assert ["pydantic-ai"] == [id_ for id_, kind in kinds.items() if kind is VerdictKind.RIGHT]
    assert ["litellm"] == [row.id for row in first if not row.by_headline["cut"].silent]
