"""The target `litellm`: LiteLLM, which calls the Anthropic API over HTTP itself."""

from pathlib import Path
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.error_types import DOCUMENTED_STATUS
from matrix.targets.endpoint import Endpoint
from matrix.targets.names import CallSyntax, Classes, Client
from matrix.targets.target import PYTHON_PROBE, Example, Links, Registry, Target

_SERVER: Final = "InternalServerError"

LITELLM: Final = Target(
    id="litellm",
    title="LiteLLM",
    registry=Registry.PYPI,
    package="litellm",
    module="litellm",
    checkout="litellm",
    classes=Classes(
        base="OpenAIError",
        root="APIError",
        status="APIStatusError",
        connection="APIConnectionError",
        timeout="Timeout",
        overloaded=_SERVER,
        by_status={
            400: ("BadRequestError",),
            401: ("AuthenticationError",),
            403: ("PermissionDeniedError",),
            404: ("NotFoundError",),
            408: ("Timeout",),
            422: ("UnprocessableEntityError",),
            429: ("RateLimitError",),
            500: (_SERVER,),
            503: ("ServiceUnavailableError",),
        },
        others=frozenset(
            {
                "APIResponseValidationError",
                "BudgetExceededError",
                "ContentPolicyViolationError",
                "ContextWindowExceededError",
                "JSONSchemaValidationError",
                "MidStreamFallbackError",
                "RejectedRequestError",
                "UnsupportedParamsError",
            }
        ),
        # A timeout is no connection error of its own.
        older={"APIConnectionError": ("Timeout", "APITimeoutError")},
        lookalikes=frozenset({"anthropic", "groq", "mistralai", "openai", "together"}),
        parents=frozenset({"openai"}),
    ),
    clients=(Client(title="LiteLLM", class_name="completion"),),
    calls=CallSyntax(),
    statuses=DOCUMENTED_STATUS,
    maps_stream_errors=True,
    endpoints=(Endpoint("/v1/messages", Dialect.MESSAGES),),
    api="the Anthropic API",
    current_api="completion",
    snippet='litellm.completion(model="anthropic/any", api_base="{base_url}", api_key="any", max_retries=0)',
    links=Links(
        repository="https://github.com/BerriAI/litellm",
        errors="https://docs.anthropic.com/en/api/errors",
        streaming="https://docs.anthropic.com/en/docs/build-with-claude/streaming",
        handling="https://docs.litellm.ai/docs/exception_mapping",
    ),
    home=__name__,
    folder=Path(__file__).parent,
    shared_probe=PYTHON_PROBE,
    class_handler="class-5xx-429",
    examples=(Example("litellm==1.110.2", ("status-set",)),),
    is_scanned=False,
    is_sampled=True,
)
