"""Other clients on the site: their rows, grids, evidence, scenarios and documents."""

import datetime as dt
import json

import msgspec
import pytest

from matrix.model import Cell, Lane
from matrix.observation import Behaviour, Call, Delivery, Observation, Outcome
from matrix.site import api, client_rows, grid, release_page, render, scenario_page
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.site.marks import Mark
from matrix.site.release_summary import summarise_release
from matrix.site.source import SiteSource
from matrix.targets import ANTHROPIC
from tests.site.test_report import PYTHON, behaviour, in_both_lanes, raised, result, source

SUITE = ANTHROPIC.suite
SILENT = Observation(outcome=Outcome.COMPLETED, delivered=Delivery(events=("message_start",), text="Hello"))
NO_CALL = Observation(outcome=Outcome.UNSUPPORTED)


def calls_of(client: str, observation: Observation) -> Behaviour:
    """Make a behaviour in which every call of a client ends the same way."""
    return {
        Call(surface, id_): observation
        for surface in SUITE.surfaces_of(client)
        for id_ in SUITE.scenarios_of(client)
        if SUITE.surfaces[surface].dialect in ANTHROPIC.catalogue[id_].dialects
    }


BEDROCK = calls_of("bedrock", SILENT) | {
    Call("bedrock.messages.create", "mid-throttling-exception"): raised("APIStatusError", status_code=200),
    Call("bedrock.messages.create", "unknown"): NO_CALL,
}


@pytest.fixture(scope="module")
def clients() -> SiteSource:
    """Make two releases: Bedrock was measured on the newer one alone, and only the newer one has Vertex."""
    plain = source(
        in_both_lanes("0.20.0", result(behaviour())) | in_both_lanes("0.30.0", result(behaviour(typed=True)))
    )
    vertex = {"0.20.0": calls_of("vertex", NO_CALL), "0.30.0": calls_of("vertex", raised("APIStatusError"))}
    return msgspec.structs.replace(
        plain,
        clients={
            "bedrock": {Cell("0.30.0", lane, PYTHON): result(BEDROCK) for lane in Lane},
            "vertex": {
                Cell(version, lane, PYTHON): result(calls) for version, calls in vertex.items() for lane in Lane
            },
        },
    )


@pytest.fixture(scope="module")
def known(clients: SiteSource) -> EpochViews:
    """Judge the releases."""
    return view_epochs(clients)


@pytest.fixture(scope="module")
def site(clients: SiteSource) -> dict[str, bytes]:
    """Render the site."""
    return dict(render.site(clients)[1])


def without_clients(data: SiteSource) -> SiteSource:
    """Remove the results of the other clients."""
    return msgspec.structs.replace(data, clients={})


def test_other_clients_change_nothing_about_the_first_party_client(clients: SiteSource, known: EpochViews) -> None:
    """Check its epochs, its answer and its evidence."""
    alone = view_epochs(without_clients(clients))
    assert (alone.histories, alone.views) == (known.histories, known.views)
    before, after = render.site(without_clients(clients))[0], render.site(clients)[0]
    assert (before.answer, before.grid, before.observations) == (after.answer, after.grid, after.observations)
    pages = release_page.release_pages(known)
    assert release_page.release_pages(alone) == pages
    versions = [page.release.version for page in pages if page.is_measured]
    assert [summarise_release(alone, version) for version in versions] == [
        summarise_release(known, version) for version in versions
    ]


def test_a_row_says_what_a_client_does(known: EpochViews) -> None:
    """Check both forms of an overload on Bedrock, and that a cut stream is silent."""
    bedrock, vertex = client_rows.client_rows(known, "0.30.0")
    assert ("AnthropicBedrock", "yes, with the extra bedrock", Lane.TODAY) == (
        bedrock.client.class_name,
        bedrock.state,
        bedrock.lane,
    )
    assert [
        ("error event in a chunk frame", Mark.SILENT, "releases/0.30.0/bedrock/#mid-overloaded_error"),
        ("throttling exception frame", Mark.WRONG, "releases/0.30.0/bedrock/#mid-throttling-exception"),
    ] == [(outcome.form, outcome.call.mark, outcome.path) for outcome in bedrock.overloaded]
    assert bedrock.cut is not None
    assert Mark.SILENT is bedrock.cut.call.mark
    assert [""] == [outcome.form for outcome in vertex.overloaded]


def test_a_row_says_why_a_client_can_not_be_used(known: EpochViews) -> None:
    """Check a client that was not measured, one that does not exist, and an extra that the release does not have."""
    states = [row.state for row in client_rows.client_rows(known, "0.20.0")]
    assert ["not measured", "no: the release has no such client with the Messages API"] == states
    assert "no: the release has no extra bedrock" == client_rows.client_rows(known, "0.1.0")[0].state
    assert not any(row.path for row in client_rows.client_rows(known, "0.20.0"))


def test_the_menu_lists_calls_by_client(known: EpochViews) -> None:
    """Check that the first-party client comes first."""
    menu = {client.id: list(calls) for client, calls in grid.menu(known)}
    assert ["", "bedrock", "vertex"] == list(menu)
    assert [grid.MAIN_CALL, "messages.create"] == menu[""]
    assert [*SUITE.surfaces_of("bedrock")] == menu["bedrock"]


