"""The target `agno`: Agno, over the Anthropic Python SDK."""

from pathlib import Path
from typing import Final

from matrix.targets.framework import FRAMEWORK, framework_links
from matrix.targets.names import Classes, Client
from matrix.targets.target import Example, Target

_PROVIDER: Final = "ModelProviderError"

AGNO: Final = Target(
    **FRAMEWORK,
    id="agno",
    title="Agno",
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
    maps_stream_errors=True,
    current_api="run",
    snippet='Claude(id="any", client=anthropic.Anthropic(base_url="{base_url}", api_key="any", max_retries=0))',
    links=framework_links("https://github.com/agno-agi/agno", "https://docs.agno.com/"),
    is_scanned=False,
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="class-provider",
    examples=(Example("agno==3.1.10", ("error-event",)),),
    extra="anthropic",
    sdk="anthropic",
)
