"""Facet changes between two observations of one call, with their severity: a table for each kind of facet."""

from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from matrix.compare.facets import SEVERITIES, WORSE, FacetChange, Severity, facet_changes
from matrix.observation import (
    ENDED,
    NO_CALL,
    Call,
    Cause,
    Delivery,
    FinalMessage,
    Observation,
    Outcome,
    Raised,
    RemedyResult,
)
from matrix.targets import ANTHROPIC
from matrix.verdicts.verdict import ABSENT
from tests.support.behaviours import (
    CALLS,
    CLEAN,
    CUT,
    FLAKY,
    HANGS,
    INTERNAL,
    LACKS,
    MAIN,
    MID,
    NO_CLIENT,
    READ_ERROR,
    RELAXED,
    ROOTS,
    STATUS,
    completed,
    ended,
    error,
    exceptions,
    observations,
    raised,
)

SILENCED, GONE, RAISES, UNCAUGHT = Severity.SILENCED, Severity.GONE, Severity.RAISES, Severity.UNCAUGHT
LOST, ALTERED, HEARD, GAINED = Severity.LOST, Severity.ALTERED, Severity.HEARD, Severity.GAINED
MESSAGE, DETAIL = Severity.MESSAGE, Severity.DETAIL

UNSET = msgspec.UNSET

IN_SUITE = st.sampled_from(CALLS)
"""Any call of the suite."""

TOLD = ENDED | NO_CALL
"""The outcomes whose facets are compared."""


def compare_facets(
    before: Observation, after: Observation, scenario: str = MID, surface: str = MAIN
) -> list[FacetChange]:
    """Compare two observations of one call."""
    return list(facet_changes(ANTHROPIC, scenario, before, after))


def in_short(changes: list[FacetChange]) -> list[tuple[Severity, str]]:
    """List severity and sentence of each change."""
    return [(move.severity, move.what) for move in changes]


def between(before: Raised, after: Raised) -> list[tuple[Severity, str]]:
    """Compare two exceptions; list severity and sentence of each change."""
    return in_short(compare_facets(raised(before), raised(after)))


# The end of a call.

RECOVERED = completed(requests=2)
RETRIED = "http-529-then-ok"


@pytest.mark.parametrize(
    ("scenario", "before", "after", "severity", "what"),
    [
        pytest.param(
            MID,
            raised(),
            completed("Hello"),
            SILENCED,
            "a failure now ends without an exception",
            id="an error is silenced",
        ),
        pytest.param(
            CUT,
            raised(),
            completed("Hello"),
            SILENCED,
            "a failure now ends without an exception",
            id="a cut is silenced",
        ),
        pytest.param(
            MID, HANGS, completed("Hello"), SILENCED, "a failure now ends without an exception", id="a hang is silenced"
        ),
        pytest.param(
            RETRIED,
            raised(),
            completed(),
            SILENCED,
            "a failure now ends without an exception",
            id="a retry is lost, and the failure silent",
        ),
        pytest.param(MID, raised(), HANGS, Severity.HANGS, "the call hangs now", id="an error becomes a hang"),
        pytest.param(CLEAN, completed(), HANGS, Severity.HANGS, "the call hangs now", id="an answer becomes a hang"),
        pytest.param(MID, raised(), LACKS, GONE, "the call is no longer possible", id="a call goes"),
        pytest.param(CLEAN, completed(), NO_CLIENT, GONE, "the call is no longer possible", id="a client goes"),
        pytest.param(MID, HANGS, LACKS, GONE, "the call is no longer possible", id="a hanging call goes"),
        pytest.param(
            CLEAN, completed(), raised(), RAISES, "a call that completed raises now", id="an answer becomes an error"
        ),
        pytest.param(RETRIED, RECOVERED, raised(), RAISES, "a call that completed raises now", id="a retry is lost"),
        pytest.param(
            MID, completed(), raised(), HEARD, "a failure that was silent is raised now", id="a silent error is raised"
        ),
        pytest.param(
            CUT, completed(), raised(), HEARD, "a failure that was silent is raised now", id="a silent cut is raised"
        ),
        pytest.param(
            CLEAN, raised(), completed(), GAINED, "a call that failed completes now", id="an error becomes an answer"
        ),
        pytest.param(RETRIED, raised(), RECOVERED, GAINED, "a call that failed completes now", id="a retry is gained"),
        pytest.param(MID, LACKS, raised(), GAINED, "the call is possible now", id="a call appears"),
        pytest.param(CLEAN, NO_CLIENT, completed(), GAINED, "the call is possible now", id="a client appears"),
        pytest.param(MID, LACKS, completed(), GAINED, "the call is possible now", id="a silent call appears"),
    ],
)
def test_another_end_of_a_call_is_the_only_change(
    scenario: str, before: Observation, after: Observation, severity: Severity, what: str
) -> None:
    """Check that what the call gave or raised is not compared."""
    assert [("outcome", severity, what)] == [
        (move.facet, move.severity, move.what) for move in compare_facets(before, after, scenario)
    ]


