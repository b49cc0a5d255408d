"""The control's patch: every client maps an error inside a stream to its documented status, and nothing else."""

from types import SimpleNamespace
from typing import Any

import pytest

from matrix.targets import ANTHROPIC
from tests.support.probe_modules import load
from tests.support.streams import Response


def sdk() -> dict[str, Any]:
    """Make the names of an SDK with first-party clients, aliases of them, and clients of other services."""

    class Anthropic:
        def _make_status_error(self, message: str, *, body: object, response: Response) -> int:
            return response.status_code

    class AsyncAnthropic(Anthropic):
        pass

    class AnthropicBedrock:
        def _make_status_error(self, message: str, *, body: object, response: Response) -> int:
            return response.status_code

    class AnthropicFoundry(Anthropic):
        pass

    return {
        "Anthropic": Anthropic, "Client": Anthropic, "AsyncAnthropic": AsyncAnthropic,
        "AnthropicBedrock": AnthropicBedrock, "AnthropicFoundry": AnthropicFoundry,
        "APIStatusError": Exception, "__version__": "1", "types": SimpleNamespace(),
    }  # fmt: skip


def patch(names: dict[str, Any]) -> None:
    """Patch an SDK with the source of the control."""
    module = load(ANTHROPIC.patch)
    module.DOCUMENTED_STATUS.update(ANTHROPIC.statuses)
    module.patch(names)


@pytest.mark.parametrize("client", ["Anthropic", "Client", "AsyncAnthropic", "AnthropicBedrock", "AnthropicFoundry"])
def test_every_client_maps_an_error_in_a_stream(client: str) -> None:
    """A client of another service has a method of its own, or that of the first-party client."""
    names = sdk()
    patch(names)
    status = names[client]()._make_status_error
    body = {"error": {"type": "overloaded_error"}}
    assert (529, 500) == (status("", body=body, response=Response(200)), status("", body=body, response=Response(500)))
    assert 200 == status("", body={"error": {"type": "unheard_of_error"}}, response=Response(200))
    assert 200 == status("", body=None, response=Response(200))


@pytest.mark.parametrize("missing", ["Anthropic", "AsyncAnthropic"])
def test_an_sdk_without_a_first_party_client_is_no_control(missing: str) -> None:
    """The failure names the client."""
    names = sdk()
    del names[missing]
    with pytest.raises(KeyError, match=missing):
        patch(names)
