"""The target `litellm`: LiteLLM, which calls the Anthropic API over HTTP itself."""

from pathlib import Path
from typing import Final

from matrix.targets.framework import FRAMEWORK, framework_links
from matrix.targets.names import Classes, Client
from matrix.targets.target import Example, Target

_SERVER: Final = "InternalServerError"

LITELLM: Final = Target(
    **FRAMEWORK,
    id="litellm",
    title="LiteLLM",
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
    maps_stream_errors=True,
    current_api="completion",
    snippet='litellm.completion(model="anthropic/any", api_base="{base_url}", api_key="any", max_retries=0)',
    links=framework_links("https://github.com/BerriAI/litellm", "https://docs.litellm.ai/docs/exception_mapping"),
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="class-5xx-429",
    examples=(Example("litellm==1.110.2", ("status-set",)),),
)
