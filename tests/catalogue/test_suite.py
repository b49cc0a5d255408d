"""Which calls a cell is asked to make, within its budget, and what the digest of the suite tells apart."""

import re
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import pytest

from matrix.catalogue import suite
from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.sse import Dialect
from matrix.catalogue.steps import Completes, Family, Pause, Scenario, Text
from matrix.catalogue.suite import WHOLE, Suite, SuitePart
from matrix.catalogue.surfaces import Plays, Shows
from matrix.observation import Call
from matrix.targets import ANTHROPIC
from matrix.verdicts.verdict import control_for

CORE: Final = ("messages.create", "messages.create-async", "messages.stream", "messages.stream-async")
"""What people call: these play everything."""

OTHER_DIALECTS: Final = (
    "completions.create",
    "completions.create-async",
    "completion_stream",
    "completion_stream-async",
)
"""These play all that their dialect has."""

PLAIN: Final = ANTHROPIC.suite.calls()


@cache
def played(surface: str) -> tuple[str, ...]:
    """The scenarios that are played on a surface."""
    return tuple(
        call.scenario
        for call in ANTHROPIC.suite.calls(extra=ANTHROPIC.surfaces[surface].extra)
        if call.surface == surface
    )


# The budget


def test_a_cell_is_about_a_thousand_calls() -> None:
    """What a cell costs is what it is asked; a surface or a scenario more wants another one less, or a reason."""
    assert 1000 <= len(PLAIN) <= 1200


def test_a_cell_with_an_extra_is_a_few_calls() -> None:
    """It is there for what the extra changes, and measures nothing else again."""
    assert {"aiohttp": True} == {
        extra: len(ANTHROPIC.suite.calls(extra=extra)) <= 50 for extra in ANTHROPIC.suite.extras
    }


@pytest.mark.parametrize("surface", CORE)
def test_a_core_surface_plays_the_whole_catalogue(surface: str) -> None:
    """In its order: controls first."""
    assert tuple(CATALOGUE) == played(surface)


@pytest.mark.parametrize("surface", OTHER_DIALECTS)
def test_a_surface_of_another_dialect_plays_all_that_its_dialect_has(surface: str) -> None:
    """Events that exist in the Messages API alone are not among them."""
    assert tuple(id_ for id_, scenario in CATALOGUE.items() if not scenario.messages_only) == played(surface)


@pytest.mark.parametrize("surface", [id_ for id_ in ANTHROPIC.surfaces if id_ not in (*CORE, *OTHER_DIALECTS)])
def test_any_other_surface_plays_a_part(surface: str) -> None:
    """It shares its way of reading a stream with a core one: a few calls show whether it does."""
    assert 3 <= len(played(surface)) <= 25


def test_a_client_that_may_retry_plays_what_a_retry_changes() -> None:
    """With a clean stream, an error and an unknown scenario to compare with."""
    expected = {"clean", "unknown", "mid-overloaded_error", "http-529-then-ok", "mid-then-ok", "reset-then-ok"}
    retrying = [id_ for id_, surface in ANTHROPIC.surfaces.items() if surface.plays is Plays.RETRIES]
    assert dict.fromkeys(retrying, frozenset(expected)) == {id_: set(played(id_)) for id_ in retrying}
    assert ["with_options.messages.create", "with_options.messages.create-async"] == retrying


def test_every_scenario_is_played_on_a_core_surface_of_each_kind() -> None:
    """One that nobody plays is a promise that nobody keeps."""
    made = set(PLAIN)
    assert [] == [id_ for id_ in CATALOGUE for surface in CORE if Call(surface, id_) not in made]


def test_every_surface_plays_something_and_what_is_believed_first() -> None:
    """A clean stream and an unknown scenario: the controls without which nothing of it is believed."""
    assert [] == [id_ for id_ in ANTHROPIC.surfaces if not {"clean", "unknown"} <= set(played(id_))]


def test_what_the_messages_api_alone_has_is_played_on_no_other_dialect() -> None:
    """There are no such events, and what a server would send instead is another scenario."""
    asked = [
        call
        for extra in ("", *ANTHROPIC.suite.extras)
        for call in ANTHROPIC.suite.calls(extra=extra)
        if CATALOGUE[call.scenario].messages_only
    ]
    assert {Dialect.MESSAGES} == {ANTHROPIC.surfaces[call.surface].dialect for call in asked}


@pytest.mark.parametrize("extra", ["", *ANTHROPIC.suite.extras])
def test_calls_of_an_extra_are_made_in_cells_with_it_and_in_no_other(extra: str) -> None:
    """Without the extra they would be unsupported; with it, the others would be measured twice."""
    assert {extra} == {ANTHROPIC.surfaces[call.surface].extra for call in ANTHROPIC.suite.calls(extra=extra)}


def test_an_extra_that_nobody_has_a_surface_for_has_no_calls() -> None:
    """A cell with it would measure nothing."""
    assert () == ANTHROPIC.suite.calls(extra="vertex")
    assert ("aiohttp",) == ANTHROPIC.suite.extras