def test_a_hang_that_ends_was_no_silence() -> None:
    """Check that the sentence is about a hang."""
    changes = [*compare_facets(HANGS, raised()), *compare_facets(HANGS, completed(), CLEAN)]
    expected = [(HEARD, "a call that hung raises now"), (GAINED, "a call that hung completes now")]
    assert expected == in_short(changes)


def test_ends_are_shown_in_words() -> None:
    """Check both, and the reason why no client can be made."""
    (move,) = compare_facets(NO_CLIENT, raised(error(attributes={"status_code": 200, "type": None})))
    reason = "cannot construct the client: TypeError: __init__() got an unexpected argument 'proxies'"
    assert (reason, "200 APIStatusError") == (move.before, move.after)


@pytest.mark.parametrize("before", sorted(NO_CALL))
@pytest.mark.parametrize("after", sorted(NO_CALL))
def test_the_reason_why_no_call_can_be_made_is_no_facet(before: Outcome, after: Outcome) -> None:
    """Check that it is left to the release."""
    assert [] == compare_facets(ended(before, requests=1), ended(after))


def test_facets_of_a_new_call_are_not_compared() -> None:
    """Check that its appearance is the only change."""
    assert ["outcome"] == [move.facet for move in compare_facets(LACKS, raised(connection="open"))]


def test_a_partial_answer_after_a_retry_is_no_silence() -> None:
    """Check every call; a verdict says what is missing."""
    after = completed(stop_reason=None, requests=2)
    surfaces = (MAIN, "messages.stream.text_stream")
    changes = [in_short(compare_facets(raised(), after, RETRIED, surface)) for surface in surfaces]
    assert [[(GAINED, "a call that failed completes now")]] * 2 == changes


# Clauses that catch the exception.

NAMED = {"exported": True}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            error("anthropic.InternalServerError", *STATUS),
            error("anthropic.OverloadedError", *STATUS),
            [(UNCAUGHT, "the error is no longer caught as anthropic.InternalServerError")],
            id="a class is replaced",
        ),
        pytest.param(
            error("anthropic.OverloadedError", *INTERNAL),
            error("anthropic.OverloadedError", *STATUS),
            [(UNCAUGHT, "the error is no longer caught as anthropic.InternalServerError")],
            id="a base goes",
        ),
        pytest.param(
            error("anthropic.OverloadedError", *STATUS),
            error("anthropic.OverloadedError", *INTERNAL),
            [(GAINED, "the error is also caught as anthropic.InternalServerError")],
            id="a base appears",
        ),
        pytest.param(
            error(),
            error("anthropic.OverloadedError", *STATUS),
            [(GAINED, "the error is also caught as anthropic.OverloadedError")],
            id="its own class appears",
        ),
        pytest.param(
            error(),
            error("anthropic.OverloadedError", *INTERNAL),
            [(GAINED, "the error is also caught as anthropic.InternalServerError")],
            id="a class appears with its base",
        ),
        pytest.param(
            error("anthropic.OverloadedError", *INTERNAL),
            error(),
            [(UNCAUGHT, "the error is no longer caught as anthropic.InternalServerError or a subclass of it")],
            id="a class goes with its base",
        ),
        pytest.param(
            error("httpx.ReadError", *READ_ERROR, "builtins.Exception"),
            error("httpx2.ReadError", *(base.replace("httpx", "httpx2") for base in READ_ERROR), "builtins.Exception"),
            [(UNCAUGHT, "the error is no longer caught as httpx.HTTPError or a subclass of it")],
            id="another package",
        ),
        pytest.param(
            error("builtins.TimeoutError", "builtins.OSError", "builtins.Exception"),
            error("builtins.ValueError", "builtins.Exception"),
            [(UNCAUGHT, "the error is no longer caught as OSError or a subclass of it")],
            id="built-in classes have short names",
        ),
        pytest.param(
            error("builtins.RuntimeError", "builtins.Exception"),
            error(),
            [(ALTERED, "the error is now an SDK error, not RuntimeError")],
            id="an accident becomes an error of the SDK",
        ),
        pytest.param(
            error(),
            error("builtins.RuntimeError", "builtins.Exception", "builtins.BaseException"),
            [(UNCAUGHT, "the error is no longer caught as anthropic.AnthropicError or a subclass of it")],
            id="an error of the SDK becomes an accident",
        ),
        pytest.param(
            error("anthropic.OverloadedError", *STATUS),
            error("anthropic._exceptions.OverloadedError", *STATUS),
            [],
            id="a class moves within the SDK",
        ),
        pytest.param(
            error("anthropic._exceptions.OverloadedError", *STATUS, exported=False),
            error("anthropic.OverloadedError", *STATUS),
            [(GAINED, "anthropic.OverloadedError is exported now")],
            id="a class is exported",
        ),
        pytest.param(
            error("anthropic.OverloadedError", *STATUS),
            error("anthropic._exceptions.OverloadedError", *STATUS, exported=False),
            [(LOST, "anthropic.OverloadedError is no longer exported")],
            id="a class is no longer exported",
        ),
        pytest.param(
            error("anthropic._exceptions.OverloadedError", *STATUS, exported=False),
            error("anthropic.APIStatusError", *ROOTS),
            [(UNCAUGHT, "the error is no longer caught as anthropic._exceptions.OverloadedError")],
            id="a class without an exported name goes",
        ),
        pytest.param(
            error("anthropic.APIStatusError", *ROOTS),
            error("anthropic._exceptions.OverloadedError", *STATUS, exported=False),
            [(GAINED, "the error is also caught as anthropic._exceptions.OverloadedError")],
            id="a class without an exported name appears",
        ),
    ],
)
def test_a_lost_class_is_a_loss(before: Raised, after: Raised, expected: list[tuple[Severity, str]]) -> None:
    """Check that it is named by its farthest base, and that the first change lists the others."""
    assert expected == between(before, after)