def test_a_grid_names_the_scenarios_that_it_does_not_play(known: EpochViews) -> None:
    """Check that a scenario that does not exist in a dialect is not one that was not played."""
    bedrock = grid.grid(known.of("bedrock"), Lane.TODAY, "bedrock.messages.create").absent
    assert {scenario.id for scenario in bedrock.not_played} <= set(SUITE.confined)
    assert ["server-sent events"] == [streams for streams, _ in bedrock.not_applicable]
    vertex = grid.grid(known.of("vertex"), Lane.TODAY, "vertex.messages.create").absent
    assert "stall" in {scenario.id for scenario in vertex.not_played}
    ((streams, only_frames),) = vertex.not_applicable
    assert "an AWS event stream" == streams
    assert "mid-throttling-exception" in {scenario.id for scenario in only_frames}


def test_a_column_links_to_the_evidence_of_its_client(known: EpochViews) -> None:
    """Check that a release without the client links to its list of clients."""
    drawn = grid.grid(known.of("vertex"), Lane.TODAY, "vertex.messages.create")
    assert ["releases/0.30.0/vertex/", "releases/0.20.0/"] == [column.path for column in drawn.columns]
    assert {"clients"} == {row.cells[-1].anchor for row in drawn.rows}
    assert {"clients"} == {group.cells[-1].anchor for group in drawn.groups}


def test_a_page_shows_only_the_scenarios_of_its_client(known: EpochViews) -> None:
    """Check the first-party client too: what exists only in frames is no gap in its evidence."""
    for client in ("", "bedrock", "vertex"):
        groups = summarise_release(known.of(client), "0.30.0").groups
        shown = [scenario.id for row in groups for part in row.parts for scenario in part.scenarios]
        assert sorted(SUITE.scenarios_of(client)) == sorted(shown)


def test_every_client_of_a_release_has_a_page(site: dict[str, bytes]) -> None:
    """Check that a release without the client has none."""
    pages = {path for path in site if path.startswith("releases/") and path.count("/") == 3}
    assert {"releases/0.30.0/bedrock/index.html", "releases/0.30.0/vertex/index.html"} == pages


def test_a_scenario_of_one_dialect_shows_its_client(known: EpochViews) -> None:
    """Check that it has results, and names the streams in which it exists."""
    pages = {page.scenario.id: page for page in scenario_page.scenario_pages(known)}
    only = pages["mid-throttling-exception"]
    assert ("bedrock", "an AWS event stream", ["bedrock"]) == (
        only.client.id,
        only.only,
        [wire.dialect for wire in only.wires],
    )
    assert [("0.30.0",)] == [row.versions for row in only.lanes[0].rows]
    shared = pages["mid-overloaded_error"]
    assert ("", "") == (shared.client.id, shared.only)
    assert [(Lane.TODAY, ["bedrock", "vertex"]), (Lane.AS_RELEASED, ["bedrock", "vertex"])] == [
        (lane, [runs.client.id for runs in clients]) for lane, clients in shared.others
    ]


def test_a_frame_is_shown_decoded_and_as_bytes(site: dict[str, bytes]) -> None:
    """Check the page of a scenario, and that the evidence of a release links to it instead of repeating the bytes."""
    page = site["scenarios/mid-throttling-exception/index.html"].decode()
    assert ":exception-type: throttlingException" in page
    assert 'class="dump"' in page
    sent = json.loads(site["evidence/mid-throttling-exception.json"])["sent"]["bedrock"]
    assert any(":exception-type: throttlingException" in text for how, text in sent if how == "frame")
    assert not any("3a 65 78 63" in text for _, text in sent)  # `:exc` in a dump
    assert "scenarios/mid-throttling-exception/#wire" in site["evidence/mid-throttling-exception.html"].decode()


def test_the_api_has_every_client(site: dict[str, bytes]) -> None:
    """Check the index of clients, and that the fields of the first-party client are unchanged."""
    index = {entry["id"]: entry for entry in json.loads(site["api/v1/clients.json"])["clients"]}
    assert [client.id for client in ANTHROPIC.clients] == list(index)
    assert ("0.30.0", "0.30.0", "bedrock") == tuple(index["bedrock"][name] for name in ("first", "last", "dialect"))
    assert "first" not in index["aws"]
    release = json.loads(site["api/v1/releases/0.30.0.json"])
    own = release["release"]["lanes"]["today"]
    assert ("messages.create", {"bedrock", "vertex"}) == (own["surface"], set(own["clients"]))
    assert {"bedrock", "vertex"} == set(release["measured"]["today"]["clients"])
    today = release["measured"]["today"]
    own, bedrock = (json.loads(site[f"api/v1/{of['details']}"])["ended"] for of in (today, today["clients"]["bedrock"]))
    assert "mid-throttling-exception" in bedrock
    assert "mid-throttling-exception" not in own


def test_documents_without_other_clients_have_no_new_fields(clients: SiteSource) -> None:
    """Check that readers of a site without them read what they did."""
    documents = dict(api.documents(view_epochs(without_clients(clients)), dt.date(2026, 1, 2)))
    release = json.loads(msgspec.json.encode(documents["api/v1/releases/0.30.0.json"]))
    assert "clients" not in release["release"]["lanes"]["today"]
    assert "clients" not in release["measured"]["today"]
