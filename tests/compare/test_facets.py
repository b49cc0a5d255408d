"""What is another of two observations of one call, and what that is for a caller: a table for each kind of facet."""

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
"""Any call."""

TOLD = ENDED | NO_CALL
"""The outcomes of which there is something to say."""


def told(before: Observation, after: Observation, scenario: str = MID, surface: str = MAIN) -> list[FacetChange]:
    """What is said of two observations of one call."""
    return list(facet_changes(ANTHROPIC, Call(surface, scenario), before, after))


def in_short(found: list[FacetChange]) -> list[tuple[Severity, str]]:
    """Without facets and values."""
    return [(move.severity, move.what) for move in found]


def of(before: Raised, after: Raised) -> list[tuple[Severity, str]]:
    """What is said of two exceptions, in short."""
    return in_short(told(raised(before), raised(after)))


# How the call ends.

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
            id="an error, silenced",
        ),
        pytest.param(
            CUT, raised(), completed("Hello"), SILENCED, "a failure now ends without an exception", id="a cut, silenced"
        ),
        pytest.param(
            MID, HANGS, completed("Hello"), SILENCED, "a failure now ends without an exception", id="a hang, silenced"
        ),
        pytest.param(
            RETRIED,
            raised(),
            completed(),
            SILENCED,
            "a failure now ends without an exception",
            id="no retry, and silent",
        ),
        pytest.param(MID, raised(), HANGS, Severity.HANGS, "the call hangs now", id="an error, now a hang"),
        pytest.param(CLEAN, completed(), HANGS, Severity.HANGS, "the call hangs now", id="an answer, now a hang"),
        pytest.param(MID, raised(), LACKS, GONE, "the call is no longer possible", id="a call that goes"),
        pytest.param(CLEAN, completed(), NO_CLIENT, GONE, "the call is no longer possible", id="a client that goes"),
        pytest.param(MID, HANGS, LACKS, GONE, "the call is no longer possible", id="a hang that goes"),
        pytest.param(CLEAN, completed(), raised(), RAISES, "a call that completed raises now", id="an answer, raises"),
        pytest.param(RETRIED, RECOVERED, raised(), RAISES, "a call that completed raises now", id="no retry any more"),
        pytest.param(MID, completed(), raised(), HEARD, "a failure that was silent is raised now", id="heard"),
        pytest.param(CUT, completed(), raised(), HEARD, "a failure that was silent is raised now", id="a cut, heard"),
        pytest.param(CLEAN, raised(), completed(), GAINED, "a call that failed completes now", id="an answer"),
        pytest.param(RETRIED, raised(), RECOVERED, GAINED, "a call that failed completes now", id="a retry"),
        pytest.param(MID, LACKS, raised(), GAINED, "the call is possible now", id="a call that appears"),
        pytest.param(CLEAN, NO_CLIENT, completed(), GAINED, "the call is possible now", id="a client that appears"),
        pytest.param(MID, LACKS, completed(), GAINED, "the call is possible now", id="a call that appears, silent"),
    ],
)
def test_how_a_call_ends(scenario: str, before: Observation, after: Observation, severity: Severity, what: str) -> None:
    """Another end is told, and what the call gave or raised until then is not: that is of another call, in effect."""
    assert [("outcome", severity, what)] == [
        (move.facet, move.severity, move.what) for move in told(before, after, scenario)
    ]


def test_a_hang_that_ends_was_no_silence() -> None:
    """A caller who waited for ever is told so."""
    found = [*told(HANGS, raised()), *told(HANGS, completed(), CLEAN)]
    expected = [(HEARD, "a call that hung raises now"), (GAINED, "a call that hung completes now")]
    assert expected == in_short(found)


def test_ends_are_shown_in_words() -> None:
    """Both, with the reason for which no client can be made."""
    (move,) = told(NO_CLIENT, raised(error(attributes={"status_code": 200, "type": None})))
    reason = "cannot construct the client: TypeError: __init__() got an unexpected argument 'proxies'"
    assert (reason, "200 APIStatusError") == (move.before, move.after)


@pytest.mark.parametrize("before", sorted(NO_CALL))
@pytest.mark.parametrize("after", sorted(NO_CALL))
def test_why_a_call_cannot_be_made_is_told_with_the_release(before: Outcome, after: Outcome) -> None:
    """And not with each of its calls."""
    assert [] == told(ended(before, requests=1), ended(after))


def test_what_a_call_that_appears_does_is_not_told() -> None:
    """There is nothing to hold it against."""
    assert ["outcome"] == [move.facet for move in told(LACKS, raised(connection="open"))]


