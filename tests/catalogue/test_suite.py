"""The calls that a cell makes, the budget that they keep, and the changes that change the suite's digest."""

import re
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import pytest

from matrix.catalogue import suite
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.gateway import CLOSED_BETWEEN_CALLS
from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.steps import Completes, Family, Pause, Scenario, Text
from matrix.catalogue.suite import WHOLE, Suite, SuitePart
from matrix.catalogue.surfaces import PlayedScenarios, ReturnedContent
from matrix.observation import Call
from matrix.targets import ANTHROPIC
from matrix.verdicts.verdict import control_for

CORE: Final = ("messages.create", "messages.create-async", "messages.stream", "messages.stream-async")
"""The surfaces that most people call: these play every scenario."""

OTHER_DIALECTS: Final = (
    "completions.create",
    "completions.create-async",
    "completion_stream",
    "completion_stream-async",
    "bedrock.messages.create",
    "bedrock.messages.create-async",
)
"""The surfaces that play every scenario of their own dialect."""

BEDROCK_HELPER: Final = ("bedrock.messages.stream", "bedrock.messages.stream-async")
"""The surfaces that play the scenarios of Bedrock alone, and those in which surfaces can differ."""

CLIENTS: Final = {
    "vertex": "AnthropicVertex",
    "foundry": "AnthropicFoundry",
    "aws": "AnthropicAWS",
    "mantle": "AnthropicBedrockMantle",
    "google-cloud": "AnthropicGoogleCloud",
}
"""The clients that read server-sent events as the first-party client does, by the beginning of a surface's id."""

CALLS: Final = {"": 1300, "aiohttp": 40, "bedrock": 318}
"""The calls of a plain cell, and of a cell with each extra: with `bedrock`, it is the only one that plays a dialect."""

PLAIN: Final = ANTHROPIC.suite.calls()

EVERY_CALL: Final = [call for extra in ("", *ANTHROPIC.suite.extras) for call in ANTHROPIC.suite.calls(extra=extra)]
"""The calls of a plain cell and of the cells with an extra."""


def ids_in(dialect: Dialect) -> tuple[str, ...]:
    """List the scenarios that exist in a dialect."""
    return tuple(id_ for id_, scenario in CATALOGUE.items() if dialect in scenario.dialects)


@cache
def scenarios_of(surface: str) -> tuple[str, ...]:
    """List the scenarios that a surface plays."""
    return tuple(
        call.scenario
        for call in ANTHROPIC.suite.calls(extra=ANTHROPIC.surfaces[surface].extra)
        if call.surface == surface
    )


# The budget


def test_each_kind_of_cell_makes_as_many_calls_as_are_listed() -> None:
    """Calls are the cost of a cell: another surface or scenario replaces an old one, or has a reason."""
    assert CALLS == {extra: len(ANTHROPIC.suite.calls(extra=extra)) for extra in ("", *ANTHROPIC.suite.extras)}


@pytest.mark.parametrize("surface", CORE)
def test_a_core_surface_plays_every_scenario_of_the_messages_api(surface: str) -> None:
    """The order is that of the catalogue: controls first. Scenarios that other surfaces play alone are left out."""
    confined = ANTHROPIC.suite.confined
    played = [id_ for id_ in ids_in(Dialect.MESSAGES) if surface in confined.get(id_, CORE)]
    assert played == list(scenarios_of(surface))


@pytest.mark.parametrize("surface", OTHER_DIALECTS)
def test_a_surface_of_another_dialect_plays_every_scenario_of_its_dialect(surface: str) -> None:
    """The order is that of the catalogue. Scenarios that only calls of the Messages API play are left out."""
    played = [id_ for id_ in ids_in(ANTHROPIC.surfaces[surface].dialect) if id_ not in ANTHROPIC.suite.confined]
    assert played == list(scenarios_of(surface))


@pytest.mark.parametrize("surface", BEDROCK_HELPER)
def test_the_helper_on_bedrock_plays_all_of_bedrock_s_own_scenarios(surface: str) -> None:
    """Of the others, it plays those in which surfaces can differ and that exist there."""
    bedrock = CATALOGUE["clean"].dialects - {Dialect.MESSAGES, Dialect.COMPLETIONS, Dialect.LEGACY}
    expected = [
        id_
        for id_, scenario in CATALOGUE.items()
        if scenario.dialects == bedrock or (id_ in ANTHROPIC.suite.differing and Dialect.BEDROCK in scenario.dialects)
    ]
    assert {Dialect.BEDROCK} == bedrock
    assert expected == list(scenarios_of(surface))


