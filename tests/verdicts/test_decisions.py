"""Outcomes of handlers' decisions and of the remedy, on scenarios of the catalogue; and the handlers themselves."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from matrix.catalogue.scenarios import CATALOGUE, PLAYABLE
from matrix.catalogue.steps import Completes, Family
from matrix.catalogue.surfaces import ReturnedContent
from matrix.observation import Call, Observation, Outcome, RemedyResult
from matrix.targets import ANTHROPIC
from matrix.verdicts.decisions import HandlerOutcome, expected_decision, judge_decision, judge_remedy
from matrix.verdicts.verdict import Check, Verdict, VerdictKind

RAISED: Final = Observation(outcome=Outcome.RAISED, requests=1)
COMPLETED: Final = Observation(outcome=Outcome.COMPLETED, requests=1)
RECOVERED: Final = Observation(outcome=Outcome.COMPLETED, requests=2)

RIGHT, MISSED, NEEDLESS, SILENT = (
    HandlerOutcome.RIGHT,
    HandlerOutcome.MISSED,
    HandlerOutcome.NEEDLESS,
    HandlerOutcome.SILENT,
)

OBSERVED: Final = pytest.mark.parametrize(
    "observation", [RAISED, COMPLETED, RECOVERED], ids=["raised", "completed", "recovered"]
)

WORTH: Final = [
    # Scenario, observation, and the outcomes of retry, fail and accept.
    ("mid-overloaded_error", RAISED, RIGHT, MISSED, SILENT),
    ("mid-overloaded_error", COMPLETED, RIGHT, MISSED, SILENT),
    ("mid-invalid_request_error", RAISED, NEEDLESS, RIGHT, SILENT),
    ("mid-unheard_of_error", RAISED, NEEDLESS, RIGHT, SILENT),
    ("first-rate_limit_error", RAISED, RIGHT, MISSED, SILENT),
    ("spend-cap", RAISED, NEEDLESS, RIGHT, SILENT),
    ("http-overloaded_error", RAISED, RIGHT, MISSED, SILENT),
    ("http-permission_error", RAISED, NEEDLESS, RIGHT, SILENT),
    ("http-spend-cap", RAISED, NEEDLESS, RIGHT, SILENT),
    ("text", RAISED, RIGHT, MISSED, SILENT),
    ("reset", RAISED, RIGHT, MISSED, SILENT),
    ("html-200", RAISED, RIGHT, MISSED, SILENT),
    ("eof-mid", COMPLETED, RIGHT, MISSED, SILENT),
    ("eof-before-anything", COMPLETED, RIGHT, MISSED, SILENT),
    # All text was there, so a retry is needless. Before message_stop the stream failed, after it the answer is whole.
    ("after-delta", RAISED, NEEDLESS, RIGHT, SILENT),
    ("eof-after-delta", COMPLETED, NEEDLESS, RIGHT, SILENT),
    ("after-stop", RAISED, NEEDLESS, RIGHT, RIGHT),
    ("after-stop", COMPLETED, NEEDLESS, RIGHT, RIGHT),
    # A client that retries has done so; another may be told to.
    ("http-529-then-ok", RAISED, RIGHT, MISSED, SILENT),
    ("mid-then-ok", RAISED, RIGHT, MISSED, SILENT),
    ("reset-then-ok", RAISED, RIGHT, MISSED, SILENT),
]


@pytest.mark.parametrize(("scenario", "observation", "retry", "fail", "accept"), WORTH)
def test_a_decision_has_an_outcome(
    scenario: str, observation: Observation, retry: HandlerOutcome, fail: HandlerOutcome, accept: HandlerOutcome
) -> None:
    """Check that a retry is right where it can help, a failure where it can't, and no failure counts as success."""
    outcomes = {each: judge_decision(CATALOGUE[scenario], observation, each) for each in ("retry", "fail", "accept")}
    assert {"retry": retry, "fail": fail, "accept": accept} == outcomes


@pytest.mark.parametrize(
    ("scenario", "observation"),
    [
        ("clean", COMPLETED),
        ("ping", COMPLETED),
        ("done-data", COMPLETED),
        ("done-event", RAISED),
        ("http-529-then-ok", RECOVERED),
    ],
)
def test_a_whole_answer_should_be_accepted(scenario: str, observation: Observation) -> None:
    """Check that a retry is then needless."""
    outcomes = {each: judge_decision(CATALOGUE[scenario], observation, each) for each in ("retry", "accept")}
    assert {"retry": NEEDLESS, "accept": RIGHT} == outcomes


