"""The client classes that a source names."""

import pytest

from matrix.scan.clients import find_clients
from matrix.scan.sdk import Sdk
from matrix.targets import ANTHROPIC

SDK = Sdk(ANTHROPIC)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import anthropic\nanthropic.Anthropic()", {"Anthropic"}),
        ("import anthropic as a\nx: a.AsyncAnthropic", {"AsyncAnthropic"}),
        ("from anthropic import AnthropicBedrock as B", {"AnthropicBedrock"}),
        ("def f():\n    from anthropic.lib.bedrock import AsyncAnthropicBedrock", {"AsyncAnthropicBedrock"}),
        ("import anthropic.lib.vertex\nanthropic.lib.vertex.AnthropicVertex()", {"AnthropicVertex"}),
        ("import anthropic\nanthropic.Client().messages.create()", {"Client"}),
        ("from anthropic import lib\nlib.AnthropicVertex", {"AnthropicVertex"}),
        ("from anthropic import AnthropicError\nfrom anthropic.types import AnthropicBetaParam", set()),
        ("import anthropic\nanthropic.types.AnthropicBetaParam", set()),
        ("from .anthropic import Anthropic\nfrom other import AnthropicBedrock\nother.Anthropic()", set()),
        ("anthropic.Anthropic()", set()),
        ("# anthropic.Anthropic()", set()),
        ("from anthropic import (", set()),
        ("\0", set()),
    ],
)
def test_the_client_classes_of_a_source_are_found(source: str, expected: set[str]) -> None:
    """By any alias, but not in comments, in other packages or in text that can't be parsed."""
    assert expected == find_clients(SDK, source) == find_clients(SDK, source.encode())


def test_a_long_chain_of_attributes_takes_no_long_time() -> None:
    """It is no class of clients."""
    assert frozenset() == find_clients(SDK, "import anthropic\nanthropic" + ".a" * 2_000)