def test_attributes_of_an_accident_are_not_compared() -> None:
    """Check an accident that becomes an error of the SDK."""
    accident = error("builtins.RuntimeError", "builtins.Exception", text="boom")
    after = error(attributes={"status_code": 200}, text="other", pickles="same")
    assert [(ALTERED, "the error is now an SDK error, not RuntimeError")] == between(accident, after)


def test_classes_are_shown_by_name() -> None:
    """Check that the class itself is shown, whichever base changed."""
    (move,) = compare_facets(
        raised(error("anthropic.InternalServerError", *STATUS)), raised(error("anthropic.OverloadedError", *STATUS))
    )
    assert ("class", "anthropic.InternalServerError", "anthropic.OverloadedError") == (
        move.facet,
        move.before,
        move.after,
    )


# Attributes.

ATTRIBUTES = ("status_code", "type", "request_id", "body")


def having(name: str, value: Any) -> Raised:
    """Make an exception with this attribute, or without it."""
    if name in ("body", "message", "text"):
        return error(**{name: value})
    return error(attributes={} if value is UNSET else {name: value})


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize(
    ("before", "after", "severity", "what"),
    [
        pytest.param(UNSET, "x", GAINED, "appears", id="appears"),
        pytest.param(UNSET, None, GAINED, "appears", id="appears as None"),
        pytest.param(None, "x", GAINED, "has a value now, it was None", id="gets a value"),
        pytest.param("x", UNSET, LOST, "is gone", id="goes"),
        pytest.param(None, UNSET, LOST, "is gone", id="goes, and was None"),
        pytest.param("x", None, LOST, "is None now", id="becomes None"),
        pytest.param("x", "y", ALTERED, "has another value", id="another text"),
        pytest.param(200, 529, ALTERED, "has another value", id="another number"),
        pytest.param({"a": 1}, {"a": True}, ALTERED, "has another value", id="True is not 1"),
        pytest.param({"a": 1}, [1], ALTERED, "has another value", id="another shape"),
        pytest.param("", None, LOST, "is None now", id="empty is not None"),
        pytest.param("x", "", ALTERED, "has another value", id="None is not empty"),
        pytest.param(1, 0, ALTERED, "has another value", id="None is not zero"),
    ],
)
def test_an_attribute_can_go_or_change(name: str, before: Any, after: Any, severity: Severity, what: str) -> None:
    """Check that None and absent differ, because reading an absent one crashes."""
    assert [(name, severity, f"error.{name} {what}")] == [
        (move.facet, move.severity, move.what)
        for move in compare_facets(raised(having(name, before)), raised(having(name, after)))
    ]


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize(("before", "after"), [("529", 529), ("null", None), (ABSENT, UNSET)])
def test_values_that_look_alike_differ(name: str, before: Any, after: Any) -> None:
    """Check that a number in a text is not the number."""
    assert [name] == [move.facet for move in compare_facets(raised(having(name, before)), raised(having(name, after)))]


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize("value", [UNSET, None, "", 0, {"b": 1, "a": [None]}])
def test_an_equal_attribute_is_no_change(name: str, value: Any) -> None:
    """Check each kind of value."""
    assert [] == between(having(name, value), having(name, value))


