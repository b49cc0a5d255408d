"""The target `agno`: Agno, over the Anthropic Python SDK."""

from pathlib import Path
from typing import Any, Final

from matrix.targets.framework import FRAMEWORK, framework_links
from matrix.targets.names import CLASS, REPORTED, TEXT, CallSyntax, Classes, Client, StreamSyntax
from matrix.targets.target import Example, Target

_PROVIDER: Final = "ModelProviderError"

_UNMEASURED: Final = (
    *("acli_app", "acontinue_run", "aprint_response", "cli_app", "continue_run", "print_response"),
    *("arun_background", "run_background"),
)
"""The methods of an agent that were not measured."""

_MORE_EVENTS: Final = frozenset(
    {"stream_events", "stream_intermediate_steps", "yield_run_output", "yield_run_response"}
)
"""The options of an agent, and of a run, with which a run delivers other events."""

_ASKING_AGAIN: Final = frozenset(
    {"output_model", "output_schema", "parser_model", "reasoning", "reasoning_model", "response_model", "retries"}
)
"""Those with which it may ask a model again."""

_OF_ERROR: Final = ("additional_data", "content", "error_id", "error_type")
"""The fields of an event that say which error it reports."""


def _event(kind: str, class_: str, **fields: Any) -> tuple[dict[str, Any]]:
    """Describe what programs can read of an event."""
    return ({CLASS: class_, "event": kind, **fields},)


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
        later=frozenset({"AgnoError", "ModelRateLimitError"}),
        # Old releases pass on the exceptions of the SDK, which have more.
        unrecorded=frozenset({"body", "request", "request_id", "response"}),
        lookalikes=frozenset({"pydantic_ai"}),
        parents=frozenset({"anthropic"}),
        module="agno.exceptions",
    ),
    clients=(Client(title="Agno", class_name="Agent"),),
    calls=CallSyntax(
        own={"run": "run", "arun": "run", **dict.fromkeys(_UNMEASURED, "")},
        awaited={"arun": "run"},
        lazy=frozenset({"run", "arun"}),
        other_clients=frozenset({"Team", "Workflow"}),
        owners=("agent",),
        lookalikes=frozenset(
            {"agents", "crewai", "langchain", "langgraph", "llama_index", "pydantic_ai", "smolagents"}
        ),
        options=_MORE_EVENTS | _ASKING_AGAIN | {"background"},
        other_options=_MORE_EVENTS
        | _ASKING_AGAIN
        | {"fallback_config", "fallback_models", "followups", "knowledge", "learning", "memory", "memory_manager"}
        | {"enable_agentic_memory", "enable_user_memories", "update_memory_on_run", "enable_session_summaries"}
        | {"post_hooks", "pre_hooks", "skills", "stream", "team", "tools"},
        other_methods=frozenset({"add_tool", "set_tools"}),
        models=("anthropic:", "models.anthropic"),
        names_model=True,
        default_model="models.openai.OpenAIChat",
    ),
    stream=StreamSyntax(
        failed_events=frozenset({"RunError"}),
        failed_classes=frozenset({"RunErrorEvent", "run_error"}),
        events={
            "RunContent": _event("RunContent", "RunContentEvent", content=TEXT),
            "RunError": _event("RunError", "RunErrorEvent", **dict.fromkeys(_OF_ERROR, REPORTED)),
            "RunResponse": _event("RunResponse", "RunResponse", content=TEXT),
            "RunResponseContent": _event("RunResponseContent", "RunResponseContentEvent", content=TEXT),
        },
        constants={
            "RunEvent.run_completed": "RunCompleted",
            "RunEvent.run_content": "RunContent",
            "RunEvent.run_error": "RunError",
            "RunEvent.run_started": "RunStarted",
        },
    ),
    maps_stream_errors=True,
    current_api="run",
    snippet='Claude(id="any", client=anthropic.Anthropic(base_url="{base_url}", api_key="any", max_retries=0))',
    links=framework_links("https://github.com/agno-agi/agno", "https://docs.agno.com/"),
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="class-provider",
    examples=(Example("agno==3.1.10", ("error-event",)),),
    extra="anthropic",
    sdk="anthropic",
)
