"""Scenarios written to a file and read again are the same."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matrix.backend.scenario_files.document import schema
from matrix.backend.scenario_files.reading import read
from matrix.backend.scenario_files.writing import write_json, write_yaml
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import (
    AnyStep,
    Barrier,
    Body,
    Close,
    Completes,
    Event,
    Family,
    Finish,
    Frame,
    Head,
    Hold,
    NoIdeal,
    Pause,
    Prelude,
    RaisesAnything,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Raw,
    Recovers,
    Reset,
    Respond,
    Rest,
    Scenario,
    Text,
    Together,
)
from matrix.catalogue.wire import compile_scenario
from matrix.targets import ANTHROPIC, OPENAI, Target

WRITERS: dict[str, Callable[[Iterable[Scenario]], bytes]] = {".yaml": write_yaml, ".json": write_json}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
lines = texts.map(lambda text: text.replace("\r", " ").replace("\n", " "))
data = st.binary(min_size=1, max_size=30)
events = st.builds(Event, lines, lines)
headers = st.lists(st.tuples(st.sampled_from(["Retry-After", "x-any"]), st.sampled_from(["2", "a b"])), max_size=2)
some_headers = headers.map(tuple)
statuses = st.integers(200, 599).filter(lambda status: status not in (204, 304))  # those have no body
streamed: st.SearchStrategy[AnyStep] = st.one_of(
    events,
    st.builds(Together, st.lists(events, min_size=1, max_size=3).map(tuple)),
    st.builds(Body, data),
    st.builds(Frame, st.just(((":event-type", "chunk"),)), texts, st.integers(0, 5), st.none() | st.integers(5, 20)),
    st.builds(Prelude, st.sampled_from(["", "\r\n"]), named=st.booleans()),
    st.just(Rest()),
    st.builds(Pause, st.floats(0, 10)),
    st.just(Barrier()),
)
heads = st.builds(
    Head, st.none(), st.sampled_from(["", "gzip"]), statuses, st.sampled_from(["", "text/html"]), some_headers
)
ends: st.SearchStrategy[AnyStep] = st.sampled_from([Close(), Reset(), Hold()])
streams = st.one_of(
    st.tuples(heads, st.lists(streamed, max_size=5), st.just(Finish()) | ends).map(lambda p: (p[0], *p[1], p[2])),
    st.tuples(heads, st.lists(streamed, max_size=5), st.builds(Raw, data), ends).map(
        lambda parts: (parts[0], *parts[1], *parts[2:])
    ),
    st.tuples(st.builds(Respond, statuses, texts, st.just("text/plain"), some_headers)),
    st.tuples(ends),
)
error_types = st.sampled_from(["overloaded_error", "api_error"])
ideals = st.one_of(
    st.just(NoIdeal()),
    st.just(Completes()),
    st.builds(RaisesStatus, error_types, st.none() | statuses),
    st.builds(RaisesSdk, texts),
    st.just(RaisesConnection()),
    st.just(RaisesAnything()),
    st.builds(Recovers, error_types, statuses),
)


@st.composite
def scenarios(draw: st.DrawFn, id_: str) -> Scenario:
    """Make any scenario that a file can describe."""
    ideal = draw(ideals)
    first, *others = draw(st.lists(streams, min_size=1, max_size=4))
    judged = not isinstance(ideal, NoIdeal)
    return Scenario(
        id=id_,
        family=Family.CUSTOM,
        title=draw(texts.filter(bool)),
        steps=first,
        then=others[0] if others else (),
        more=tuple(others[1:]),
        ideal=ideal,
        text=draw(st.sampled_from(Text)) if judged else Text.NONE,
        retry=draw(st.booleans()) if judged else False,
        only=draw(st.frozensets(st.sampled_from([Dialect.MESSAGES, Dialect.CHAT, Dialect.COMPLETIONS]), min_size=1)),
        timeout=draw(st.none() | st.floats(0.001, 60)),
        sources=tuple(draw(st.lists(texts, max_size=2))),
    )


def write_and_read(made: list[Scenario], suffix: str) -> dict[str, Scenario]:
    """Write scenarios to a file and read it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"some{suffix}")
        path.write_bytes(WRITERS[suffix](made))
        return read(path)


@pytest.mark.parametrize("suffix", WRITERS)
@given(st.tuples(scenarios("one"), scenarios("two")))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_scenario_that_is_written_is_read_again(suffix: str, made: tuple[Scenario, Scenario]) -> None:
    """Equal scenarios have equal bytes on the wire."""
    assert {"one": made[0], "two": made[1]} == write_and_read([*made], suffix)


@pytest.mark.parametrize("target", [ANTHROPIC, OPENAI], ids=lambda target: target.id)
@pytest.mark.parametrize("suffix", WRITERS)
def test_a_file_can_describe_every_scenario_of_the_catalogue(target: Target, suffix: str) -> None:
    """Its bytes, its pauses and its end are the same. Only an event that is no UTF-8 would have to be a body."""
    described = {id_: scenario for id_, scenario in target.suite.playable.items() if id_ != "bad-utf8"}
    again = write_and_read([*described.values()], suffix)
    assert described.keys() == again.keys()
    for id_, scenario in described.items():
        for dialect in scenario.dialects:
            for number in range(3):
                assert compile_scenario(scenario, dialect, number) == compile_scenario(again[id_], dialect, number)
        assert (scenario.ideal, scenario.text, scenario.retry) == (again[id_].ideal, again[id_].text, again[id_].retry)


def test_the_schema_refuses_unknown_fields() -> None:
    """A misspelled field would change nothing, and nobody would notice."""
    objects = [definition for definition in schema()["$defs"].values() if "properties" in definition]
    assert len(objects) > 20
    assert all(definition["additionalProperties"] is False for definition in objects)
