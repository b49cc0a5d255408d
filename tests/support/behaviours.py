"""Build small observations, behaviours, results and stores, for tests that compare two of them or summarise many."""

import datetime as dt
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from matrix.catalogue.steps import WHOLE_TEXT
from matrix.model import DEFAULT_PYTHON, Cell, Distribution, Lane, Lock, Release
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
from matrix.store.documents import address
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.summary import summarise

RELAXED: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
"""Examples have no deadline: the machine may be busy with a sweep."""

MAIN: Final = "messages.create"
MID, CLEAN, CUT, RESET = "mid-overloaded_error", "clean", "eof-mid", "reset"

ROOTS: Final = ("anthropic.APIError", "anthropic.AnthropicError", "builtins.Exception", "builtins.BaseException")
"""The base classes of every SDK error that a server causes."""

STATUS: Final = ("anthropic.APIStatusError", *ROOTS)
"""The base classes of every SDK error with a class for its status."""

INTERNAL: Final = ("anthropic.InternalServerError", *STATUS)

READ_ERROR: Final = tuple(f"httpx.{name}" for name in ("NetworkError", "TransportError", "RequestError", "HTTPError"))
"""The base classes of `httpx.ReadError`, without `Exception`."""


def error(name: str = STATUS[0], *bases: str, **facets: Any) -> Raised:
    """Build an exception of a class; by default, the SDK's class for a status of 200."""
    plain: dict[str, Any] = {"exported": True, "attributes": {}, "text": "what it says"}
    return Raised(name=name, bases=bases or ROOTS, **plain | facets)


def raised(exception: Raised | None = None, **facets: Any) -> Observation:
    """Build the observation of a call that delivered some text and raised."""
    plain: dict[str, Any] = {"delivered": Delivery(events=("message_start",), text="Hello"), "requests": 1}
    return Observation(outcome=Outcome.RAISED, exception=exception or error(), **plain | facets)


def completed(text: str = WHOLE_TEXT, stop_reason: str | None = "end_turn", **facets: Any) -> Observation:
    """Build the observation of a call that completed with this text."""
    delivered = Delivery(events=("message_start",), text=text, stop_reason=stop_reason)
    plain: dict[str, Any] = {"delivered": delivered, "requests": 1}
    return Observation(outcome=Outcome.COMPLETED, **plain | facets)


def ended(outcome: Outcome, **facets: Any) -> Observation:
    """Build the observation of a call that ended in another way."""
    return Observation(outcome=outcome, **facets)


HANGS: Final = ended(Outcome.TIMED_OUT, requests=1)
LACKS: Final = ended(Outcome.UNSUPPORTED)
FLAKY: Final = ended(Outcome.FLAKY, counts={"timed-out": 2, "completed": 1})
NO_CLIENT: Final = ended(
    Outcome.CANNOT_CONSTRUCT,
    exception=error("builtins.TypeError", "builtins.Exception", text="__init__() got an unexpected argument 'proxies'"),
)


def on(observation: Observation, scenario: str = MID, *surfaces: str) -> Behaviour:
    """Build a behaviour with one observation of a scenario on these surfaces, by default on the main surface."""
    return {Call(surface, scenario): observation for surface in surfaces or (MAIN,)}


# Releases and their results


def release(version: str, day: int = 1, **facts: Any) -> Release:
    """Build a release that was uploaded on this day of January 2024, or of later months."""
    return Release(
        version=version,
        uploaded=dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(day - 1),
        wheels=(Distribution(filename=f"anthropic-{version}-py3-none-any.whl"),),
        **facts,
    )


def catalogue(*versions: str) -> dict[str, Release]:
    """Build releases by version, uploaded a day apart in this order."""
    return {version: release(version, day) for day, version in enumerate(versions, start=1)}


def cell(version: str, lane: Lane = Lane.TODAY, extra: str = "") -> Cell:
    """Build a plain cell of the default Python."""
    return Cell(version, lane, DEFAULT_PYTHON, extra)


def lock(**pins: str) -> Lock:
    """Build a lock of the SDK and these packages."""
    names = ("anthropic==1.0.0", *(f"{name}=={version}" for name, version in sorted(pins.items())))
    return Lock(names, dict.fromkeys(names, ("0" * 64,)))


PROVENANCE: Final = Provenance(
    measured=dt.date(2026, 1, 2), interpreter="CPython 3.11.7", system="Linux x86_64", uv="0.8.0"
)


def result(behaviour: Behaviour, **facets: Any) -> Result:
    """Build the result of a cell in which the suite was played."""
    plain: dict[str, Any] = {"suite": ANTHROPIC.digest, "outcome": Outcome.COMPLETED, "lock": lock(httpx="0.28.1")}
    return Result(provenance=PROVENANCE, behaviour=behaviour, **plain | facets)


def not_played(outcome: Outcome = Outcome.CANNOT_IMPORT, reason: str = "builtins.ImportError: no such name") -> Result:
    """Build the result of a cell in which the suite could not be played."""
    return result({}, outcome=outcome, reason=reason)


def fill(
    folder: Path, releases: Mapping[str, Release], results: Mapping[Cell, Result], *, judged: bool = True
) -> Store:
    """Write a store with these releases and results, judged or not."""
    store = Store(folder, ANTHROPIC)
    with store.writing():
        store.put_releases(releases)
        for cell, result in results.items():
            store.put(cell, result)
        if judged:
            store.put_judgements(
                {digest: summarise(ANTHROPIC, store.behaviour(digest)) for digest in store.behaviours()}
            )
    return store


def digest_of(behaviour: Behaviour) -> str:
    """Compute the digest that names a behaviour in a store."""
    return address({str(call): observation for call, observation in sorted(behaviour.items())})


# Strategies for observations of a probe

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
"""Exception classes with their base classes."""


@st.composite
def exceptions(draw: st.DrawFn) -> Raised:
    """Draw an exception as a probe may report it."""
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
    """Draw the observation of a call that ends in one of these ways."""
    outcome = draw(st.sampled_from(tuple(outcomes)))
    if outcome in NO_CALL:
        return ended(outcome)
    if outcome not in (Outcome.RAISED, Outcome.COMPLETED):
        return ended(outcome, requests=draw(st.integers(0, 1)))
    delivered = Delivery(
        events=draw(st.sampled_from([(), ("message_start",), ("message_start", "message_stop")])),
        text=draw(st.sampled_from(["", "Hello", WHOLE_TEXT, "Other"])),
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
"""Some calls of the suite, of every kind."""


def behaviours(outcomes: Collection[Outcome] = tuple(Outcome)) -> st.SearchStrategy[Behaviour]:
    """Draw the observations of some calls."""
    return st.dictionaries(st.sampled_from(CALLS), observations(outcomes), max_size=5)