@pytest.mark.parametrize(
    "surface", [id_ for id_ in ANTHROPIC.surfaces if id_ not in (*CORE, *OTHER_DIALECTS, *BEDROCK_HELPER)]
)
def test_any_other_surface_plays_3_to_25_scenarios(surface: str) -> None:
    """It should read a stream as a core surface does: a few calls show whether it does."""
    assert 3 <= len(scenarios_of(surface)) <= 25


def test_a_client_that_may_retry_plays_the_scenarios_that_a_retry_changes() -> None:
    """It also plays a clean stream, an error and an unknown scenario, for comparison."""
    expected = {"clean", "unknown", "mid-overloaded_error", "http-529-then-ok", "mid-then-ok", "reset-then-ok"}
    expected |= {"http-529-retry-after", "http-529-no-retry"}
    retrying = [id_ for id_, surface in ANTHROPIC.surfaces.items() if surface.plays is PlayedScenarios.RETRIES]
    assert dict.fromkeys(retrying, frozenset(expected)) == {id_: set(scenarios_of(id_)) for id_ in retrying}
    assert ["with_options.messages.create", "with_options.messages.create-async"] == retrying


def test_a_confined_scenario_is_played_on_its_surfaces_alone() -> None:
    """Elsewhere it would show what is known, or nothing."""
    create, retrying, second = (
        {surface, f"{surface}-async"}
        for surface in ("messages.create", "with_options.messages.create", "messages.create.second-call")
    )
    expected = {
        **dict.fromkeys(("json-array-200", "openai-error", "error-then-done", "error-after-pause-turn"), create),
        "close-after-head": create,
        **dict.fromkeys(("http-529-retry-after", "http-529-no-retry"), create | retrying),
        CLOSED_BETWEEN_CALLS: second,
    }
    assert ANTHROPIC.suite.confined.keys() == expected.keys()
    assert expected == {id_: {call.surface for call in EVERY_CALL if call.scenario == id_} for id_ in expected}


def test_the_second_call_on_one_client_plays_its_controls_and_the_closed_connection() -> None:
    """Its first call is a clean stream in each of them."""
    expected = ("clean", "unknown", CLOSED_BETWEEN_CALLS)
    for surface in ("messages.create.second-call", "messages.create.second-call-async"):
        assert {*expected} == {*scenarios_of(surface)}


def test_every_surface_plays_a_clean_stream_and_an_unknown_scenario() -> None:
    """Without these two controls, no observation of the surface is trusted."""
    assert [] == [id_ for id_ in ANTHROPIC.surfaces if not {"clean", "unknown"} <= set(scenarios_of(id_))]


def test_a_scenario_of_the_messages_api_alone_is_played_in_no_other_dialect() -> None:
    """The older APIs for completions have no such events; Bedrock has."""
    calls = [call for call in EVERY_CALL if CATALOGUE[call.scenario].messages_only]
    assert {Dialect.MESSAGES, Dialect.BEDROCK} == {ANTHROPIC.surfaces[call.surface].dialect for call in calls}


def test_no_call_plays_a_scenario_that_its_dialect_lacks() -> None:
    """The backend would answer it with a 404, which is what a client makes of an unknown scenario."""
    assert [] == [
        call for call in EVERY_CALL if ANTHROPIC.surfaces[call.surface].dialect not in CATALOGUE[call.scenario].dialects
    ]


def test_every_scenario_of_every_dialect_is_played() -> None:
    """A scenario that no surface plays would never be measured, in that dialect; a confined one has one dialect."""
    played = {(ANTHROPIC.surfaces[call.surface].dialect, call.scenario) for call in EVERY_CALL}
    confined = ANTHROPIC.suite.confined
    assert {
        (dialect, id_)
        for dialect in Dialect
        for id_ in ids_in(dialect)
        if dialect is Dialect.MESSAGES or id_ not in confined
    } == played


def test_the_surfaces_of_the_other_clients_are_their_two_main_calls() -> None:
    """Each plays its controls, one error, a cut stream, and on the main call what decides the class of an error."""
    stream = {"clean", "unknown", "mid-overloaded_error", "eof-mid"}
    create = {*stream, "http-rate_limit_error", "http-overloaded_error", "mid-rate_limit_error", "reset"}
    expected = {}
    for client in CLIENTS:
        for suffix in ("", "-async"):
            expected[f"{client}.messages.create{suffix}"] = create
            expected[f"{client}.messages.stream{suffix}"] = stream
    surfaces = {id_: surface for id_, surface in ANTHROPIC.surfaces.items() if surface.client in CLIENTS}
    assert expected == {id_: set(scenarios_of(id_)) for id_ in surfaces}
    for id_, surface in surfaces.items():
        assert id_.startswith(f"{surface.client}.")
        assert surface.title.startswith(f"{CLIENTS[surface.client]}.messages.")
        assert (Dialect.MESSAGES, "") == (surface.dialect, surface.extra)


