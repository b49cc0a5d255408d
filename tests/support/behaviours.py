"""Small observations, behaviours, results and stores, for the tests of what is said about two of them or about many."""

import datetime as dt
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from matrix.model import Cell, Distribution, Lane, Lock, Release
from matrix.observation import (
    NO_CALL,
    Behaviour,
    Call,
    Cause,
    Delivery,
    FinalMessage,
    Observation,
    Outcome,
    Provenance,
    Raised,
    Result,
)
from matrix.releases.selection import DEFAULT_PYTHON
from matrix.store.documents import address
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.summary import summarise
from matrix.verdicts.verdict import FULL_TEXT

RELAXED: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
"""No example is held to a time: the machine may be busy with a sweep."""

MAIN: Final = "messages.create"
MID, CLEAN, CUT, RESET = "mid-overloaded_error", "clean", "eof-mid", "reset"

ROOTS: Final = ("anthropic.APIError", "anthropic.AnthropicError", "builtins.Exception", "builtins.BaseException")
"""Behind every error of the SDK that a server sends."""

STATUS: Final = ("anthropic.APIStatusError", *ROOTS)
"""Behind every one that has a class for its status."""

INTERNAL: Final = ("anthropic.InternalServerError", *STATUS)

READ_ERROR: Final = tuple(f"httpx.{name}" for name in ("NetworkError", "TransportError", "RequestError", "HTTPError"))
"""What is behind an `httpx.ReadError`, but for `Exception`."""


def error(name: str = STATUS[0], *bases: str, **facets: Any) -> Raised:
    """An exception of this class; of the SDK's for a status of 200, unless said otherwise."""
    plain: dict[str, Any] = {"exported": True, "attributes": {}, "text": "what it says"}
    return Raised(name=name, bases=bases or ROOTS, **plain | facets)


def raised(exception: Raised | None = None, **facets: Any) -> Observation:
    """A call that gave some text and raised."""
    plain: dict[str, Any] = {"delivered": Delivery(events=("message_start",), text="Hello"), "requests": 1}
    return Observation(outcome=Outcome.RAISED, exception=exception or error(), **plain | facets)


def completed(text: str = FULL_TEXT, stop_reason: str | None = "end_turn", **facets: Any) -> Observation:
    """A call that completed, and gave this."""
    delivered = Delivery(events=("message_start",), text=text, stop_reason=stop_reason)
    plain: dict[str, Any] = {"delivered": delivered, "requests": 1}
    return Observation(outcome=Outcome.COMPLETED, **plain | facets)


def ended(outcome: Outcome, **facets: Any) -> Observation:
    """A call that ended in another way."""
    return Observation(outcome=outcome, **facets)


HANGS: Final = ended(Outcome.TIMED_OUT, requests=1)
LACKS: Final = ended(Outcome.UNSUPPORTED)
FLAKY: Final = ended(Outcome.FLAKY, counts={"timed-out": 2, "completed": 1})
NO_CLIENT: Final = ended(
    Outcome.CANNOT_CONSTRUCT,
    exception=error("builtins.TypeError", "builtins.Exception", text="__init__() got an unexpected argument 'proxies'"),
)


def on(observation: Observation, scenario: str = MID, *surfaces: str) -> Behaviour:
    """The same seen of one scenario on these calls; on the main one if none is named."""
    return {Call(surface, scenario): observation for surface in surfaces or (MAIN,)}


# Releases and what is known of them.


def release(version: str, day: int = 1, **facts: Any) -> Release:
    """A release that was uploaded on this day of January 2024, or of later months."""
    return Release(
        version=version,
        uploaded=dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(day - 1),
        wheels=(Distribution(filename=f"anthropic-{version}-py3-none-any.whl"),),
        **facts,
    )


def catalogue(*versions: str) -> dict[str, Release]:
    """Releases by version, uploaded a day apart in this order."""
    return {version: release(version, day) for day, version in enumerate(versions, start=1)}


def cell(version: str, lane: Lane = Lane.TODAY, extra: str = "") -> Cell:
    """A plain cell of the default Python."""
    return Cell(version, lane, DEFAULT_PYTHON, extra)


def lock(**pins: str) -> Lock:
    """A lock of these packages, beside the SDK."""
    names = ("anthropic==1.0.0", *(f"{name}=={version}" for name, version in sorted(pins.items())))
    return Lock(names, dict.fromkeys(names, ("0" * 64,)))


PROVENANCE: Final = Provenance(
    measured=dt.date(2026, 1, 2), interpreter="CPython 3.11.7", system="Linux x86_64", uv="0.8.0"
)


def result(behaviour: Behaviour, **facets: Any) -> Result:
    """What is known of a cell in which the suite was played."""
    plain: dict[str, Any] = {"suite": ANTHROPIC.digest, "outcome": Outcome.COMPLETED, "lock": lock(httpx="0.28.1")}
    return Result(provenance=PROVENANCE, behaviour=behaviour, **plain | facets)


