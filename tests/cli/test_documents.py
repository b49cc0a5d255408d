"""The JSON of our commands matches the published schemas."""

import datetime as dt
import json
from pathlib import Path

import jsonschema
import pytest
from packaging.specifiers import SpecifierSet

from matrix.advice.pin import recommend
from matrix.cli.documents import DOCUMENTS, document, main, schemas
from matrix.cli.sdks import read_sdks
from matrix.compare.explanation import explain
from matrix.compare.history import build_history
from matrix.compare.release_diff import compare_releases
from matrix.model import Cell, Frozen, Lane
from matrix.service.announcement import ResultSet, announce
from matrix.service.gate import judge_publication
from matrix.service.verdict_changes import Snapshot
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.paths import DATA, ROOT

PUBLISHED = ROOT / "reports" / "schemas"
SCHEMAS = schemas()


def _documents() -> list[Frozen]:
    """Make a document of each kind from the committed data."""
    store = Store(DATA, ANTHROPIC)
    releases = queries.releases(store)
    results = queries.results(store, ANTHROPIC.digest, "3.11", {"0.86.0", "0.87.0", "0.39.0"})
    cells = [Cell(version, Lane.TODAY, "3.11") for version in ("0.39.0", "0.86.0", "0.87.0")]
    past = build_history(ANTHROPIC, [releases[cell.version] for cell in cells], results, Lane.TODAY, "3.11")
    return [
        compare_releases(ANTHROPIC, releases, results, cells[1], cells[2]),
        explain(ANTHROPIC, releases["0.87.0"], results[cells[2]], past, "mid-overloaded_error"),
        explain(ANTHROPIC, releases["0.87.0"], results[cells[2]], past, "reset", "messages.create"),
        past,
        recommend(
            queries.knowledge(store, "3.11"),
            SpecifierSet("<0.40"),
            as_of=dt.date(2026, 11, 23),
            catching=["status-set"],
        ),
        judge_publication(
            ANTHROPIC,
            Snapshot(releases=releases, cells={}),
            Snapshot(releases={}, cells={}),
            accept=["vanished"],
        ),
        announce(
            ResultSet(target=ANTHROPIC, releases={}, results={}, suite="s"),
            ResultSet(target=ANTHROPIC, releases=releases, results=results, suite=ANTHROPIC.digest),
            "3.11",
        ),
        read_sdks([store]),
    ]


def test_published_schemas_are_those_of_the_types(tmp_path: Path) -> None:
    """Check the files that `python -m matrix.cli.documents reports/schemas` writes."""
    main(str(tmp_path))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        path.name: path.read_text() for path in PUBLISHED.iterdir()
    }


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid(name: str) -> None:
    """Check it against the draft that it names; its own name is no address."""
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert f"urn:midstream:{name}:1" == SCHEMAS[name]["$id"]


def test_a_document_matches_its_schema() -> None:
    """Check every kind of document, with real content."""
    made = _documents()
    assert set(DOCUMENTS) == {type(made_document) for made_document in made}
    for made_document in made:
        written = json.loads(document(made_document))
        jsonschema.Draft202012Validator(SCHEMAS[written["schema"].split("/")[1]]).validate(written)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_has_a_description(name: str) -> None:
    """Check that a reader of the schema needs no source."""
    silent = [
        f"{kind}.{field}"
        for kind, definition in SCHEMAS[name]["$defs"].items()
        for field, properties in definition.get("properties", {}).items()
        if "description" not in properties and "const" not in properties and field != "schema"
    ]
    assert [] == silent
