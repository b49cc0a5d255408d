"""What a handler's decision and the remedy's word are worth, on scenarios of the catalogue; and what handlers are."""

import ast
import re
from pathlib import Path
from typing import Final

import msgspec
import pytest

from matrix.catalogue.scenarios import CATALOGUE, PLAYABLE
from matrix.catalogue.steps import Completes, Family
from matrix.catalogue.surfaces import Shows
from matrix.observation import Call, Observation, Outcome, Raised, RemedyResult
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
    # Scenario, what became of the call, and what it is worth to retry, to fail and to accept.
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
    # All text was there: another attempt is a waste. Before message_stop something was amiss, after it nothing was.
    ("after-delta", RAISED, NEEDLESS, RIGHT, SILENT),
    ("eof-after-delta", COMPLETED, NEEDLESS, RIGHT, SILENT),
    ("after-stop", RAISED, NEEDLESS, RIGHT, RIGHT),
    ("after-stop", COMPLETED, NEEDLESS, RIGHT, RIGHT),
    # A client that may retry has done so; another may be told to.
    ("http-529-then-ok", RAISED, RIGHT, MISSED, SILENT),
    ("mid-then-ok", RAISED, RIGHT, MISSED, SILENT),
    ("reset-then-ok", RAISED, RIGHT, MISSED, SILENT),
]


@pytest.mark.parametrize(("scenario", "observation", "retry", "fail", "accept"), WORTH)
def test_a_decision_is_worth(
    scenario: str, observation: Observation, retry: HandlerOutcome, fail: HandlerOutcome, accept: HandlerOutcome
) -> None:
    """To retry where it may help and is no waste, to fail where it can't, never to take a failure for an answer."""
    found = {each: judge_decision(CATALOGUE[scenario], observation, each) for each in ("retry", "fail", "accept")}
    assert {"retry": retry, "fail": fail, "accept": accept} == found


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
def test_an_answer_is_to_be_accepted(scenario: str, observation: Observation) -> None:
    """To ask again for what is there is a waste."""
    found = {each: judge_decision(CATALOGUE[scenario], observation, each) for each in ("retry", "accept")}
    assert {"retry": NEEDLESS, "accept": RIGHT} == found


@OBSERVED
def test_a_crash_is_a_crash_and_no_decision_is_none(observation: Observation) -> None:
    """Whatever was played; the error that mattered was lost with it."""
    found = {
        id_: tuple(judge_decision(scenario, observation, each) for each in ("crashed: KeyError", None))
        for id_, scenario in PLAYABLE.items()
    }
    assert dict.fromkeys(PLAYABLE, (HandlerOutcome.CRASHED, HandlerOutcome.UNKNOWN)) == found


@pytest.mark.parametrize("decision", ["retry", "fail", "accept", "crashed: KeyError", None])
def test_nothing_is_decided_about_what_was_not_played(decision: str | None) -> None:
    """The backend knows no such scenario; there is no error to be right about."""
    assert HandlerOutcome.UNKNOWN == judge_decision(CATALOGUE["unknown"], RAISED, decision)


@OBSERVED
def test_what_is_expected_is_right(observation: Observation) -> None:
    """There is always one decision that is right, and at most one other: to accept an answer that is whole."""
    for id_, scenario in PLAYABLE.items():
        wanted = expected_decision(scenario, observation)
        right = {
            each
            for each in ("retry", "fail", "accept")
            if judge_decision(scenario, observation, each) is HandlerOutcome.RIGHT
        }
        assert ({"fail", "accept"} if id_ == "after-stop" else {wanted}) == right


# What the remedy says


def failed(
    status: int | None = 529,
    error_type: str | None = "overloaded_error",
    *,
    retryable: bool = True,
    text: str | None = "some",
) -> RemedyResult:
    """The remedy says that a call failed."""
    return RemedyResult(outcome="failed", status=status, error_type=error_type, retryable=retryable, text=text)