def test_the_order_of_keys_in_a_body_does_not_matter() -> None:
    """Check objects with equal fields."""
    assert [] == between(error(body={"a": 1, "b": 2}), error(body={"b": 2, "a": 1}))


@pytest.mark.parametrize(("name", "label"), [("message", "error.message"), ("text", "str() of the error")])
def test_another_message_is_no_harm(name: str, label: str) -> None:
    """Check that it is for people, so that no working code breaks."""
    (change,) = between(having(name, "one"), having(name, "other"))
    assert ((MESSAGE, f"{label} differs"), False) == (change, change[0] in WORSE)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("one", UNSET, (LOST, "error.message is gone"), id="goes"),
        pytest.param(UNSET, "one", (GAINED, "error.message appears"), id="appears"),
    ],
)
def test_a_message_that_goes_is_a_loss(before: Any, after: Any, expected: tuple[Severity, str]) -> None:
    """Check that reading an absent attribute crashes."""
    assert [expected] == between(having("message", before), having("message", after))


def test_values_are_shown() -> None:
    """Check texts, JSON, and the word for an absent value."""
    before = error(attributes={"type": "api_error"}, body={"a": None})
    after = error(attributes={"status_code": 200}, body=None)
    shown = {move.facet: (move.before, move.after) for move in compare_facets(raised(before), raised(after))}
    expected = {"status_code": (ABSENT, "200"), "type": ("api_error", ABSENT), "body": ('{"a":null}', "null")}
    assert expected == shown


def test_attributes_are_ordered_by_use() -> None:
    """Check that the most used one is first."""
    before, after = error(text="a", message="a", body=1), error(text="b", message="b", body=2)
    attributes: dict[str, Any] = {"request_id": "r", "type": "t", "status_code": 1}
    after = msgspec.structs.replace(after, attributes=attributes)
    facets = [move.facet for move in compare_facets(raised(before), raised(after))]
    assert ["status_code", "type", "request_id", "body", "message", "text"] == facets


# Pickles and copies.


@pytest.mark.parametrize(("facet", "verb"), [("pickles", "pickling"), ("copies", "copying")])
@pytest.mark.parametrize(
    ("before", "after", "severity", "what"),
    [
        ("same", "TypeError", LOST, "the exception no longer survives {verb}"),
        ("same", "changed", LOST, "the exception no longer survives {verb}"),
        ("TypeError", "same", GAINED, "the exception survives {verb} now"),
        ("changed", "same", GAINED, "the exception survives {verb} now"),
        ("TypeError", "changed", DETAIL, "{verb} fails differently"),
        ("TypeError", "AttributeError", DETAIL, "{verb} fails differently"),
    ],
)
def test_an_exception_that_no_longer_pickles_is_a_loss(
    facet: str, verb: str, before: str, after: str, severity: Severity, what: str
) -> None:
    """Check an error that comes back from a worker process."""
    changes = between(error(**{facet: before}), error(**{facet: after}))
    assert [(severity, what.format(verb=verb))] == changes


def test_the_chain_of_causes_is_a_detail() -> None:
    """Check that it is shown from the nearest one on."""
    causes = (Cause(how="cause", name="httpcore.ReadError", text="cut"), Cause(how="context", name="OSError", text=""))
    (move,) = compare_facets(raised(error(causes=causes)), raised(error()))
    assert (DETAIL, "httpcore.ReadError: cut <- OSError: ", "none") == (move.severity, move.before, move.after)


# Delivered text, and resources.


