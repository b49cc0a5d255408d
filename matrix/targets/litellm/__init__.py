"""The target `litellm`: LiteLLM, which calls the Anthropic API over HTTP itself."""

from pathlib import Path
from typing import Final

from matrix.targets.chat import CHUNKS, describe_chunk
from matrix.targets.framework import FRAMEWORK, framework_links
from matrix.targets.names import END_REASON, CallSyntax, Classes, Client, StreamSyntax
from matrix.targets.target import Example, Target

_SERVER: Final = "InternalServerError"

_OTHERS: Final = (
    *("aembedding", "anthropic", "aresponses", "atext_completion", "batch_completion", "completion_with_retries"),
    *("acompletion_with_retries", "embedding", "responses", "text_completion"),
)
"""The functions that call another API, or that repeat requests: none of them was measured."""

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
        # It makes a response of its own, with a status and nothing else.
        unrecorded=frozenset(
            {"litellm_debug_info", "max_retries", "model", "num_retries", "request", "response"}
            | {"litellm_response_headers", "message"}
        ),
        inherited=frozenset({"APIStatusError"}),
        lookalikes=frozenset({"anthropic", "groq", "mistralai", "openai", "together"}),
        parents=frozenset({"openai"}),
    ),
    clients=(Client(title="LiteLLM", class_name="completion"),),
    calls=CallSyntax(
        own={"completion": "completion", "acompletion": "completion", **dict.fromkeys(_OTHERS, "")},
        of_module=frozenset({"completion", "acompletion", *_OTHERS}),
        awaited={"acompletion": "completion"},
        other_clients=frozenset({"Router"}),
        options=frozenset(
            {"context_window_fallback_dict", "custom_llm_provider", "fallbacks", "max_retries", "mock_response"}
            | {"model_list", "num_retries", "retry_policy", "retry_strategy"}
        ),
        models=("anthropic/", "claude"),
    ),
    stream=StreamSyntax(
        end_reasons={"finish_reason": frozenset({"stop"})},
        events={"chat.completion.chunk": CHUNKS[1:]},
        ends={"chat.completion.chunk": describe_chunk({"content": None}, END_REASON)},
    ),
    maps_stream_errors=True,
    current_api="completion",
    snippet='litellm.completion(model="anthropic/any", api_base="{base_url}", api_key="any", max_retries=0)',
    links=framework_links("https://github.com/BerriAI/litellm", "https://docs.litellm.ai/docs/exception_mapping"),
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="class-5xx-429",
    examples=(Example("litellm==1.110.2", ("status-set",)),),
)