PASSED: Final = RemedyResult(outcome="passed")
CRASHED: Final = RemedyResult(outcome="crashed: KeyError")


def seen(said: RemedyResult | None, outcome: Outcome = Outcome.RAISED, requests: int = 1) -> Observation:
    """A call of which the remedy said this."""
    return Observation(outcome=outcome, requests=requests, remedy=said)


DONE: Final = Outcome.COMPLETED


@pytest.mark.parametrize(
    ("scenario", "observation", "kind"),
    [
        # An error inside a stream.
        ("mid-overloaded_error", seen(failed()), VerdictKind.RIGHT),
        ("mid-overloaded_error", seen(failed(text=None)), VerdictKind.RIGHT),
        ("mid-overloaded_error", seen(failed(text="none")), VerdictKind.WRONG),
        ("mid-overloaded_error", seen(failed(text="all")), VerdictKind.WRONG),
        ("mid-overloaded_error", seen(failed(retryable=False)), VerdictKind.WRONG),
        ("mid-overloaded_error", seen(failed(status=200)), VerdictKind.WRONG),
        ("mid-overloaded_error", seen(failed(status=None)), VerdictKind.WRONG),
        ("mid-overloaded_error", seen(failed(error_type="api_error")), VerdictKind.WRONG),
        ("mid-overloaded_error", seen(failed(None, None)), VerdictKind.WRONG),
        ("mid-overloaded_error", seen(failed(), DONE), VerdictKind.RIGHT),
        ("mid-overloaded_error", seen(PASSED, DONE), VerdictKind.SILENT),
        ("mid-overloaded_error", seen(PASSED), VerdictKind.SILENT),
        ("mid-overloaded_error", seen(None, DONE), VerdictKind.SILENT),
        ("mid-overloaded_error", seen(CRASHED), VerdictKind.WRONG),
        ("mid-overloaded_error", seen(CRASHED, DONE), VerdictKind.WRONG),
        ("first-overloaded_error", seen(failed(text="none")), VerdictKind.RIGHT),
        ("first-overloaded_error", seen(failed(text="some")), VerdictKind.WRONG),
        ("mid-billing_error", seen(failed(402, "billing_error", retryable=False)), VerdictKind.RIGHT),
        ("mid-billing_error", seen(failed(402, "billing_error", retryable=True)), VerdictKind.WRONG),
        # A type that nobody knows has no status, and nobody knows whether to ask again.
        ("mid-unheard_of_error", seen(failed(None, "unheard_of_error", retryable=False)), VerdictKind.RIGHT),
        ("mid-unheard_of_error", seen(failed(500, "unheard_of_error", retryable=False)), VerdictKind.WRONG),
        ("spend-cap", seen(failed(429, "rate_limit_error", retryable=False)), VerdictKind.RIGHT),
        ("spend-cap", seen(failed(429, "rate_limit_error", retryable=True)), VerdictKind.WRONG),
        # Controls.
        ("http-overloaded_error", seen(failed(text=None)), VerdictKind.RIGHT),
        ("http-overloaded_error", seen(failed(500, "api_error", text=None)), VerdictKind.WRONG),
        ("clean", seen(PASSED, DONE), VerdictKind.RIGHT),
        ("clean", seen(None, DONE), VerdictKind.RIGHT),
        ("clean", seen(failed(None, None), DONE), VerdictKind.WRONG),
        ("clean", seen(failed(None, None)), VerdictKind.WRONG),
        ("clean", seen(CRASHED), VerdictKind.WRONG),
        # Late errors.
        ("after-delta", seen(failed(retryable=False, text="all")), VerdictKind.RIGHT),
        ("after-delta", seen(failed(retryable=True, text="all")), VerdictKind.WRONG),
        ("after-delta", seen(PASSED, DONE), VerdictKind.SILENT),
        ("after-stop", seen(PASSED), VerdictKind.RIGHT),
        ("after-stop", seen(PASSED, DONE), VerdictKind.RIGHT),
        ("after-stop", seen(failed(retryable=False, text="all")), VerdictKind.RIGHT),
        ("after-stop", seen(failed(retryable=True, text=None)), VerdictKind.WRONG),
        ("done-event", seen(PASSED), VerdictKind.RIGHT),
        ("done-event", seen(failed(None, None)), VerdictKind.WRONG),
        # Where no error is named, none is asked for.
        ("eof-mid", seen(failed(None, None), DONE), VerdictKind.RIGHT),
        ("eof-mid", seen(failed(None, None, text="none"), DONE), VerdictKind.WRONG),
        ("eof-mid", seen(PASSED, DONE), VerdictKind.SILENT),
        ("eof-after-delta", seen(failed(None, None, retryable=False, text="all"), DONE), VerdictKind.RIGHT),
        ("reset", seen(failed(None, None)), VerdictKind.RIGHT),
        ("reset", seen(failed(None, None, retryable=False)), VerdictKind.WRONG),
        ("text", seen(failed(None, None)), VerdictKind.RIGHT),
        # Where order is the fault, how much was delivered has no moment.
        ("duplicate-start", seen(failed(None, None, text="all"), DONE), VerdictKind.RIGHT),
        ("block-before-start", seen(failed(None, None, text="some")), VerdictKind.RIGHT),
        # A client that retries has an answer; one that does not has the first error.
        ("http-529-then-ok", seen(PASSED, DONE, 2), VerdictKind.RIGHT),
        ("http-529-then-ok", seen(None, DONE, 2), VerdictKind.RIGHT),
        ("http-529-then-ok", seen(failed(text="none")), VerdictKind.RIGHT),
        ("http-529-then-ok", seen(failed(None, None, text="none")), VerdictKind.WRONG),
        ("http-529-then-ok", seen(failed(), DONE, 2), VerdictKind.WRONG),
    ],
)
def test_the_remedy_is(scenario: str, observation: Observation, kind: VerdictKind) -> None:
    """Right about what was played, or wrong, or silent, which is worse."""
    assert kind == judge_remedy(CATALOGUE[scenario], observation).kind