@pytest.mark.parametrize("extra", ["", *ANTHROPIC.suite.extras])
def test_no_call_is_made_twice(extra: str) -> None:
    """Surface by surface, and on each in the order of the catalogue."""
    made = ANTHROPIC.suite.calls(extra=extra)
    assert [] == [call for call, count in Counter(made).items() if count > 1]
    order = {id_: number for number, id_ in enumerate(CATALOGUE)}
    places = [(list(ANTHROPIC.surfaces).index(call.surface), order[call.scenario]) for call in made]
    assert sorted(places) == places


@pytest.mark.parametrize("surface", ANTHROPIC.surfaces)
def test_what_is_judged_by_a_control_is_played_with_it(surface: str) -> None:
    """On the same surface, or on the main one of the same client; a cell with an extra has no main one."""
    main = "messages.create-async" if surface.endswith("-async") else "messages.create"
    controls = {
        id_: control
        for id_ in played(surface)
        if (control := control_for(CATALOGUE[id_])) and CATALOGUE[id_].family is not Family.CONTROL
    }
    elsewhere = () if ANTHROPIC.surfaces[surface].extra else played(main)
    assert {} == {id_: control for id_, control in controls.items() if control not in [*played(surface), *elsewhere]}


def test_surfaces_come_for_both_clients() -> None:
    """Sync and async alike, and named so; over aiohttp there is an async client alone."""
    plain = [id_ for id_, surface in ANTHROPIC.surfaces.items() if not surface.extra]
    sync = [id_ for id_ in plain if not id_.endswith("-async")]
    assert [name for id_ in sync for name in (id_, f"{id_}-async")] == plain
    for id_ in sync:
        one, other = ANTHROPIC.surfaces[id_], ANTHROPIC.surfaces[f"{id_}-async"]
        assert one.title.removesuffix(", sync") == other.title.removesuffix(", async")
        assert msgspec.structs.replace(one, title="") == msgspec.structs.replace(other, title="")
    assert all(id_.endswith("-async") for id_, surface in ANTHROPIC.surfaces.items() if surface.extra)


def test_no_two_surfaces_have_one_title() -> None:
    """People know them by it."""
    titles = Counter(surface.title for surface in ANTHROPIC.surfaces.values())
    assert [] == [title for title, count in titles.items() if count > 1]


def test_what_shows_no_events_is_a_way_to_take_the_helper() -> None:
    """Everything else gives its caller an iterator of events."""
    silent = {id_.removesuffix("-async"): surface.shows for id_, surface in ANTHROPIC.surfaces.items()}
    assert {
        "messages.stream.get_final_message": Shows.MESSAGE,
        "messages.stream.get_final_text": Shows.TEXT,
        "messages.stream.text_stream": Shows.TEXT,
        "messages.stream.until_done": Shows.NOTHING,
    } == {id_: shows for id_, shows in silent.items() if shows is not Shows.EVENTS}


def test_a_call_has_time_for_the_slowest_scenario() -> None:
    """What a scenario lasts, by its pauses or by its client's patience, fits into the deadline five times."""
    slowest = max(
        max(sum(step.seconds for step in scenario.steps if isinstance(step, Pause)), scenario.timeout or 0)
        for scenario in CATALOGUE.values()
    )
    assert slowest * 5 < suite.DEADLINE


# Parts


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (SuitePart(scenarios=["clean"], surfaces=["messages.create"]), [("messages.create", "clean")]),
        (
            SuitePart(scenarios=["reset", "clean"], surfaces=["messages.stream", "messages.create"]),
            [
                ("messages.create", "clean"),
                ("messages.create", "reset"),
                ("messages.stream", "clean"),
                ("messages.stream", "reset"),
            ],
        ),
        (SuitePart(scenarios=["tool-block"], surfaces=["completions.create"]), []),
        (SuitePart(scenarios=["reset-then-ok"], surfaces=["beta.messages.create"]), []),
        (SuitePart(scenarios=["clean"], surfaces=["aiohttp.messages.create-async"]), []),
        (SuitePart(scenarios=["no-such-scenario"]), []),
        (SuitePart(surfaces=["no-such-surface"]), []),
    ],
)
def test_a_part_is_what_it_names_and_the_suite_has(part: SuitePart, expected: list[tuple[str, str]]) -> None:
    """In the order of the suite, whatever its own; what the suite does not play is not in it."""
    assert [Call(*pair) for pair in expected] == list(ANTHROPIC.suite.calls(part))


def test_a_part_of_one_kind_is_every_call_of_that_kind() -> None:
    """Naming surfaces or scenarios alone leaves the other free."""
    assert [call for call in PLAIN if call.scenario == "reset"] == list(
        ANTHROPIC.suite.calls(SuitePart(scenarios=["reset"]))
    )
    assert [call for call in PLAIN if call.surface == CORE[0]] == list(
        ANTHROPIC.suite.calls(SuitePart(surfaces=[CORE[0]]))
    )


