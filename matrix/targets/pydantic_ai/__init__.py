"""The target `pydantic-ai`: Pydantic AI, over the Anthropic Python SDK."""

from pathlib import Path
from typing import Final

from matrix.targets.anthropic import ANTHROPIC
from matrix.targets.framework import FRAMEWORK, framework_links
from matrix.targets.names import Classes, Client
from matrix.targets.target import Example, Target

_REJECTED: Final = "ModelRequestRejectedError"
_UNAVAILABLE: Final = "ModelUnavailableError"

PYDANTIC_AI: Final = Target(
    **FRAMEWORK,
    id="pydantic-ai",
    title="Pydantic AI",
    package="pydantic-ai-slim",
    module="pydantic_ai",
    checkout="pydantic-ai",
    classes=Classes(
        base="AgentRunError",
        root="ModelAPIError",
        status="ModelHTTPError",
        connection="ModelConnectionError",
        timeout="ModelTimeoutError",
        overloaded="ModelOverloadedError",
        by_status={
            400: (_REJECTED,),
            401: ("ModelAuthenticationError", _REJECTED),
            404: ("ModelNotFoundError", _REJECTED),
            429: ("ModelRateLimitError",),
            500: ("ModelServerError",),
            503: (_UNAVAILABLE,),
            529: ("ModelOverloadedError", _UNAVAILABLE),
        },
        others=frozenset({"FallbackExceptionGroup", "UnexpectedModelBehavior", "UsageLimitExceeded"}),
        # Older releases have one class for all HTTP errors, and later ones its base class for connection errors.
        older={"ModelAPIError": ("ModelHTTPError",), "ModelConnectionError": ("ModelAPIError",)},
    ),
    clients=(Client(title="Pydantic AI", class_name="Agent"),),
    maps_stream_errors=True,
    current_api="run_stream",
    snippet='AnthropicProvider(anthropic_client=AsyncAnthropic(base_url="{base_url}", api_key="any", max_retries=0))',
    links=framework_links("https://github.com/pydantic/pydantic-ai", "https://ai.pydantic.dev/api/exceptions/"),
    is_scanned=False,
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="class-model-errors",
    examples=(Example("pydantic-ai-slim==2.68.0", ("status-set",)),),
    extra="anthropic",
    sdk="anthropic",
    patched="anthropic",
    patch_source=ANTHROPIC.patch,
)