def not_played(outcome: Outcome = Outcome.CANNOT_IMPORT, reason: str = "builtins.ImportError: no such name") -> Result:
    """What is known of a cell in which it could not be."""
    return result({}, outcome=outcome, reason=reason)


def fill(
    folder: Path, releases: Mapping[str, Release], results: Mapping[Cell, Result], *, judged: bool = True
) -> Store:
    """Write a store that knows this, judged or not."""
    store = Store(folder, ANTHROPIC)
    with store.writing():
        store.put_releases(releases)
        for each, found in results.items():
            store.put(each, found)
        if judged:
            store.put_judgements(
                {digest: summarise(ANTHROPIC, store.behaviour(digest)) for digest in store.behaviours()}
            )
    return store


def digest_of(behaviour: Behaviour) -> str:
    """What names a behaviour in a store: two that have the same one are the same."""
    return address({str(call): observation for call, observation in sorted(behaviour.items())})


# Anything that a probe may see.

_VALUES: Final = st.sampled_from([None, True, 1, 529, 200, "529", "null", "", {"error": {"type": "api_error"}}, [1]])
_UNSET: Final = st.just(msgspec.UNSET)
_HANDLERS: Final = tuple(ANTHROPIC.handlers)[:3]
_DECISIONS: Final = st.sampled_from(["retry", "fail", "accept", "crashed: AttributeError"])

CLASSES: Final = (
    (STATUS[0], ROOTS),
    ("anthropic.InternalServerError", STATUS),
    ("anthropic.OverloadedError", STATUS),
    ("anthropic.OverloadedError", INTERNAL),
    ("anthropic._exceptions.OverloadedError", STATUS),
    ("anthropic.APIConnectionError", ROOTS),
    ("httpx.ReadError", (*READ_ERROR, "builtins.Exception")),
    ("builtins.RuntimeError", ("builtins.Exception",)),
)
"""Classes with what is behind them."""


@st.composite
def exceptions(draw: st.DrawFn) -> Raised:
    """An exception, as a probe may see it."""
    name, bases = draw(st.sampled_from(CLASSES))
    return Raised(
        name=name,
        bases=bases,
        exported=draw(st.booleans()),
        attributes=draw(st.dictionaries(st.sampled_from(["status_code", "type", "request_id"]), _VALUES)),
        text=draw(st.sampled_from(["", "one", "other"])),
        causes=draw(st.sampled_from([(), (Cause(how="cause", name="builtins.OSError", text=""),)])),
        pickles=draw(st.sampled_from(["same", "changed", "TypeError"])),
        copies=draw(st.sampled_from(["same", "changed", "TypeError"])),
        message=draw(_UNSET | st.sampled_from([None, "one", "other"])),
        body=draw(_UNSET | _VALUES),
    )


@st.composite
def observations(draw: st.DrawFn, outcomes: Collection[Outcome] = tuple(Outcome)) -> Observation:
    """What a probe may see of a call that ends in one of these ways."""
    outcome = draw(st.sampled_from(tuple(outcomes)))
    if outcome in NO_CALL:
        return ended(outcome)
    if outcome not in (Outcome.RAISED, Outcome.COMPLETED):
        return ended(outcome, requests=draw(st.integers(0, 1)))
    delivered = Delivery(
        events=draw(st.sampled_from([(), ("message_start",), ("message_start", "message_stop")])),
        text=draw(st.sampled_from(["", "Hello", FULL_TEXT, "Other"])),
        stop_reason=draw(st.sampled_from([None, "end_turn"])),
    )
    return Observation(
        outcome=outcome,
        exception=draw(exceptions()) if outcome is Outcome.RAISED else None,
        delivered=delivered,
        final=draw(st.sampled_from([None, FinalMessage(text="Hello"), FinalMessage(raised="AssertionError")])),
        connection=draw(st.sampled_from(["open", "idle", "closed"])),
        handlers={handler: draw(_DECISIONS) for handler in draw(st.sets(st.sampled_from(_HANDLERS)))},
        requests=draw(st.integers(0, 2)),
    )


CALLS: Final = tuple(
    Call(surface, scenario)
    for surface in (MAIN, f"{MAIN}-async", "messages.stream", "beta.messages.create", "completions.create")
    for scenario in (CLEAN, "unknown", "http-overloaded_error", MID, CUT, RESET, "after-stop")
    if surface in ANTHROPIC.surfaces
)
"""A few calls of the suite, of every kind."""


def behaviours(outcomes: Collection[Outcome] = tuple(Outcome)) -> st.SearchStrategy[Behaviour]:
    """What may be seen of some calls."""
    return st.dictionaries(st.sampled_from(CALLS), observations(outcomes), max_size=5)