def test_the_whole_is_the_part_that_names_nothing() -> None:
    """For plain cells and for those with an extra."""
    assert (PLAIN, ANTHROPIC.suite.calls(extra="aiohttp")) == (
        ANTHROPIC.suite.calls(WHOLE),
        ANTHROPIC.suite.calls(WHOLE, "aiohttp"),
    )
    expected = (Call("aiohttp.messages.create-async", "clean"), Call("aiohttp.messages.stream-async", "clean"))
    assert expected == ANTHROPIC.suite.calls(SuitePart(scenarios=["clean"]), "aiohttp")


# The digest


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    """A copy of the probe, to be changed, with a copy of the remedy beside it."""
    shutil.copytree(ANTHROPIC.probe, tmp_path / "probe")
    assert ANTHROPIC.remedy is not None
    shutil.copy(ANTHROPIC.remedy, tmp_path / "remedy.py")
    return tmp_path / "probe"


def fresh(probe: Path | None = None, suite: Suite | None = None) -> str:
    """The digest, worked out again, of the target with another probe or another suite."""
    target = (
        ANTHROPIC
        if probe is None
        else msgspec.structs.replace(ANTHROPIC, folder=probe.parent, remedy=probe.with_name("remedy.py"))
    )
    target = msgspec.structs.replace(target)  # without what was worked out before
    if suite is not None:
        target.__dict__["suite"] = suite
    return target.digest


def with_catalogue(catalogue: dict[str, Scenario]) -> Suite:
    """The suite with other scenarios."""
    return msgspec.structs.replace(ANTHROPIC.suite, catalogue=catalogue)


SUITE: Final = fresh()


def test_a_suite_is_named_by_sixteen_digits() -> None:
    """And it is the same each time."""
    assert re.fullmatch("[0-9a-f]{16}", SUITE)
    assert [SUITE, SUITE] == [ANTHROPIC.digest, fresh()]


def test_a_suite_is_the_same_wherever_its_sources_lie(probe: Path) -> None:
    """No path is part of what was measured with, and neither are line ends nor what Python leaves behind."""
    assert SUITE == fresh(probe)
    for source in (*probe.rglob("*.py"), probe.with_name("remedy.py")):
        source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    (probe / "__pycache__").mkdir(exist_ok=True)
    (probe / "__pycache__" / "probe_facets.cpython-311.pyc").write_bytes(b"compiled")
    (probe / "notes.txt").write_text("No source.", encoding="utf-8")
    assert SUITE == fresh(probe)


@pytest.mark.parametrize(
    "name",
    [
        "probe/__main__.py",
        "probe/midstream_patch.py",
        "probe/probe_bytecode.py",
        "probe/probe_facets.py",
        "probe/probe_handlers.py",
        "probe/probe_surfaces.py",
        "probe/handlers/class-overloaded.py",
        "probe/handlers/remedy.py",
        "remedy.py",
    ],
)
def test_a_changed_source_is_another_suite(probe: Path, name: str) -> None:
    """A comment is enough: nobody can tell which byte mattered."""
    with (probe.parent / name).open("a", encoding="utf-8") as source:
        source.write("# changed\n")
    assert SUITE != fresh(probe)


def test_another_handler_is_another_suite(probe: Path) -> None:
    """One more, one less, or one of another name; with what was there, it is the old one again."""
    handler = probe / "handlers" / "status-set.py"
    source, found = handler.read_bytes(), []
    (probe / "handlers" / "status-set-too.py").write_bytes(source)
    found.append(fresh(probe))
    handler.unlink()
    found.append(fresh(probe))
    (probe / "handlers" / "status-set-too.py").unlink()
    found.append(fresh(probe))
    assert 4 == len({SUITE, *found})
    handler.write_bytes(source)
    assert SUITE == fresh(probe)


def test_another_deadline_is_another_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that took longer was a hang in one and an answer in the other."""
    monkeypatch.setattr(suite, "DEADLINE", suite.DEADLINE + 1)
    assert SUITE != fresh()


@pytest.mark.parametrize(
    "change",
    [
        {"steps": CATALOGUE["mid-overloaded_error"].steps},
        {"then": CATALOGUE["clean"].steps[:1]},
        {"timeout": 0.5},
        {"messages_only": True},
        {"id": "cleaner"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_wire_is_another_suite(change: dict[str, object]) -> None:
    """What is sent, at each attempt, how long the client waits, and which calls are made."""
    changed = msgspec.structs.replace(CATALOGUE["clean"], **change)
    catalogue = {scenario.id: scenario for scenario in (changed, *CATALOGUE.values()) if scenario.id != "clean"}
    catalogue = {changed.id: changed, **catalogue}
    assert SUITE != fresh(suite=with_catalogue(catalogue))


def test_what_is_only_said_or_judged_is_no_part_of_the_suite() -> None:
    """A new rule, a new title or a new source needs no new run."""
    changed = msgspec.structs.replace(
        CATALOGUE["reset"], title="Another.", ideal=Completes(), text=Text.ALL, retry=False, control="clean", sources=()
    )
    assert SUITE == fresh(suite=with_catalogue({**CATALOGUE, "reset": changed}))