def test_the_surfaces_of_bedrock_need_its_extra_and_its_dialect() -> None:
    """Their cell has the packages that sign a request and decode frames."""
    surfaces = {id_: surface for id_, surface in ANTHROPIC.surfaces.items() if surface.client == "bedrock"}
    assert {*OTHER_DIALECTS[-2:], *BEDROCK_HELPER} == surfaces.keys()
    assert {(Dialect.BEDROCK, "bedrock")} == {(surface.dialect, surface.extra) for surface in surfaces.values()}
    assert surfaces.keys() == {id_ for id_, surface in ANTHROPIC.surfaces.items() if surface.dialect is Dialect.BEDROCK}


def test_a_surface_that_names_its_scenarios_names_its_controls() -> None:
    """Without them no observation is trusted; it may name a scenario that the catalogue does not have yet."""
    named = {id_: surface.plays for id_, surface in ANTHROPIC.surfaces.items() if isinstance(surface.plays, frozenset)}
    assert 22 <= len(named)
    assert {} == {id_: plays for id_, plays in named.items() if not {"clean", "unknown"} <= plays}


@pytest.mark.parametrize("extra", ["", *ANTHROPIC.suite.extras])
def test_only_cells_with_an_extra_make_the_calls_of_the_extra(extra: str) -> None:
    """Without the extra, its calls would be unsupported; with it, all other calls would be measured twice."""
    assert {extra} == {ANTHROPIC.surfaces[call.surface].extra for call in ANTHROPIC.suite.calls(extra=extra)}


def test_an_extra_without_a_surface_has_no_calls() -> None:
    """A cell with such an extra would measure nothing."""
    assert () == ANTHROPIC.suite.calls(extra="vertex")
    assert ("aiohttp", "bedrock") == ANTHROPIC.suite.extras


@pytest.mark.parametrize("extra", ["", *ANTHROPIC.suite.extras])
def test_no_call_is_made_twice(extra: str) -> None:
    """Calls are ordered by surface, and within a surface by the catalogue."""
    calls = ANTHROPIC.suite.calls(extra=extra)
    assert [] == [call for call, count in Counter(calls).items() if count > 1]
    order = {id_: number for number, id_ in enumerate(CATALOGUE)}
    places = [(list(ANTHROPIC.surfaces).index(call.surface), order[call.scenario]) for call in calls]
    assert sorted(places) == places


@pytest.mark.parametrize("surface", ANTHROPIC.surfaces)
def test_a_scenario_is_played_with_its_control(surface: str) -> None:
    """The control is on the same surface or on the client's main surface; a cell with an extra has no main surface."""
    main = "messages.create-async" if surface.endswith("-async") else "messages.create"
    controls = {
        id_: control
        for id_ in scenarios_of(surface)
        if (control := control_for(CATALOGUE[id_])) and CATALOGUE[id_].family is not Family.CONTROL
    }
    on_main_surface = () if ANTHROPIC.surfaces[surface].extra else scenarios_of(main)
    assert {} == {
        id_: control for id_, control in controls.items() if control not in [*scenarios_of(surface), *on_main_surface]
    }


def test_every_surface_exists_for_the_sync_and_the_async_client() -> None:
    """The two differ in id and title only; aiohttp has an async client alone."""
    plain = [id_ for id_, surface in ANTHROPIC.surfaces.items() if surface.extra != "aiohttp"]
    sync = [id_ for id_ in plain if not id_.endswith("-async")]
    assert [name for id_ in sync for name in (id_, f"{id_}-async")] == plain
    for id_ in sync:
        sync_surface, async_surface = ANTHROPIC.surfaces[id_], ANTHROPIC.surfaces[f"{id_}-async"]
        assert sync_surface.title.removesuffix(", sync") == async_surface.title.removesuffix(", async")
        assert msgspec.structs.replace(sync_surface, title="") == msgspec.structs.replace(async_surface, title="")
    assert all(id_.endswith("-async") for id_, surface in ANTHROPIC.surfaces.items() if surface.extra == "aiohttp")


def test_no_two_surfaces_share_a_title() -> None:
    """Pages name a surface by its title."""
    titles = Counter(surface.title for surface in ANTHROPIC.surfaces.values())
    assert [] == [title for title, count in titles.items() if count > 1]