@OBSERVED
def test_a_crash_is_a_crash_and_a_missing_decision_is_unknown(observation: Observation) -> None:
    """Check every scenario; a crash loses the error."""
    outcomes = {
        id_: tuple(judge_decision(scenario, observation, each) for each in ("crashed: KeyError", None))
        for id_, scenario in PLAYABLE.items()
    }
    assert dict.fromkeys(PLAYABLE, (HandlerOutcome.CRASHED, HandlerOutcome.UNKNOWN)) == outcomes


@pytest.mark.parametrize("decision", ["retry", "fail", "accept", "crashed: KeyError", None])
def test_a_decision_on_an_unknown_scenario_has_no_outcome(decision: str | None) -> None:
    """Check a scenario that the backend does not play."""
    assert HandlerOutcome.UNKNOWN == judge_decision(CATALOGUE["unknown"], RAISED, decision)


@OBSERVED
def test_the_expected_decision_is_right(observation: Observation) -> None:
    """Check that one decision is right, and at most one other: to accept a whole answer."""
    for id_, scenario in PLAYABLE.items():
        expected = expected_decision(scenario, observation)
        right = {
            each
            for each in ("retry", "fail", "accept")
            if judge_decision(scenario, observation, each) is HandlerOutcome.RIGHT
        }
        after_the_end = id_ in {"after-stop", "exception-after-stop"}
        assert ({"fail", "accept"} if after_the_end else {expected}) == right


# Results of the remedy


def failed(
    status: int | None = 529,
    error_type: str | None = "overloaded_error",
    *,
    retryable: bool = True,
    text: str | None = "some",
) -> RemedyResult:
    """Make a result of the remedy for a failed call."""
    return RemedyResult(outcome="failed", status=status, error_type=error_type, retryable=retryable, text=text)


PASSED: Final = RemedyResult(outcome="passed")
CRASHED: Final = RemedyResult(outcome="crashed: KeyError")


def observation_with(result: RemedyResult | None, outcome: Outcome = Outcome.RAISED, requests: int = 1) -> Observation:
    """Make an observation with this result of the remedy."""
    return Observation(outcome=outcome, requests=requests, remedy=result)


DONE: Final = Outcome.COMPLETED