def test_an_answer_that_is_not_whole_is_no_silence() -> None:
    """A retry that gave an answer is told as one, on whichever call; what is missing of it is for a verdict to say."""
    after = completed(stop_reason=None, requests=2)
    surfaces = (MAIN, "messages.stream.text_stream")
    found = [in_short(told(raised(), after, RETRIED, surface)) for surface in surfaces]
    assert [[(GAINED, "a call that failed completes now")]] * 2 == found


# What catches the exception.

NAMED = {"exported": True}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            error("anthropic.InternalServerError", *STATUS),
            error("anthropic.OverloadedError", *STATUS),
            [(UNCAUGHT, "the error is no longer caught as anthropic.InternalServerError")],
            id="a class makes room for another",
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
            id="a class of its own appears",
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
            id="built-in classes are told as they are written",
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
            id="a class that moves within the SDK",
        ),
        pytest.param(
            error("anthropic._exceptions.OverloadedError", *STATUS, exported=False),
            error("anthropic.OverloadedError", *STATUS),
            [(GAINED, "anthropic.OverloadedError is exported now")],
            id="a class that is exported",
        ),
        pytest.param(
            error("anthropic.OverloadedError", *STATUS),
            error("anthropic._exceptions.OverloadedError", *STATUS, exported=False),
            [(LOST, "anthropic.OverloadedError is no longer exported")],
            id="a class that is no longer exported",
        ),
        pytest.param(
            error("anthropic._exceptions.OverloadedError", *STATUS, exported=False),
            error("anthropic.APIStatusError", *ROOTS),
            [(UNCAUGHT, "the error is no longer caught as anthropic.OverloadedError")],
            id="another class is not one that is exported now",
        ),
    ],
)
def test_what_catches_an_exception(before: Raised, after: Raised, expected: list[tuple[Severity, str]]) -> None:
    """Every class that caught it and does not is a loss, by the name of the farthest one; the first has the rest."""
    assert expected == of(before, after)


def test_nobody_read_anything_off_an_accident() -> None:
    """What an error of the SDK has is not told beside that it is one now."""
    accident = error("builtins.RuntimeError", "builtins.Exception", text="boom")
    after = error(attributes={"status_code": 200}, text="other", pickles="same")
    assert [(ALTERED, "the error is now an SDK error, not RuntimeError")] == of(accident, after)


def test_classes_are_shown_by_name() -> None:
    """The class itself, whichever of its bases is meant."""
    (move,) = told(
        raised(error("anthropic.InternalServerError", *STATUS)), raised(error("anthropic.OverloadedError", *STATUS))
    )
    assert ("class", "anthropic.InternalServerError", "anthropic.OverloadedError") == (
        move.facet,
        move.before,
        move.after,
    )


# What can be read off it.

ATTRIBUTES = ("status_code", "type", "request_id", "body")


def having(name: str, value: Any) -> Raised:
    """An exception with this attribute, or without it."""
    if name in ("body", "message", "text"):
        return error(**{name: value})
    return error(attributes={} if value is UNSET else {name: value})


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize(
    ("before", "after", "severity", "what"),
    [
        pytest.param(UNSET, "x", GAINED, "appears", id="appears"),
        pytest.param(UNSET, None, GAINED, "appears", id="appears as None"),
        pytest.param(None, "x", GAINED, "has a value now, it was None", id="is filled"),
        pytest.param("x", UNSET, LOST, "is gone", id="goes"),
        pytest.param(None, UNSET, LOST, "is gone", id="None goes"),
        pytest.param("x", None, LOST, "is None now", id="is emptied"),
        pytest.param("x", "y", ALTERED, "has another value", id="another text"),
        pytest.param(200, 529, ALTERED, "has another value", id="another number"),
        pytest.param({"a": 1}, {"a": True}, ALTERED, "has another value", id="True is not 1"),
        pytest.param({"a": 1}, [1], ALTERED, "has another value", id="another shape"),
        pytest.param("", None, LOST, "is None now", id="empty is not None"),
        pytest.param("x", "", ALTERED, "has another value", id="None is not empty"),
        pytest.param(1, 0, ALTERED, "has another value", id="None is not zero"),
    ],
)
def test_an_attribute(name: str, before: Any, after: Any, severity: Severity, what: str) -> None:
    """None is not absent, and absent is not None: reading the one gives nothing, reading the other crashes."""
    assert [(name, severity, f"error.{name} {what}")] == [
        (move.facet, move.severity, move.what)
        for move in told(raised(having(name, before)), raised(having(name, after)))
    ]


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize(("before", "after"), [("529", 529), ("null", None), (ABSENT, UNSET)])
def test_values_that_only_look_alike(name: str, before: Any, after: Any) -> None:
    """A number in a text is not the number: `== 529` says no."""
    assert [name] == [move.facet for move in told(raised(having(name, before)), raised(having(name, after)))]


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize("value", [UNSET, None, "", 0, {"b": 1, "a": [None]}])
def test_an_attribute_that_is_as_it_was(name: str, value: Any) -> None:
    """Nothing is said of it."""
    assert [] == of(having(name, value), having(name, value))