def test_only_methods_of_the_stream_helper_show_no_events() -> None:
    """Every other surface gives its caller an iterator of events."""
    shown = {id_.removesuffix("-async"): surface.shows for id_, surface in ANTHROPIC.surfaces.items()}
    assert {
        "messages.stream.get_final_message": ReturnedContent.MESSAGE,
        "messages.stream.get_final_text": ReturnedContent.TEXT,
        "messages.stream.text_stream": ReturnedContent.TEXT,
        "messages.stream.until_done": ReturnedContent.NOTHING,
    } == {id_: shows for id_, shows in shown.items() if shows is not ReturnedContent.EVENTS}


def test_a_call_has_time_for_the_slowest_scenario() -> None:
    """The deadline is over five times the longest scenario, by its pauses or by its client's timeout."""
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
        (SuitePart(scenarios=["mid-throttling-exception"], surfaces=["messages.create"]), []),
        (SuitePart(scenarios=["tool-block"], surfaces=["vertex.messages.create"]), []),
        (
            SuitePart(scenarios=["eof-mid"], surfaces=["vertex.messages.stream"]),
            [("vertex.messages.stream", "eof-mid")],
        ),
        (SuitePart(scenarios=["clean"], surfaces=["bedrock.messages.create"]), []),
        (SuitePart(scenarios=["reset-then-ok"], surfaces=["beta.messages.create"]), []),
        (SuitePart(scenarios=["clean"], surfaces=["aiohttp.messages.create-async"]), []),
        (SuitePart(scenarios=["no-such-scenario"]), []),
        (SuitePart(surfaces=["no-such-surface"]), []),
    ],
)
def test_a_part_has_the_calls_of_the_suite_that_it_names(part: SuitePart, expected: list[tuple[str, str]]) -> None:
    """The order is that of the suite; calls that the suite does not make are left out."""
    assert [Call(*pair) for pair in expected] == list(ANTHROPIC.suite.calls(part))


def test_a_part_that_names_only_scenarios_or_only_surfaces_has_all_their_calls() -> None:
    """A dimension that the part does not name is not restricted."""
    assert [call for call in PLAIN if call.scenario == "reset"] == list(
        ANTHROPIC.suite.calls(SuitePart(scenarios=["reset"]))
    )
    assert [call for call in PLAIN if call.surface == CORE[0]] == list(
        ANTHROPIC.suite.calls(SuitePart(surfaces=[CORE[0]]))
    )


def test_the_part_that_names_nothing_is_the_whole_suite() -> None:
    """This holds for plain cells and for cells with an extra."""
    assert (PLAIN, ANTHROPIC.suite.calls(extra="aiohttp")) == (
        ANTHROPIC.suite.calls(WHOLE),
        ANTHROPIC.suite.calls(WHOLE, "aiohttp"),
    )
    expected = (Call("aiohttp.messages.create-async", "clean"), Call("aiohttp.messages.stream-async", "clean"))
    assert expected == ANTHROPIC.suite.calls(SuitePart(scenarios=["clean"]), "aiohttp")


# The digest


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    """Copy the probe and the remedy to a folder where a test may change them."""
    shutil.copytree(ANTHROPIC.probe, tmp_path / "probe")
    assert ANTHROPIC.remedy is not None
    shutil.copy(ANTHROPIC.remedy, tmp_path / "remedy.py")
    return tmp_path / "probe"


def recomputed_digest(probe: Path | None = None, suite: Suite | None = None) -> str:
    """Compute the digest of the target again, with another probe or another suite."""
    target = (
        ANTHROPIC
        if probe is None
        else msgspec.structs.replace(ANTHROPIC, folder=probe.parent, remedy=probe.with_name("remedy.py"))
    )
    target = msgspec.structs.replace(target)  # a copy has no cached digest
    if suite is not None:
        target.__dict__["suite"] = suite
    return target.digest


def with_catalogue(catalogue: dict[str, Scenario]) -> Suite:
    """Make the suite with another catalogue."""
    return msgspec.structs.replace(ANTHROPIC.suite, catalogue=catalogue)


SUITE: Final = recomputed_digest()


def test_the_digest_of_a_suite_has_sixteen_digits() -> None:
    """Two computations give the same digest."""
    assert re.fullmatch("[0-9a-f]{16}", SUITE)
    assert [SUITE, SUITE] == [ANTHROPIC.digest, recomputed_digest()]


def test_the_folder_of_the_sources_does_not_change_the_digest(probe: Path) -> None:
    """Line ends, bytecode and files that are not sources do not change it either."""
    assert SUITE == recomputed_digest(probe)
    for source in (*probe.rglob("*.py"), probe.with_name("remedy.py")):
        source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    (probe / "__pycache__").mkdir(exist_ok=True)
    (probe / "__pycache__" / "probe_facets.cpython-311.pyc").write_bytes(b"compiled")
    (probe / "notes.txt").write_text("No source.", encoding="utf-8")
    assert SUITE == recomputed_digest(probe)