@pytest.mark.parametrize(
    ("scenario", "observation", "kind"),
    [
        # An error inside a stream.
        ("mid-overloaded_error", observation_with(failed()), VerdictKind.RIGHT),
        ("mid-overloaded_error", observation_with(failed(text=None)), VerdictKind.RIGHT),
        ("mid-overloaded_error", observation_with(failed(text="none")), VerdictKind.WRONG),
        ("mid-overloaded_error", observation_with(failed(text="all")), VerdictKind.WRONG),
        ("mid-overloaded_error", observation_with(failed(retryable=False)), VerdictKind.WRONG),
        ("mid-overloaded_error", observation_with(failed(status=200)), VerdictKind.WRONG),
        ("mid-overloaded_error", observation_with(failed(status=None)), VerdictKind.WRONG),
        ("mid-overloaded_error", observation_with(failed(error_type="api_error")), VerdictKind.WRONG),
        ("mid-overloaded_error", observation_with(failed(None, None)), VerdictKind.WRONG),
        ("mid-overloaded_error", observation_with(failed(), DONE), VerdictKind.RIGHT),
        ("mid-overloaded_error", observation_with(PASSED, DONE), VerdictKind.SILENT),
        ("mid-overloaded_error", observation_with(PASSED), VerdictKind.SILENT),
        ("mid-overloaded_error", observation_with(None, DONE), VerdictKind.SILENT),
        ("mid-overloaded_error", observation_with(CRASHED), VerdictKind.WRONG),
        ("mid-overloaded_error", observation_with(CRASHED, DONE), VerdictKind.WRONG),
        ("first-overloaded_error", observation_with(failed(text="none")), VerdictKind.RIGHT),
        ("first-overloaded_error", observation_with(failed(text="some")), VerdictKind.WRONG),
        ("mid-billing_error", observation_with(failed(402, "billing_error", retryable=False)), VerdictKind.RIGHT),
        ("mid-billing_error", observation_with(failed(402, "billing_error", retryable=True)), VerdictKind.WRONG),
        # An unknown type has no status, and nobody knows whether to retry.
        (
            "mid-unheard_of_error",
            observation_with(failed(None, "unheard_of_error", retryable=False)),
            VerdictKind.RIGHT,
        ),
        ("mid-unheard_of_error", observation_with(failed(500, "unheard_of_error", retryable=False)), VerdictKind.WRONG),
        ("spend-cap", observation_with(failed(429, "rate_limit_error", retryable=False)), VerdictKind.RIGHT),
        ("spend-cap", observation_with(failed(429, "rate_limit_error", retryable=True)), VerdictKind.WRONG),
        # Controls.
        ("http-overloaded_error", observation_with(failed(text=None)), VerdictKind.RIGHT),
        ("http-overloaded_error", observation_with(failed(500, "api_error", text=None)), VerdictKind.WRONG),
        ("clean", observation_with(PASSED, DONE), VerdictKind.RIGHT),
        ("clean", observation_with(None, DONE), VerdictKind.RIGHT),
        ("clean", observation_with(failed(None, None), DONE), VerdictKind.WRONG),
        ("clean", observation_with(failed(None, None)), VerdictKind.WRONG),
        ("clean", observation_with(CRASHED), VerdictKind.WRONG),
        # Late errors.
        ("after-delta", observation_with(failed(retryable=False, text="all")), VerdictKind.RIGHT),
        ("after-delta", observation_with(failed(retryable=True, text="all")), VerdictKind.WRONG),
        ("after-delta", observation_with(PASSED, DONE), VerdictKind.SILENT),
        ("after-stop", observation_with(PASSED), VerdictKind.RIGHT),
        ("after-stop", observation_with(PASSED, DONE), VerdictKind.RIGHT),
        ("after-stop", observation_with(failed(retryable=False, text="all")), VerdictKind.RIGHT),
        ("after-stop", observation_with(failed(retryable=True, text=None)), VerdictKind.WRONG),
        ("done-event", observation_with(PASSED), VerdictKind.RIGHT),
        ("done-event", observation_with(failed(None, None)), VerdictKind.WRONG),
        # Where no error is named, none is asked for.
        ("eof-mid", observation_with(failed(None, None), DONE), VerdictKind.RIGHT),
        ("eof-mid", observation_with(failed(None, None, text="none"), DONE), VerdictKind.WRONG),
        ("eof-mid", observation_with(PASSED, DONE), VerdictKind.SILENT),
        ("eof-after-delta", observation_with(failed(None, None, retryable=False, text="all"), DONE), VerdictKind.RIGHT),
        ("reset", observation_with(failed(None, None)), VerdictKind.RIGHT),
        ("reset", observation_with(failed(None, None, retryable=False)), VerdictKind.WRONG),
        ("text", observation_with(failed(None, None)), VerdictKind.RIGHT),
        # An order that is wrong has no moment up to which text was delivered.
        ("duplicate-start", observation_with(failed(None, None, text="all"), DONE), VerdictKind.RIGHT),
        ("block-before-start", observation_with(failed(None, None, text="some")), VerdictKind.RIGHT),
        # A client that retries has an answer; another has the first error.
        ("http-529-then-ok", observation_with(PASSED, DONE, 2), VerdictKind.RIGHT),
        ("http-529-then-ok", observation_with(None, DONE, 2), VerdictKind.RIGHT),
        ("http-529-then-ok", observation_with(failed(text="none")), VerdictKind.RIGHT),
        ("http-529-then-ok", observation_with(failed(None, None, text="none")), VerdictKind.WRONG),
        ("http-529-then-ok", observation_with(failed(), DONE, 2), VerdictKind.WRONG),
    ],
)
def test_the_remedy_has_a_verdict(scenario: str, observation: Observation, kind: VerdictKind) -> None:
    """Check right, wrong, and silent, which is worse."""
    assert kind == judge_remedy(CATALOGUE[scenario], observation).kind


@pytest.mark.parametrize(
    ("scenario", "observation", "checks"),
    [
        (
            "mid-overloaded_error",
            observation_with(failed(None, None, retryable=False, text="none")),
            (
                Check("retryable", "True", "False"),
                Check("error_type", "overloaded_error", "None"),
                Check("status", "529", "None"),
                Check("text", "some", "none"),
            ),
        ),
        (
            "mid-unheard_of_error",
            observation_with(failed(None, "unheard_of_error", retryable=False, text=None)),
            (
                Check("retryable", "False", "False"),
                Check("error_type", "unheard_of_error", "unheard_of_error"),
                Check("status", "None", "None"),
            ),
        ),
        (
            "reset",
            observation_with(failed(None, None)),
            (Check("retryable", "True", "True"), Check("text", "some", "some")),
        ),
        ("html-200", observation_with(failed(None, None)), (Check("retryable", "True", "True"),)),
        ("mid-overloaded_error", observation_with(CRASHED), (Check("outcome", "failed", "crashed: KeyError"),)),
        ("clean", observation_with(failed(), DONE), (Check("outcome", "passed", "failed"),)),
        ("mid-overloaded_error", observation_with(PASSED), ()),
    ],
)
def test_a_wrong_result_of_the_remedy_names_each_facet(
    scenario: str, observation: Observation, checks: tuple[Check, ...]
) -> None:
    """Check that expected and actual values are compared."""
    assert checks == judge_remedy(CATALOGUE[scenario], observation).checks


