"""Evidence: every call of every release, shared by releases that behave alike."""

import json
from collections.abc import Iterator
from itertools import product

import msgspec
import pytest

from matrix.catalogue.scenarios import CATALOGUE
from matrix.model import Lane
from matrix.site import grid, release_page
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.site.evidence.documents import (
    EvidenceDocument,
    EvidenceRuns,
    EvidenceVariant,
    collect_evidence,
    command_pattern,
    evidence_runs,
    models,
)
from matrix.site.marks import Mark
from matrix.site.render import read_source
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.site.test_report import HOSTILE, behaviour, in_both_lanes, raised, result, source
from tests.support.paths import DATA


@pytest.fixture(scope="module")
def real() -> EpochViews:
    """Read the committed data."""
    return view_epochs(read_source(Store(DATA, ANTHROPIC)))


@pytest.fixture(scope="module")
def runs(real: EpochViews) -> EvidenceRuns:
    """Divide its releases into runs."""
    return evidence_runs((real, *real.others.values()))


@pytest.fixture(scope="module")
def documents(real: EpochViews, runs: EvidenceRuns) -> dict[str, EvidenceDocument]:
    """Collect its evidence, by scenario."""
    return {each.scenario: each for each in collect_evidence((real, *real.others.values()), runs)}


def since_of(runs: EvidenceRuns, client: str, version: str) -> str:
    """Return the first release of the run of a release."""
    return next(since for since, versions in runs[client].items() if version in versions)


def variant_of(document: EvidenceDocument, runs: EvidenceRuns, client: str, version: str) -> EvidenceVariant:
    """Return the evidence of a release."""
    return document.variants[document.releases[client][since_of(runs, client, version)]]


def test_every_release_that_was_measured_has_evidence_of_every_scenario(
    real: EpochViews, runs: EvidenceRuns, documents: dict[str, EvidenceDocument]
) -> None:
    """Check each client."""
    assert set(CATALOGUE) == set(documents)
    for known in (real, *real.others.values()):
        pages = [page.release.version for page in release_page.release_pages(known) if page.is_measured]
        of_runs = [versions[-1:] if known.client else versions for versions in runs[known.client].values()]
        assert pages == [version for versions in of_runs for version in versions]
        for id_ in ANTHROPIC.suite.scenarios_of(known.client):
            assert list(runs[known.client]) == list(documents[id_].releases[known.client])


def test_releases_that_behave_alike_share_evidence(runs: EvidenceRuns, documents: dict[str, EvidenceDocument]) -> None:
    """Check two releases of an epoch, one of another, and that no fact is written twice."""
    document = documents["mid-overloaded_error"]
    one, same, other = (variant_of(document, runs, "", version) for version in ("0.45.1", "0.45.2", "0.87.0"))
    assert one is same
    assert one != other
    for each in documents.values():
        assert len(set(each.facts)) == len(each.facts)
        assert len(set(each.variants)) == len(each.variants)


def test_lanes_that_differ_are_shown_apart(runs: EvidenceRuns, documents: dict[str, EvidenceDocument]) -> None:
    """Check a release that can be used with its old dependencies alone."""
    calls = variant_of(documents["mid-overloaded_error"], runs, "", "0.28.1").calls
    assert [(Lane.TODAY,), (Lane.AS_RELEASED,)] == [call.lanes for call in calls]


def test_a_page_names_the_command_that_plays_a_call_again(documents: dict[str, EvidenceDocument]) -> None:
    """Check its blanks."""
    expected = "matrix run --versions VERSION --scenario mid-overloaded_error --surface CALL"
    assert expected == command_pattern(documents["mid-overloaded_error"])


def test_a_variant_resembles_an_earlier_one_that_resembles_none(documents: dict[str, EvidenceDocument]) -> None:
    """Check that a reader of a page follows one reference."""
    for document in documents.values():
        for number, model in enumerate(models(document)):
            if model is not None:
                at = document.variants.index(model)
                assert at < number
                assert models(document)[at] is None


def test_every_cell_links_to_evidence_with_its_own_mark(
    real: EpochViews, runs: EvidenceRuns, documents: dict[str, EvidenceDocument]
) -> None:
    """Check every matrix, call and lane, and that the page of its release lists the scenarios."""
    wrong = [place for each in (real, *real.others.values()) for place in cells_without_evidence(each, runs, documents)]
    assert [] == wrong


def cells_without_evidence(
    known: EpochViews, runs: EvidenceRuns, documents: dict[str, EvidenceDocument]
) -> Iterator[tuple[Lane, str, str, str]]:
    """Yield the cells of every matrix of a client whose link leads to no evidence with their mark."""
    newest = {versions[-1] for versions in runs[known.client].values()}
    for lane, surface in product(Lane, grid.surfaces(known)):
        drawn = grid.grid(known, lane, surface)
        for row in drawn.rows:
            for column, cell in zip(drawn.columns, row.cells, strict=True):
                if cell.mark is not Mark.UNAVAILABLE:
                    document = documents[row.scenario.id]
                    variant = variant_of(document, runs, known.client, column.newest)
                    named = row.scenario.id == cell.anchor and column.newest in newest
                    if not named or cell.mark not in marks_of(document, variant, surface, lane):
                        yield lane, surface, row.scenario.id, column.newest


def marks_of(document: EvidenceDocument, variant: EvidenceVariant, surface: str, lane: Lane) -> set[Mark]:
    """Return the marks of a call in a variant, in one lane."""

    def has(surfaces: tuple[int, ...], lanes: tuple[Lane, ...]) -> bool:
        return surface in {document.surfaces[number] for number in surfaces} and (not lanes or lane in lanes)

    is_main = surface in ("", document.surfaces[variant.surface])
    if is_main or any(has(each.surfaces, each.lanes) for each in variant.alike):
        return {call.mark for call in variant.calls if not call.lanes or lane in call.lanes}
    return {call.mark for call in variant.others if has(call.surfaces, call.lanes)}


def test_hostile_text_is_cut_and_stays_text() -> None:
    """Check that a document is JSON, and that a text of a megabyte does not make it large."""
    large = raised("APIStatusError", status_code=HOSTILE * 20_000)
    data = source(in_both_lanes("0.2.0", result(dict.fromkeys(behaviour(), large))))
    known = view_epochs(data)
    for document in collect_evidence((known,), evidence_runs((known,))):
        encoded = msgspec.json.encode(document)
        assert len(encoded) < 30_000
        json.loads(encoded)