@pytest.mark.parametrize(
    ("before", "after", "severity", "what"),
    [
        ("Hello world", "Hello", LOST, "less text is delivered"),
        ("Hello", "", LOST, "less text is delivered"),
        ("", "Hello", GAINED, "more text is delivered"),
        ("Hello", "Hello world", GAINED, "more text is delivered"),
        ("HelloHello", "Hello", GAINED, "text is no longer delivered several times"),
        ("Hello", "HelloHelloHello", LOST, "text is delivered several times"),
        ("HelloHello", "", LOST, "less text is delivered"),
        ("HelloHell", "Hello", LOST, "less text is delivered"),
        ("Hello", "world", ALTERED, "different text is delivered"),
        ("Hello world", "world", ALTERED, "different text is delivered"),
        ("Hello", "world, and more", ALTERED, "different text is delivered"),
    ],
)
def test_less_delivered_text_is_a_loss(before: str, after: str, severity: Severity, what: str) -> None:
    """Check that a longer text with the same beginning is a gain, however the call ends."""
    changes = [in_short(compare_facets(make(before), make(after))) for make in (completed, _raised_after)]
    assert [[(severity, what)]] * 2 == changes


def _raised_after(text: str) -> Observation:
    return raised(delivered=Delivery(events=("message_start",), text=text, stop_reason="end_turn"))


def test_events_without_text_are_a_detail() -> None:
    """Check that few callers read them."""
    before, after = (Delivery(events=events, text="") for events in (("ping",), ("ping", "message_stop")))
    assert [(DETAIL, "different events are delivered")] == in_short(
        compare_facets(raised(delivered=before), raised(delivered=after))
    )


NOTHING = Delivery(events=(), text="")


@pytest.mark.parametrize(
    ("before", "after", "facet", "what"),
    [
        pytest.param(
            completed(stop_reason=None), completed(), "stop_reason", "the stop reason differs", id="a stop reason"
        ),
        pytest.param(
            raised(final=FinalMessage(text="Hello")),
            raised(final=FinalMessage(raised="AssertionError")),
            "final",
            "the helper's final message differs",
            id="a final message appears",
        ),
        pytest.param(
            raised(final=FinalMessage(text="Hello")),
            raised(),
            "final",
            "the helper's final message differs",
            id="a final message goes",
        ),
        pytest.param(
            raised(requests=1), raised(requests=3), "requests", "the number of requests differs", id="requests"
        ),
    ],
)
def test_other_facets_of_a_call_are_compared(before: Observation, after: Observation, facet: str, what: str) -> None:
    """Check both directions."""
    expected = [(facet, ALTERED, what)]
    for earlier, later in ((before, after), (after, before)):
        assert expected == [(move.facet, move.severity, move.what) for move in compare_facets(earlier, later)]


@pytest.mark.parametrize(
    ("before", "after", "severity", "what"),
    [
        ("closed", "open", LOST, "the connection leaks"),
        ("idle", "open", LOST, "the connection leaks"),
        ("open", "closed", GAINED, "the connection no longer leaks"),
        ("open", "released", GAINED, "the connection no longer leaks"),
        ("closed", "idle", DETAIL, "the connection ends in a different state"),
        ("", "closed", DETAIL, "the connection ends in a different state"),
    ],
)
def test_a_connection_that_leaks_is_a_loss(before: str, after: str, severity: Severity, what: str) -> None:
    """Check that a process runs out of them."""
    changes = in_short(compare_facets(raised(connection=before), raised(connection=after)))
    assert [(severity, what)] == changes


def test_an_unknown_connection_is_no_gain() -> None:
    """Check that one that was not observed may still leak."""
    assert [DETAIL] == [move.severity for move in compare_facets(raised(connection="open"), raised(connection=""))]


@pytest.mark.parametrize(
    "facet",
    [
        {"remedy": RemedyResult(outcome="passed")},
        {"handlers": {"any-exception": "fail"}},
    ],
)
def test_decisions_and_the_remedy_are_no_facets(facet: dict[str, Any]) -> None:
    """Check that `compare` reports their outcomes."""
    assert [] == compare_facets(raised(), raised(**facet))


# Properties of every comparison.

PAIRS = [
    pytest.param(raised(), completed("Hello"), MID, SILENCED, HEARD, id="silence"),
    pytest.param(completed(), raised(), CLEAN, RAISES, GAINED, id="an answer"),
    pytest.param(raised(), LACKS, MID, GONE, GAINED, id="a call"),
    pytest.param(
        raised(error("anthropic.OverloadedError", *INTERNAL)),
        raised(error("anthropic.OverloadedError", *STATUS)),
        MID,
        UNCAUGHT,
        GAINED,
        id="a base",
    ),
    pytest.param(raised(error(body=1)), raised(error()), MID, LOST, GAINED, id="an attribute"),
    pytest.param(raised(error(body=1)), raised(error(body=None)), MID, LOST, GAINED, id="its value"),
    pytest.param(raised(error(body=1)), raised(error(body=2)), MID, ALTERED, ALTERED, id="another value"),
    pytest.param(raised(error(pickles="same")), raised(error(pickles="E")), MID, LOST, GAINED, id="a pickle"),
    pytest.param(raised(connection="idle"), raised(connection="open"), MID, LOST, GAINED, id="a connection"),
    pytest.param(completed("Hello"), completed("He"), CLEAN, LOST, GAINED, id="text"),
    pytest.param(raised(error(text="a")), raised(error(text="b")), MID, MESSAGE, MESSAGE, id="a message"),
]


