"""The frameworks as targets: their suites, what a cell installs, and which exceptions are theirs."""

import ast
from pathlib import Path

import pytest

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Event, Prelude, Rest, Together
from matrix.catalogue.wire import compile_scenario
from matrix.model import Cell, Lane
from matrix.observation import Raised
from matrix.targets import AGNO, ANTHROPIC, INSTRUCTOR, LANGCHAIN_ANTHROPIC, LITELLM, PYDANTIC_AI, Target

FRAMEWORKS = (LITELLM, LANGCHAIN_ANTHROPIC, PYDANTIC_AI, INSTRUCTOR, AGNO)

each_framework = pytest.mark.parametrize("target", FRAMEWORKS, ids=lambda target: target.id)


@each_framework
def test_a_release_has_few_calls(target: Target) -> None:
    """A framework has hundreds of releases, and reads no bytes itself."""
    assert 30 <= len(target.suite.calls()) <= 60


@each_framework
def test_every_surface_is_called_by_the_probe(target: Target) -> None:
    """The probe has a call for each id, and no other."""
    tree = ast.parse((target.probe / "probe_surfaces.py").read_text(encoding="utf-8"))
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    named = {id_ for id_ in target.surfaces if id_ in constants or id_.removesuffix("-async") in constants}
    assert target.surfaces.keys() == named


@each_framework
def test_every_handler_names_where_it_was_seen_or_why_it_is_ours(target: Target) -> None:
    """A reader can tell an idiom that people use from one that they could use."""
    sources = {path.stem: path.read_text(encoding="utf-8") for path in Path(target.probe / "handlers").glob("*.py")}
    assert [] == [id_ for id_, source in sources.items() if " Seen in " not in source and " Ours: " not in source]
    assert target.class_handler in sources


@pytest.mark.parametrize(
    ("target", "extra", "expected"),
    [
        (LITELLM, "", "litellm==1.0"),
        (LANGCHAIN_ANTHROPIC, "", "langchain-anthropic==1.0\nanthropic"),
        (PYDANTIC_AI, "", "pydantic-ai-slim[anthropic]==1.0\nanthropic"),
        (INSTRUCTOR, "", "instructor[anthropic]==1.0\nanthropic"),
        (AGNO, "", "agno[anthropic]==1.0\nanthropic"),
        (AGNO, "other", "agno[anthropic,other]==1.0\nanthropic"),
        (ANTHROPIC, "", "anthropic==1.0"),
        (ANTHROPIC, "bedrock", "anthropic[bedrock]==1.0"),
    ],
)
def test_a_cell_installs_a_framework_with_its_sdk(target: Target, extra: str, expected: str) -> None:
    """The requirement of the framework chooses the release of the SDK."""
    assert expected == target.requirement(Cell("1.0", Lane.TODAY, "3.11", extra))


@pytest.mark.parametrize(
    ("target", "name", "bases", "of", "expected"),
    [
        (LITELLM, "litellm.exceptions.RateLimitError", ["openai.RateLimitError", "openai.APIError"], "APIError", True),
        (LITELLM, "litellm.exceptions.Timeout", ["openai.APITimeoutError"], "APIConnectionError", True),
        (LITELLM, "httpx.ReadError", ["httpx.TransportError"], "APIConnectionError", False),
        (LANGCHAIN_ANTHROPIC, "anthropic.APIStatusError", ["anthropic.APIError"], "APIError", True),
        (LANGCHAIN_ANTHROPIC, "httpx2.ReadError", ["httpx2.TransportError"], "APIConnectionError", False),
        (PYDANTIC_AI, "pydantic_ai.exceptions.ModelHTTPError", [], "ModelAPIError", True),
        (PYDANTIC_AI, "anthropic.APIStatusError", ["anthropic.APIError"], "ModelAPIError", False),
        (INSTRUCTOR, "instructor.v2.core.errors.InstructorRetryException", [], "InstructorRetryException", True),
        (ANTHROPIC, "openai.APIError", [], "APIError", False),
    ],
)
def test_an_exception_is_of_a_framework_or_of_the_package_that_it_derives_its_own_from(
    target: Target, name: str, bases: list[str], of: str, *, expected: bool
) -> None:
    """Another package's exception is none."""
    exception = Raised(name=name, bases=tuple(bases), exported=False, attributes={}, text="")
    assert expected is target.is_a(exception, of)


def test_instructor_is_sent_its_answer_as_a_tool_call() -> None:
    """It asks for one, and would take the text of the other targets for a broken answer."""
    for id_, scenario in INSTRUCTOR.catalogue.items():
        steps = (*scenario.steps, *scenario.then)
        assert [] == [step for step in steps if isinstance(step, Prelude | Rest)], id_
    clean = INSTRUCTOR.catalogue["clean"]
    events = [event for step in clean.steps for event in (step.events if isinstance(step, Together) else (step,))]
    data = "".join(event.data for event in events if isinstance(event, Event))
    assert '"name": "Answer"' in data
    assert compile_scenario(clean, Dialect.MESSAGES, 0)
    assert compile_scenario(ANTHROPIC.catalogue["clean"], Dialect.MESSAGES, 0) != compile_scenario(
        clean, Dialect.MESSAGES, 0
    )


@each_framework
def test_every_framework_is_sampled(target: Target) -> None:
    """Its scenarios of the same name are those of the SDK, so results can be set side by side."""
    assert target.is_sampled
    assert target.catalogue.keys() <= ANTHROPIC.catalogue.keys()
    assert all(scenario.ideal == ANTHROPIC.catalogue[id_].ideal for id_, scenario in target.catalogue.items())