def test_the_order_of_keys_in_a_body_is_none() -> None:
    """Objects are compared as they are written, and written in one order."""
    assert [] == of(error(body={"a": 1, "b": 2}), error(body={"b": 2, "a": 1}))


@pytest.mark.parametrize(("name", "label"), [("message", "error.message"), ("text", "str() of the error")])
def test_a_message_that_differs(name: str, label: str) -> None:
    """It is for people to read: nothing that was right breaks."""
    (found,) = of(having(name, "one"), having(name, "other"))
    assert ((MESSAGE, f"{label} differs"), False) == (found, found[0] in WORSE)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("one", UNSET, (LOST, "error.message is gone"), id="goes"),
        pytest.param(UNSET, "one", (GAINED, "error.message appears"), id="appears"),
    ],
)
def test_a_message_that_goes(before: Any, after: Any, expected: tuple[Severity, str]) -> None:
    """To read an attribute that is not there crashes, whatever it was for."""
    assert [expected] == of(having("message", before), having("message", after))


def test_what_is_read_off_is_shown() -> None:
    """Text as it is, everything else as JSON, and what is not there by that word."""
    before = error(attributes={"type": "api_error"}, body={"a": None})
    after = error(attributes={"status_code": 200}, body=None)
    found = {move.facet: (move.before, move.after) for move in told(raised(before), raised(after))}
    expected = {"status_code": (ABSENT, "200"), "type": ("api_error", ABSENT), "body": ('{"a":null}', "null")}
    assert expected == found


def test_what_is_read_off_is_told_in_one_order() -> None:
    """The most used first."""
    before, after = error(text="a", message="a", body=1), error(text="b", message="b", body=2)
    attributes: dict[str, Any] = {"request_id": "r", "type": "t", "status_code": 1}
    after = msgspec.structs.replace(after, attributes=attributes)
    facets = [move.facet for move in told(raised(before), raised(after))]
    assert ["status_code", "type", "request_id", "body", "message", "text"] == facets


# Whether it survives.


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
def test_survival(facet: str, verb: str, before: str, after: str, severity: Severity, what: str) -> None:
    """An error that comes back from a worker process as it was, or does not."""
    found = of(error(**{facet: before}), error(**{facet: after}))
    assert [(severity, what.format(verb=verb))] == found


def test_the_chain_of_causes_is_a_detail() -> None:
    """It is shown from the nearest on."""
    causes = (Cause(how="cause", name="httpcore.ReadError", text="cut"), Cause(how="context", name="OSError", text=""))
    (move,) = told(raised(error(causes=causes)), raised(error()))
    assert (DETAIL, "httpcore.ReadError: cut <- OSError: ", "none") == (move.severity, move.before, move.after)


# What was delivered, and what is left behind.


@pytest.mark.parametrize(
    ("before", "after", "severity", "what"),
    [
        ("Hello world", "Hello", LOST, "less text is delivered"),
        ("Hello", "", LOST, "less text is delivered"),
        ("", "Hello", GAINED, "more text is delivered"),
        ("Hello", "Hello world", GAINED, "more text is delivered"),
        ("Hello", "world", ALTERED, "different text is delivered"),
        ("Hello world", "world", ALTERED, "different text is delivered"),
        ("Hello", "world, and more", ALTERED, "different text is delivered"),
    ],
)
def test_delivered_text(before: str, after: str, severity: Severity, what: str) -> None:
    """A beginning of what was delivered is less, what has it for a beginning is more; however the call ends."""
    found = [in_short(told(make(before), make(after))) for make in (completed, _raised_after)]
    assert [[(severity, what)]] * 2 == found


def _raised_after(text: str) -> Observation:
    return raised(delivered=Delivery(events=("message_start",), text=text, stop_reason="end_turn"))


def test_events_that_carry_no_text_are_a_detail() -> None:
    """Few callers read them."""
    before, after = (Delivery(events=events, text="") for events in (("ping",), ("ping", "message_stop")))
    assert [(DETAIL, "different events are delivered")] == in_short(
        told(raised(delivered=before), raised(delivered=after))
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
            id="a final message",
        ),
        pytest.param(
            raised(final=FinalMessage(text="Hello")),
            raised(),
            "final",
            "the helper's final message differs",
            id="no final message any more",
        ),
        pytest.param(
            raised(requests=1), raised(requests=3), "requests", "the number of requests differs", id="requests"
        ),
    ],
)
def test_what_else_a_call_gives(before: Observation, after: Observation, facet: str, what: str) -> None:
    """Is another, in both directions."""
    expected = [(facet, ALTERED, what)]
    for one, other in ((before, after), (after, before)):
        assert expected == [(move.facet, move.severity, move.what) for move in told(one, other)]


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
def test_the_connection(before: str, after: str, severity: Severity, what: str) -> None:
    """Whether it leaks is what counts: a process runs out of them."""
    found = in_short(told(raised(connection=before), raised(connection=after)))
    assert [(severity, what)] == found