@pytest.mark.parametrize(
    "outcome", [Outcome.UNSUPPORTED, Outcome.CANNOT_CONSTRUCT, Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL]
)
def test_a_call_that_was_not_made_has_no_result_of_the_remedy(outcome: Outcome) -> None:
    """Check that a missing result is not shown as passing."""
    verdict = {id_: judge_remedy(scenario, observation_with(None, outcome)) for id_, scenario in CATALOGUE.items()}
    assert dict.fromkeys(CATALOGUE, Verdict(VerdictKind.UNAVAILABLE)) == verdict


@pytest.mark.parametrize("result", [None, PASSED, failed(), CRASHED], ids=["no result", "passed", "failed", "crashed"])
def test_the_remedy_is_not_judged_on_an_unknown_scenario(result: RemedyResult | None) -> None:
    """Check a scenario that the backend does not play."""
    assert Verdict(VerdictKind.UNAVAILABLE) == judge_remedy(CATALOGUE["unknown"], observation_with(result))


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome.TIMED_OUT, VerdictKind.HANGS),
        (Outcome.FLAKY, VerdictKind.FLAKY),
        (Outcome.HARNESS_FAILED, VerdictKind.UNKNOWN),
        (Outcome.NOT_RUN, VerdictKind.UNKNOWN),
    ],
)
def test_outcomes_without_an_answer_have_their_own_verdicts(outcome: Outcome, kind: VerdictKind) -> None:
    """Check that outcomes are distinct and never merged."""
    assert Verdict(kind) == judge_remedy(CATALOGUE["eof-mid"], observation_with(None, outcome))


def test_a_whole_answer_without_events_is_no_silent_failure() -> None:
    """Check a message that ended before the error."""
    assert VerdictKind.RIGHT == judge_remedy(CATALOGUE["after-stop"], observation_with(None, DONE)).kind


def test_a_legal_stream_that_the_remedy_calls_a_failure_is_wrong() -> None:
    """Check `done-event`, which is complete, and an error after the end."""
    result = failed(None, None, retryable=False, text="all")
    assert VerdictKind.WRONG == judge_remedy(CATALOGUE["done-event"], observation_with(result)).kind


# Limits of the remedy


@pytest.mark.parametrize(
    ("surface", "scenario", "reason"),
    [
        ("messages.create", "mid-overloaded_error", None),
        ("messages.stream-async", "eof-mid", None),
        ("messages.create", "after-stop", None),
        ("messages.create", "reset", None),
        ("completions.create", "http-api_error", None),
        ("messages.create", "data-only", "The release drops the error."),
        ("beta.messages.stream", "no-event-names", "The release drops the error."),
        ("messages.create-async", "no-final-blank", "The release drops the error."),
        ("messages.create", "json-error-200", "The release drops the error."),
        ("messages.create", "bom", "The release reads the byte order mark"),
        ("messages.create", "line-separator", "The release ends the line at U+2028"),
        ("messages.stream", "bad-utf8", "The release silently replaces invalid UTF-8"),
        ("messages.stream", "bad-tool-json", "The stream is complete. Only the code that parses the tool call"),
        ("messages.stream", "tool-block", "The release is older than this kind of content block"),
        ("messages.stream", "thinking-block", "The release is older than this kind of content block"),
        ("messages.stream", "eof-in-tool", "The release is older than this kind of content block"),
        ("messages.create", "clean", "The release itself fails on this legal"),
        ("messages.create", "empty-named-event", "The release itself fails on this legal"),
        # A stream without events can't be guarded.
        ("messages.stream.get_final_message", "mid-overloaded_error", "The call returns no events to its caller"),
        ("messages.stream.get_final_text-async", "data-only", "The call returns no events to its caller"),
        ("messages.stream.text_stream", "clean", "The call returns no events to its caller"),
        ("messages.stream.until_done", "eof-mid", "The call returns no events to its caller"),
    ],
)
def test_a_limit_explains_why_the_remedy_can_not_be_right(surface: str, scenario: str, reason: str | None) -> None:
    """Check that a result without a limit must be right."""
    limit = ANTHROPIC.remedy_limit(Call(surface, scenario))
    assert reason == (limit and limit.reason[: len(reason or "")])


