"""The clients of a target, and the surfaces that are measured of each."""

import pytest

from matrix.targets import ANTHROPIC


def test_every_surface_belongs_to_a_client_of_the_target() -> None:
    """Its id begins with the client's, except on the client of the provider's own API."""
    clients = {client.id: client for client in ANTHROPIC.clients}
    for id_, surface in ANTHROPIC.surfaces.items():
        assert surface.client in clients
        assert not surface.client or id_.startswith(f"{surface.client}.")
    assert clients.keys() == {surface.client for surface in ANTHROPIC.surfaces.values()}


@pytest.mark.parametrize(
    ("class_name", "name"),
    [
        ("Anthropic", "first-party"),
        ("AsyncAnthropic", "first-party"),
        ("AsyncClient", "first-party"),
        ("AnthropicBedrock", "bedrock"),
        ("AsyncAnthropicBedrock", "bedrock"),
        ("AsyncAnthropicBedrockMantle", "mantle"),
        ("AnthropicGoogleCloud", "google-cloud"),
        ("AnthropicNew", None),
    ],
)
def test_a_client_is_found_by_its_class(class_name: str, name: str | None) -> None:
    """By its whole name: a class that nobody knows is no client."""
    client = ANTHROPIC.find_client(class_name)
    assert name == (client.name if client is not None else None)
