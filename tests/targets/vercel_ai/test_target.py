"""The Vercel AI SDK as a target: its suite, what a cell installs, and what it shares with the TypeScript SDK."""

from pathlib import Path

import pytest

from matrix.catalogue.headlines import HEADLINES
from matrix.harness.program import copy_program
from matrix.model import Cell, Lane
from matrix.observation import Call, Raised
from matrix.targets import ANTHROPIC, ANTHROPIC_TYPESCRIPT, VERCEL_AI


def test_its_scenarios_are_those_of_the_anthropic_api() -> None:
    """It has a provider of its own for that API."""
    assert VERCEL_AI.catalogue.keys() <= ANTHROPIC.catalogue.keys()


def test_every_headline_is_played_on_the_main_call_and_with_the_retries_of_the_sdk() -> None:
    """The number of requests says whether it calls again. Of damaged events, its suite has an error alone."""
    assert [id_ for id_ in HEADLINES if id_ != "damaged"] == list(VERCEL_AI.suite.headlines)
    calls = VERCEL_AI.suite.calls()
    for surface in (*VERCEL_AI.suite.main, "fullStream.own-retries"):
        assert {Call(surface, scenario) for scenario in VERCEL_AI.suite.headlines.values()} <= {*calls}


def test_a_call_has_time_for_the_pauses_between_its_attempts() -> None:
    """The SDK waits two seconds and then four."""
    assert 2 + 4 < VERCEL_AI.suite.call_limit < 2 * (2 + 4)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("7.0.173", "ai@7.0.173\n@ai-sdk/anthropic@4"),
        ("6.0.326", "ai@6.0.326\n@ai-sdk/anthropic@3"),
        ("4.0.0", "ai@4.0.0\n@ai-sdk/anthropic@1"),
        ("8.0.0", "ai@8.0.0\n@ai-sdk/anthropic@*"),
    ],
)
def test_a_cell_installs_the_provider_that_goes_with_its_major_version(version: str, expected: str) -> None:
    """Neither package requires the other, so npm would take the newest for all."""
    assert expected == VERCEL_AI.requirement(Cell(version, Lane.TODAY, "node-24"))


def test_the_sdk_of_the_provider_is_installed_alone() -> None:
    """It is a target of its own."""
    assert "@anthropic-ai/sdk@1.0.0" == ANTHROPIC_TYPESCRIPT.requirement(Cell("1.0.0", Lane.TODAY, "node-24"))


def test_the_tags_of_its_repository_name_the_package() -> None:
    """It is a repository of many packages."""
    assert VERCEL_AI.links.release("7.0.173").endswith("/releases/tag/ai@7.0.173")


@pytest.mark.parametrize(
    ("name", "bases", "of", "expected"),
    [
        ("ai.APICallError", ("ai.AISDKError", "Error"), "AISDKError", True),
        ("ai.StreamProviderError", ("ai.AISDKError", "Error"), "APICallError", False),
        ("APICallError", ("AISDKError", "Error"), "AISDKError", False),
        ("@anthropic-ai/sdk.APIError", ("Error",), "AISDKError", False),
    ],
)
def test_an_exception_is_of_the_package_if_it_exports_its_class(
    name: str, bases: tuple[str, ...], of: str, *, expected: bool
) -> None:
    """A second copy of a package below it has classes that no program can import."""
    raised = Raised(name=name, bases=bases, exported=expected, attributes={}, text="")
    assert expected is VERCEL_AI.is_a(raised, of)


def test_its_probe_has_neither_the_handlers_nor_the_patch_of_the_sdk_whose_probe_it_shares(tmp_path: Path) -> None:
    """Handlers of another package would crash in every call."""
    probe = copy_program(VERCEL_AI.probe, None, tmp_path, VERCEL_AI.shared_probes)
    assert VERCEL_AI.handlers.keys() == {path.stem for path in (probe / "handlers").iterdir()}
    assert VERCEL_AI.patch.read_bytes() == (probe / VERCEL_AI.patch.name).read_bytes()
    assert (ANTHROPIC_TYPESCRIPT.probe / "wire.mjs").read_bytes() == (probe / "wire.mjs").read_bytes()
    assert 'PACKAGE = "ai"' in (probe / "environment.mjs").read_text(encoding="utf-8")