@pytest.mark.parametrize(("before", "after", "scenario", "there", "back"), PAIRS)
def test_the_reverse_comparison_turns_losses_into_gains(
    before: Observation, after: Observation, scenario: str, there: Severity, back: Severity
) -> None:
    """Check that values are reversed, too."""
    (forward,), (backward,) = compare_facets(before, after, scenario), compare_facets(after, before, scenario)
    assert ((there, back), (forward.before, forward.after)) == (
        (forward.severity, backward.severity),
        (backward.after, backward.before),
    )


@given(IN_SUITE, observations(TOLD), observations(TOLD))
@RELAXED
def test_any_two_observations_can_be_compared(call: Call, before: Observation, after: Observation) -> None:
    """Check calls that ended, or can't be made."""
    for move in facet_changes(ANTHROPIC, call.scenario, before, after):
        assert move.what
        assert move.before != move.after or move.facet in ("class", "exported", *ATTRIBUTES)


@given(IN_SUITE, observations(TOLD))
@RELAXED
def test_an_observation_does_not_differ_from_itself(call: Call, observation: Observation) -> None:
    """Check a copy, too."""
    again = msgspec.json.decode(msgspec.json.encode(observation), type=Observation)
    assert [] == list(facet_changes(ANTHROPIC, call.scenario, observation, again))


@given(IN_SUITE, observations(ENDED), observations(ENDED))
@RELAXED
def test_the_reverse_comparison_has_the_same_facets(call: Call, before: Observation, after: Observation) -> None:
    """Check the exception: attributes of an accident are not compared."""
    kinds = {
        "anthropic.APIError" in observation.exception.bases
        for observation in (before, after)
        if observation.exception is not None
    }
    assume(len(kinds) < 2)
    there = [(move.facet, move.before, move.after) for move in facet_changes(ANTHROPIC, call.scenario, before, after)]
    assert there == [
        (move.facet, move.after, move.before) for move in facet_changes(ANTHROPIC, call.scenario, after, before)
    ]


FACETS = ("exception", "delivered", "final", "connection", "requests")
"""The facets of a call that raised."""


@given(IN_SUITE, observations([Outcome.RAISED]), observations([Outcome.RAISED]), st.sampled_from(FACETS))
@RELAXED
def test_every_facet_that_differs_is_named(call: Call, before: Observation, other: Observation, facet: str) -> None:
    """Check each alone; a class may move within the SDK if its name stays."""
    after = msgspec.structs.replace(before, **{facet: getattr(other, facet)})
    assert before.exception is not None
    assert after.exception is not None
    exceptions = [
        msgspec.structs.replace(raised_exception, name=raised_exception.name.replace("_exceptions.", ""))
        for raised_exception in (before.exception, after.exception)
    ]
    assume(facet != "exception" or msgspec.json.encode(exceptions[0]) != msgspec.json.encode(exceptions[1]))
    assume(facet == "exception" or getattr(before, facet) != getattr(after, facet))
    assert [] != list(facet_changes(ANTHROPIC, call.scenario, before, after))


@given(exceptions(), exceptions())
@RELAXED
def test_a_loss_is_named_once(before: Raised, after: Raised) -> None:
    """Check exceptions that lose several classes."""
    facets = [move.facet for move in compare_facets(raised(before), raised(after))]
    assert len(facets) == len(set(facets))


def test_severities_begin_with_the_worst() -> None:
    """Check that those that can break working code come first."""
    assert [True] * len(WORSE) + [False] * (len(SEVERITIES) - len(WORSE)) == [
        severity in WORSE for severity in SEVERITIES
    ]
    assert {HEARD, GAINED, MESSAGE, DETAIL} == set(SEVERITIES) - WORSE


def test_flaky_observations_are_not_compared_here() -> None:
    """Check that the caller leaves them out."""
    assert FLAKY.outcome not in TOLD
