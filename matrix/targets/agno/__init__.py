"""The target `agno`: Agno, over the Anthropic Python SDK."""

from pathlib import Path
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.targets.anthropic import ANTHROPIC
from matrix.targets.endpoint import Endpoint
from matrix.targets.names import Classes, Client
from matrix.targets.target import PYTHON_PROBE, Example, Links, Registry, Target

_PROVIDER: Final = "ModelProviderError"

AGNO: Final = Target(
    id="agno",
    title="Agno",
    registry=Registry.PYPI,
    package="agno",
    module="agno",
    checkout="agno",
    classes=Classes(
        base="AgnoError",
        root=_PROVIDER,
        status=_PROVIDER,
        connection=_PROVIDER,
        timeout=_PROVIDER,
        overloaded=_PROVIDER,
        by_status={400: (_PROVIDER,), 429: ("ModelRateLimitError", _PROVIDER), 500: (_PROVIDER,)},
        others=frozenset({"AgentRunException", "ModelAuthenticationError"}),
    ),
    clients=(Client(title="Agno", class_name="Agent"),),
    statuses=ANTHROPIC.statuses,
    maps_stream_errors=True,
    endpoints=(Endpoint("/v1/messages", Dialect.MESSAGES),),
    api="the Anthropic API",
    current_api="run",
    snippet='Claude(id="any", client=anthropic.Anthropic(base_url="{base_url}", api_key="any", max_retries=0))',
    links=Links(
        repository="https://github.com/agno-agi/agno",
        errors=ANTHROPIC.links.errors,
        streaming=ANTHROPIC.links.streaming,
        handling="https://docs.agno.com/",
    ),
    home=__name__,
    folder=Path(__file__).parent,
    shared_probe=PYTHON_PROBE,
    class_handler="class-provider",
    examples=(Example("agno==3.1.10", ("error-event",)),),
    is_scanned=False,
    is_sampled=True,
    extra="anthropic",
    sdk="anthropic",
)