@pytest.mark.parametrize(
    ("scenario", "observation", "checks"),
    [
        (
            "mid-overloaded_error",
            seen(failed(None, None, retryable=False, text="none")),
            (
                Check("retryable", "True", "False"),
                Check("error_type", "overloaded_error", "None"),
                Check("status", "529", "None"),
                Check("text", "some", "none"),
            ),
        ),
        (
            "mid-unheard_of_error",
            seen(failed(None, "unheard_of_error", retryable=False, text=None)),
            (
                Check("retryable", "False", "False"),
                Check("error_type", "unheard_of_error", "unheard_of_error"),
                Check("status", "None", "None"),
            ),
        ),
        ("reset", seen(failed(None, None)), (Check("retryable", "True", "True"), Check("text", "some", "some"))),
        ("html-200", seen(failed(None, None)), (Check("retryable", "True", "True"),)),
        ("mid-overloaded_error", seen(CRASHED), (Check("outcome", "failed", "crashed: KeyError"),)),
        ("clean", seen(failed(), DONE), (Check("outcome", "passed", "failed"),)),
        ("mid-overloaded_error", seen(PASSED), ()),
    ],
)
def test_what_the_remedy_says_is_told_beside_what_is_true(
    scenario: str, observation: Observation, checks: tuple[Check, ...]
) -> None:
    """Each facet, so that one can see which is wrong."""
    assert checks == judge_remedy(CATALOGUE[scenario], observation).checks


@pytest.mark.parametrize(
    "outcome", [Outcome.UNSUPPORTED, Outcome.CANNOT_CONSTRUCT, Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL]
)
def test_where_no_call_was_made_there_is_no_word_of_the_remedy(outcome: Outcome) -> None:
    """Missing is never shown as passing."""
    found = {id_: judge_remedy(scenario, seen(None, outcome)) for id_, scenario in CATALOGUE.items()}
    assert dict.fromkeys(CATALOGUE, Verdict(VerdictKind.UNAVAILABLE)) == found