@pytest.mark.parametrize(
    "name",
    [
        "probe/__main__.py",
        "probe/midstream_patch.py",
        "probe/probe_bytecode.py",
        "probe/probe_calls.py",
        "probe/probe_clients.py",
        "probe/probe_delivered.py",
        "probe/probe_facets.py",
        "probe/probe_handlers.py",
        "probe/probe_surfaces.py",
        "probe/handlers/class-overloaded.py",
        "probe/handlers/remedy.py",
        "remedy.py",
    ],
)
def test_a_changed_source_changes_the_digest(probe: Path, name: str) -> None:
    """A comment is enough: nobody can tell which byte mattered."""
    with (probe.parent / name).open("a", encoding="utf-8") as source:
        source.write("# changed\n")
    assert SUITE != recomputed_digest(probe)


def test_adding_removing_or_renaming_a_handler_changes_the_digest(probe: Path) -> None:
    """With the original handlers, the digest is the original again."""
    handler = probe / "handlers" / "status-set.py"
    source, digests = handler.read_bytes(), []
    (probe / "handlers" / "status-set-too.py").write_bytes(source)
    digests.append(recomputed_digest(probe))
    handler.unlink()
    digests.append(recomputed_digest(probe))
    (probe / "handlers" / "status-set-too.py").unlink()
    digests.append(recomputed_digest(probe))
    assert 4 == len({SUITE, *digests})
    handler.write_bytes(source)
    assert SUITE == recomputed_digest(probe)


def test_a_suite_can_have_a_limit_of_its_own_for_a_call() -> None:
    """A client that waits long between two attempts needs more time, and the same calls measure something else."""
    longer = msgspec.structs.replace(ANTHROPIC.suite, deadline=10.0)
    assert (suite.DEADLINE, 10.0) == (ANTHROPIC.suite.call_limit, longer.call_limit)
    assert ANTHROPIC.suite.describe()[:-1] == longer.describe()[:-1]
    assert (suite.DEADLINE, 10.0) == (ANTHROPIC.suite.describe()[-1], longer.describe()[-1])


def test_another_deadline_changes_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow call is a hang under one deadline and an answer under another."""
    monkeypatch.setattr(suite, "DEADLINE", suite.DEADLINE + 1)
    assert SUITE != recomputed_digest()


@pytest.mark.parametrize(
    "change",
    [
        {"steps": CATALOGUE["mid-overloaded_error"].steps},
        {"then": CATALOGUE["clean"].steps[:1]},
        {"timeout": 0.5},
        {"only": frozenset({Dialect.MESSAGES, Dialect.BEDROCK})},
        {"id": "cleaner"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_scenario_that_is_played_differently_changes_the_digest(change: dict[str, object]) -> None:
    """The digest covers the bytes of each attempt, the client's timeout, and the calls that are made."""
    changed = msgspec.structs.replace(CATALOGUE["clean"], **change)
    catalogue = {scenario.id: scenario for scenario in (changed, *CATALOGUE.values()) if scenario.id != "clean"}
    catalogue = {changed.id: changed, **catalogue}
    assert SUITE != recomputed_digest(suite=with_catalogue(catalogue))


def test_the_bytes_of_every_dialect_are_in_the_digest() -> None:
    """A scenario that is played in one dialect more or fewer is measured again."""
    digests = [
        recomputed_digest(suite=with_catalogue({**CATALOGUE, id_: msgspec.structs.replace(CATALOGUE[id_], **change)}))
        for id_, change in (
            ("mid-throttling-exception", {"steps": CATALOGUE["first-throttling-exception"].steps}),
            ("bad-frame-checksum", {"steps": CATALOGUE["bad-prelude-checksum"].steps}),
            ("crlf", {"only": frozenset({Dialect.MESSAGES})}),
            ("tool-block", {"only": frozenset({Dialect.MESSAGES})}),
        )
    ]
    assert 5 == len({SUITE, *digests})


def test_a_title_an_ideal_or_a_source_does_not_change_the_digest() -> None:
    """A new rule, a new title or a new source needs no new run."""
    changed = msgspec.structs.replace(
        CATALOGUE["reset"], title="Another.", ideal=Completes(), text=Text.ALL, retry=False, control="clean", sources=()
    )
    assert SUITE == recomputed_digest(suite=with_catalogue({**CATALOGUE, "reset": changed}))
