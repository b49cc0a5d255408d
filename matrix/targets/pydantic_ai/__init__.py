"""The target `pydantic-ai`: Pydantic AI, over the Anthropic Python SDK."""

from pathlib import Path
from typing import Any, Final

from matrix.targets.anthropic import ANTHROPIC
from matrix.targets.framework import FRAMEWORK, framework_links
from matrix.targets.names import CLASS, TEXT, CallSyntax, Classes, Client, StreamSyntax
from matrix.targets.target import Example, Target

_REJECTED: Final = "ModelRequestRejectedError"
_UNAVAILABLE: Final = "ModelUnavailableError"

_ASYNC: Final = ("iter", "run", "run_stream", "run_stream_events")

_ASKING_AGAIN: Final = frozenset({"output_type", "result_type", "toolsets", "builtin_tools", "capabilities"})
"""The options of an agent, and of a run, by which it may ask the model again: for a tool, or for a valid output."""

_TEXT: Final = {CLASS: "TextPart", "part_kind": "text", "content": TEXT}


def _event(kind: str, name: str, **fields: Any) -> tuple[dict[str, Any]]:
    """Describe what programs can read of an event."""
    return ({CLASS: kind, "event_kind": name, **fields},)


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
        later=frozenset(
            {"ModelAPIError", "ModelConnectionError", "ModelOverloadedError", "ModelRateLimitError"}
            | {"ModelServerError", "ModelTimeoutError", _REJECTED, _UNAVAILABLE}
        ),
        # Old releases pass on the exceptions of the SDK, which have more.
        unrecorded=frozenset({"request", "request_id", "response", "type"}),
        lookalikes=frozenset({"agno"}),
        parents=frozenset({"anthropic"}),
    ),
    clients=(Client(title="Pydantic AI", class_name="Agent"),),
    calls=CallSyntax(
        own={**{each: each for each in _ASYNC}, "run_sync": "run", "run_stream_sync": ""},
        awaited={each: each for each in _ASYNC},
        lazy=frozenset({"run_stream_events"}),
        managers=frozenset({"run_stream"}),
        streaming=frozenset({"run_stream_events"}),
        stream_argument="event_stream_handler",
        readers=frozenset({"run", "run_sync"}),
        stepwise={"iter": "stream"},
        eager=frozenset({"iter", "run_stream"}),
        owners=("agent",),
        lookalikes=frozenset({"agents", "agno", "crewai", "langchain", "langgraph", "llama_index", "smolagents"}),
        options=_ASKING_AGAIN,
        other_options=_ASKING_AGAIN
        | {"event_stream_handler", "mcp_servers", "output_retries", "result_retries", "retries", "tools"},
        other_methods=frozenset({"output_validator", "result_validator", "tool", "tool_plain", "toolset"}),
        models=("anthropic:", "claude", "gateway/anthropic:", "models.anthropic"),
        names_model=True,
    ),
    stream=StreamSyntax(
        finals=("get_output", "get_data"),
        texts=frozenset({"stream_text"}),
        late=frozenset({"stream_text"}),
        others=frozenset({"stream", "stream_output", "stream_response", "stream_responses", "stream_structured"}),
        end_reasons={"finish_reason": frozenset({"stop"})},
        events={
            "PartStartEvent": _event("PartStartEvent", "part_start", index=0, part=_TEXT),
            "FinalResultEvent": _event("FinalResultEvent", "final_result", tool_name=None, tool_call_id=None),
            "PartEndEvent": _event("PartEndEvent", "part_end", index=0, part=_TEXT),
            "AgentRunResultEvent": _event("AgentRunResultEvent", "agent_run_result"),
        },
    ),
    maps_stream_errors=True,
    current_api="run_stream",
    snippet='AnthropicProvider(anthropic_client=AsyncAnthropic(base_url="{base_url}", api_key="any", max_retries=0))',
    links=framework_links("https://github.com/pydantic/pydantic-ai", "https://ai.pydantic.dev/api/exceptions/"),
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="class-model-errors",
    examples=(Example("pydantic-ai-slim==2.68.0", ("status-set",)),),
    extra="anthropic",
    sdk="anthropic",
    patched="anthropic",
    patch_source=ANTHROPIC.patch,
)