@pytest.mark.parametrize("said", [None, PASSED, failed(), CRASHED], ids=["nothing", "passed", "failed", "crashed"])
def test_the_remedy_is_not_judged_by_what_was_not_played(said: RemedyResult | None) -> None:
    """The backend knows no such scenario, and what it says then is no stream."""
    assert Verdict(VerdictKind.UNAVAILABLE) == judge_remedy(CATALOGUE["unknown"], seen(said))


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome.TIMED_OUT, VerdictKind.HANGS),
        (Outcome.FLAKY, VerdictKind.FLAKY),
        (Outcome.HARNESS_FAILED, VerdictKind.UNKNOWN),
        (Outcome.NOT_RUN, VerdictKind.UNKNOWN),
    ],
)
def test_what_was_not_seen_comes_to_what_it_comes_to_elsewhere(outcome: Outcome, kind: VerdictKind) -> None:
    """Outcomes are distinct and never merged."""
    assert Verdict(kind) == judge_remedy(CATALOGUE["eof-mid"], seen(None, outcome))


def test_a_whole_answer_from_a_call_without_events_is_no_silent_failure() -> None:
    """The message had ended before the error came, and its caller has all of it."""
    assert VerdictKind.RIGHT == judge_remedy(CATALOGUE["after-stop"], seen(None, DONE)).kind


def test_a_legal_stream_that_the_remedy_calls_a_failure_is_wrong() -> None:
    """`done-event` is complete; only of an error after the end may one say that there was one."""
    said = failed(None, None, retryable=False, text="all")
    assert VerdictKind.WRONG == judge_remedy(CATALOGUE["done-event"], seen(said)).kind


# Where the remedy can't be right


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
        # Nobody watched, whatever was played.
        ("messages.stream.get_final_message", "mid-overloaded_error", "The call returns no events to its caller"),
        ("messages.stream.get_final_text-async", "data-only", "The call returns no events to its caller"),
        ("messages.stream.text_stream", "clean", "The call returns no events to its caller"),
        ("messages.stream.until_done", "eof-mid", "The call returns no events to its caller"),
    ],
)
def test_a_limit_says_why_the_remedy_can_not_be_right(surface: str, scenario: str, reason: str | None) -> None:
    """And where there is none, it has to be."""
    found = ANTHROPIC.remedy_limit(Call(surface, scenario), RAISED)
    assert reason == (found and found.reason[: len(reason or "")])


@pytest.mark.parametrize(
    ("attributes", "body", "excused"),
    [({"status_code": 200}, msgspec.UNSET, True), ({"status_code": 200}, None, False), ({}, msgspec.UNSET, False)],
    ids=["no body", "an empty body", "no status code, so none of a response"],
)
def test_an_exception_without_a_body_is_a_limit(attributes: dict[str, int], body: object, *, excused: bool) -> None:
    """As those of 0.4.1 to 0.7.7 are; one whose body is empty says that there was nothing in it."""
    error = Raised(name="anthropic.E", bases=(), exported=True, attributes=attributes, text="x", body=body)
    found = ANTHROPIC.remedy_limit(
        Call("completions.create", "mid-overloaded_error"), Observation(outcome=RAISED.outcome, exception=error)
    )
    assert excused == (found is not None and found.bodiless)


def test_a_call_has_a_limit_if_one_covers_it() -> None:
    """The first that does; of calls with events, only what is named, and what is legal and complete."""
    named = {id_ for one in ANTHROPIC.remedy_limits for id_ in one.scenarios}
    for surface, about in ANTHROPIC.surfaces.items():
        for id_, scenario in CATALOGUE.items():
            call = Call(surface, id_)
            covers = [one for one in ANTHROPIC.remedy_limits if one.covers(scenario, about, RAISED)]
            assert ANTHROPIC.remedy_limit(call, RAISED) == (covers[0] if covers else None)
            legal = isinstance(scenario.ideal, Completes)
            assert (about.shows is not Shows.EVENTS or legal or id_ in named) == bool(covers)