def test_a_connection_of_which_nothing_is_known_may_leak_still() -> None:
    """What was not seen is no gain."""
    assert [DETAIL] == [move.severity for move in told(raised(connection="open"), raised(connection=""))]


@pytest.mark.parametrize(
    "facet",
    [
        {"remedy": RemedyResult(outcome="passed")},
        {"handlers": {"any-exception": "fail"}},
    ],
)
def test_what_is_made_of_a_call_is_no_facet_of_it(facet: dict[str, Any]) -> None:
    """Decisions and the remedy follow from what the caller sees; what they are worth is told by `changes`."""
    assert [] == told(raised(), raised(**facet))


# What holds for all of them.

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
def test_the_way_back(before: Observation, after: Observation, scenario: str, there: Severity, back: Severity) -> None:
    """What is lost on the way there is gained on the way back, with the values the other way round."""
    (one,), (other,) = told(before, after, scenario), told(after, before, scenario)
    assert ((there, back), (one.before, one.after)) == ((one.severity, other.severity), (other.after, other.before))


@given(IN_SUITE, observations(TOLD), observations(TOLD))
@RELAXED
def test_nothing_is_refused(call: Call, before: Observation, after: Observation) -> None:
    """Of any two observations of calls that ended, or can't be made, something is said or nothing is."""
    for move in facet_changes(ANTHROPIC, call, before, after):
        assert move.what
        assert move.before != move.after or move.facet in ("class", "exported", *ATTRIBUTES)


@given(IN_SUITE, observations(TOLD))
@RELAXED
def test_of_two_that_are_the_same_nothing_is_said(call: Call, seen: Observation) -> None:
    """Be it another object."""
    again = msgspec.json.decode(msgspec.json.encode(seen), type=Observation)
    assert [] == list(facet_changes(ANTHROPIC, call, seen, again))


@given(IN_SUITE, observations(ENDED), observations(ENDED))
@RELAXED
def test_the_way_back_is_about_the_same_facets(call: Call, before: Observation, after: Observation) -> None:
    """But for accidents, of which nothing is read off on the way to an error of the SDK."""
    kinds = {"anthropic.APIError" in one.exception.bases for one in (before, after) if one.exception is not None}
    assume(len(kinds) < 2)
    there = [(move.facet, move.before, move.after) for move in facet_changes(ANTHROPIC, call, before, after)]
    assert there == [(move.facet, move.after, move.before) for move in facet_changes(ANTHROPIC, call, after, before)]


FACETS = ("exception", "delivered", "final", "connection", "requests")
"""What a caller meets of a call that raised."""


@given(IN_SUITE, observations([Outcome.RAISED]), observations([Outcome.RAISED]), st.sampled_from(FACETS))
@RELAXED
def test_every_facet_that_is_another_is_told(call: Call, before: Observation, other: Observation, facet: str) -> None:
    """Each by itself; but where in the SDK a class is kept, if it can be named as before."""
    after = msgspec.structs.replace(before, **{facet: getattr(other, facet)})
    assert before.exception is not None
    assert after.exception is not None
    exceptions = [
        msgspec.structs.replace(one, name=one.name.replace("_exceptions.", ""))
        for one in (before.exception, after.exception)
    ]
    assume(facet != "exception" or msgspec.json.encode(exceptions[0]) != msgspec.json.encode(exceptions[1]))
    assume(facet == "exception" or getattr(before, facet) != getattr(after, facet))
    assert [] != list(facet_changes(ANTHROPIC, call, before, after))


@given(exceptions(), exceptions())
@RELAXED
def test_a_loss_is_named_once(before: Raised, after: Raised) -> None:
    """There is one thing to say of what catches an exception, however many classes that are."""
    facets = [move.facet for move in told(raised(before), raised(after))]
    assert len(facets) == len(set(facets))


def test_severities_begin_with_the_worst() -> None:
    """What can break code that worked comes before what can't."""
    assert [True] * len(WORSE) + [False] * (len(SEVERITIES) - len(WORSE)) == [one in WORSE for one in SEVERITIES]
    assert {HEARD, GAINED, MESSAGE, DETAIL} == set(SEVERITIES) - WORSE


def test_the_flaky_are_not_for_here() -> None:
    """Whoever compares leaves out what was not the same each time."""
    assert FLAKY.outcome not in TOLD
