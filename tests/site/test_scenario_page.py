"""What the server does, on the pages of scenarios and of releases: each scenario in the dialects in which it exists."""

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.scenarios import CATALOGUE
from matrix.model import Lane
from matrix.site import render, scenario_page
from matrix.targets import ANTHROPIC

PAGES = {page.scenario.id: page for page in scenario_page.scenario_pages(ANTHROPIC, dict.fromkeys(Lane, ()))}


def test_a_scenario_is_shown_in_the_dialects_in_which_it_exists() -> None:
    """Their order is that of the dialects."""
    shown = {id_: [wire.dialect for wire in page.wires] for id_, page in PAGES.items()}
    assert list(Dialect) == shown["clean"]
    assert [Dialect.MESSAGES, Dialect.BEDROCK] == shown["tool-block"]
    assert [Dialect.MESSAGES, Dialect.COMPLETIONS, Dialect.LEGACY] == shown["crlf"]
    assert [Dialect.BEDROCK] == shown["split-frame"]
    assert {id_: set(dialects) for id_, dialects in shown.items()} == {
        id_: scenario.dialects for id_, scenario in CATALOGUE.items()
    }


def test_the_evidence_for_a_release_shows_a_scenario_that_its_dialect_lacks_in_another() -> None:
    """A frame of Bedrock among server-sent events would be the wire of no server."""
    for id_, dialect, expected in (
        ("split-frame", Dialect.MESSAGES, Dialect.BEDROCK),
        ("tool-block", Dialect.LEGACY, Dialect.MESSAGES),
        ("crlf", Dialect.LEGACY, Dialect.LEGACY),
        ("clean", Dialect.COMPLETIONS, Dialect.COMPLETIONS),
    ):
        wires = {wire.dialect: wire.actions for wire in PAGES[id_].wires}
        assert wires[expected] == render._wire(CATALOGUE[id_], dialect)