def test_every_limit_is_of_scenarios_of_the_catalogue_and_says_so_in_sentences() -> None:
    """No two are the same, and each covers something of its own kind."""
    assert set() == {id_ for one in ANTHROPIC.remedy_limits for id_ in one.scenarios} - CATALOGUE.keys()
    assert len(ANTHROPIC.remedy_limits) == len({one.reason for one in ANTHROPIC.remedy_limits})
    assert [] == [one.reason for one in ANTHROPIC.remedy_limits if not re.fullmatch(r"[A-Z].+\.", one.reason)]
    assert [] == [
        one for one in ANTHROPIC.remedy_limits if not (one.scenarios or one.unwatched or one.legal or one.bodiless)
    ]


def test_no_limit_excuses_what_the_remedy_is_for() -> None:
    """An error event as the API sends it, a stream that just ends, and a connection that breaks."""
    families = (Family.ERROR_EVENT, Family.TRANSPORT)
    excused = {
        id_
        for id_, scenario in CATALOGUE.items()
        if scenario.family in families and ANTHROPIC.remedy_limit(Call("messages.create", id_), RAISED) is not None
    }
    assert {"tool-block", "thinking-block"} == excused  # on releases that are older than the block


# Handlers


FILES: Final = sorted((ANTHROPIC.probe / "handlers").glob("*.py"))


@pytest.mark.parametrize("id_", [path.stem for path in FILES])
def test_a_handler_says_in_a_sentence_what_it_does_and_where_it_is_from(id_: str) -> None:
    """Seen in somebody's code, or ours."""
    docstring = (
        ast.get_docstring(ast.parse((ANTHROPIC.probe / "handlers" / f"{id_}.py").read_text(encoding="utf-8"))) or ""
    )
    found = re.fullmatch(r"(?P<title>[A-Z].+?[.]) (Seen in .+|Ours: .+)[.]", docstring)
    assert found is not None
    assert ". " not in found["title"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_handler_is_read_as_its_file_has_it(path: Path) -> None:
    """By its id, with its code and without what is said of it."""
    found = ANTHROPIC.handlers[path.stem]
    assert path.stem == found.id
    module = ast.parse(path.read_text(encoding="utf-8"))
    assert (ast.get_docstring(module) or "").startswith(found.title)
    body = ast.parse(found.source).body
    assert [ast.dump(node) for node in module.body[1:]] == [ast.dump(node) for node in body]


@pytest.mark.parametrize("id_", [path.stem for path in FILES])
def test_a_handler_has_a_function_that_asks_in_the_grammar_of_the_oldest_python(id_: str) -> None:
    """Cells run on Python 3.8 and later; `ask` is given how to make the call."""
    module = ast.parse(ANTHROPIC.handlers[id_].source, feature_version=(3, 8))
    asks = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "ask"]
    assert [["create"]] == [[argument.arg for argument in node.args.args] for node in asks]


def test_handlers_are_in_the_order_of_their_ids() -> None:
    """So that equal data is equal bytes; ours is among them."""
    assert [path.stem for path in FILES] == list(ANTHROPIC.handlers)
    assert "remedy" in ANTHROPIC.handlers


def test_where_a_handler_was_seen_is_told_apart_from_what_it_does() -> None:
    """The page has a column for each."""
    found = ANTHROPIC.handlers["connection"]
    assert "Also catch the connection's errors, the SDK's and httpx's." == found.title
    assert "kimi-cli and inspect_ai" == found.seen_in


def test_what_ours_does_is_told_apart_from_where_it_is() -> None:
    """As with all others."""
    assert "Guard the stream, and ask what the failure means." == ANTHROPIC.handlers["remedy"].title