def test_a_call_has_the_first_limit_that_covers_it() -> None:
    """Check that calls with events have only named limits, and legal complete streams none."""
    named = {(limit.client, id_) for limit in ANTHROPIC.remedy_limits for id_ in limit.scenarios}
    for surface, about in ANTHROPIC.surfaces.items():
        for id_, scenario in CATALOGUE.items():
            call = Call(surface, id_)
            covers = [limit for limit in ANTHROPIC.remedy_limits if limit.covers(scenario, about)]
            assert ANTHROPIC.remedy_limit(call) == (covers[0] if covers else None)
            legal = isinstance(scenario.ideal, Completes)
            is_named = not {("", id_), (about.client, id_)}.isdisjoint(named)
            assert (about.shows is not ReturnedContent.EVENTS or legal or is_named) == bool(covers)


def test_every_limit_covers_scenarios_of_the_catalogue() -> None:
    """Check that limits have different sentences, and that each covers a scenario of its kind."""
    assert set() == {id_ for limit in ANTHROPIC.remedy_limits for id_ in limit.scenarios} - CATALOGUE.keys()
    assert len(ANTHROPIC.remedy_limits) == len({limit.reason for limit in ANTHROPIC.remedy_limits})
    assert [] == [limit.reason for limit in ANTHROPIC.remedy_limits if not re.fullmatch(r"[A-Z].+\.", limit.reason)]
    assert [] == [limit for limit in ANTHROPIC.remedy_limits if not (limit.scenarios or limit.unwatched or limit.legal)]


def test_no_limit_covers_the_purpose_of_the_remedy() -> None:
    """Check an error event of the API, a stream that ends early, and a connection that breaks."""
    families = (Family.ERROR_EVENT, Family.TRANSPORT)
    excused = {
        id_
        for id_, scenario in CATALOGUE.items()
        if scenario.family in families and ANTHROPIC.remedy_limit(Call("messages.create", id_)) is not None
    }
    # On releases that are older than the content block or the stop reason.
    assert {"tool-block", "thinking-block", "error-after-pause-turn"} == excused


# Handlers


FILES: Final = sorted((ANTHROPIC.probe / "handlers").glob("*.py"))


@pytest.mark.parametrize("id_", [path.stem for path in FILES])
def test_a_handler_has_a_sentence_and_a_source(id_: str) -> None:
    """Check that each was seen in code, or is ours."""
    docstring = (
        ast.get_docstring(ast.parse((ANTHROPIC.probe / "handlers" / f"{id_}.py").read_text(encoding="utf-8"))) or ""
    )
    handler = re.fullmatch(r"(?P<title>[A-Z].+?[.]) (Seen in .+|Ours: .+)[.]", docstring)
    assert handler is not None
    assert ". " not in handler["title"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_handler_is_read_from_its_file(path: Path) -> None:
    """Check its id, and its code without the docstring."""
    handlers = ANTHROPIC.handlers[path.stem]
    assert path.stem == handlers.id
    module = ast.parse(path.read_text(encoding="utf-8"))
    assert (ast.get_docstring(module) or "").startswith(handlers.title)
    body = ast.parse(handlers.source).body
    assert [ast.dump(node) for node in module.body[1:]] == [ast.dump(node) for node in body]


@pytest.mark.parametrize("id_", [path.stem for path in FILES])
def test_a_handler_has_a_function_in_the_grammar_of_the_oldest_python(id_: str) -> None:
    """Check that `ask` is given the call on Python 3.8 and later."""
    module = ast.parse(ANTHROPIC.handlers[id_].source, feature_version=(3, 8))
    asks = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "ask"]
    assert [["create"]] == [[argument.arg for argument in node.args.args] for node in asks]


def test_handlers_are_in_the_order_of_their_ids() -> None:
    """Check that equal data is equal bytes, and that ours is among them."""
    assert [path.stem for path in FILES] == list(ANTHROPIC.handlers)
    assert "remedy" in ANTHROPIC.handlers


def test_the_source_of_a_handler_is_separate_from_its_sentence() -> None:
    """Check what the page shows in two columns."""
    handler = ANTHROPIC.handlers["connection"]
    assert "Catch the connection errors of the SDK and of httpx, and compare the status." == handler.title
    assert "kimi-cli and inspect_ai" == handler.seen_in


def test_our_own_handler_has_a_separate_source_too() -> None:
    """Check the remedy."""
    assert "Guard the stream, and explain the failure." == ANTHROPIC.handlers["remedy"].title
