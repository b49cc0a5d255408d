"""The target `instructor`: Instructor, over the Anthropic Python SDK."""

from pathlib import Path
from typing import Final

from matrix.targets.anthropic import ANTHROPIC
from matrix.targets.framework import FRAMEWORK, framework_links
from matrix.targets.names import CallSyntax, Classes, Client, Factory, StreamSyntax
from matrix.targets.target import Example, Target

_RETRY: Final = "InstructorRetryException"

_USUAL: Final = {"mode": frozenset({"ANTHROPIC_TOOLS", "TOOLS"})}
"""The ways to ask for a structured answer that were measured: the one that it takes unless a program names another."""

_OTHER_FACTORIES: Final = (
    *("apatch", "from_anyscale", "from_bedrock", "from_cerebras", "from_cohere", "from_databricks", "from_deepseek"),
    *("from_fireworks", "from_gemini", "from_genai", "from_groq", "from_litellm", "from_mistral", "from_openai"),
    *("from_openrouter", "from_perplexity", "from_together", "from_vertexai", "from_writer", "from_xai", "patch"),
)
"""The functions that make a client of another provider's, or that change one."""

INSTRUCTOR: Final = Target(
    **FRAMEWORK,
    id="instructor",
    title="Instructor",
    package="instructor",
    module="instructor",
    checkout="instructor",
    classes=Classes(
        base="InstructorError",
        root=_RETRY,
        status=_RETRY,
        connection=_RETRY,
        timeout=_RETRY,
        overloaded=_RETRY,
        by_status={400: (_RETRY,), 429: (_RETRY,), 500: (_RETRY,)},
        others=frozenset({"IncompleteOutputException", "ProviderError", "ValidationError"}),
        unrecorded=frozenset({"create_kwargs", "failed_attempts", "messages", "request_id"}),
        reexports=frozenset({"instructor.core", "instructor.core.exceptions", "instructor.exceptions"}),
        lookalikes=ANTHROPIC.classes.lookalikes | {"anthropic", "pydantic"},
        # Where it reads a stream later than it returns, it passes the SDK's exceptions on.
        parents=frozenset({"anthropic", "httpx", "httpx2"}),
    ),
    clients=(Client(title="Instructor", class_name="Instructor"),),
    calls=CallSyntax(
        own={"create": "create", "create_partial": "create_partial", "create_iterable": ""},
        plain=frozenset({"create_with_completion"}),
        same=frozenset({"chat", "completions", "messages"}),
        streaming=frozenset({"create_iterable", "create_partial"}),
        lazy_async=frozenset({"create_partial"}),
        other_options=frozenset({"beta", "cache"}),
        other_clients=frozenset({"Instructor"}),
        is_known_only=True,
        factories={
            **{f"instructor.{each}": Factory() for each in _OTHER_FACTORIES},
            "instructor.from_anthropic": Factory(clients=frozenset({"Anthropic"}), usual=_USUAL),
            "instructor.from_provider": Factory(models=("anthropic/",), usual=_USUAL),
        },
        stream_model=("response_model", "Partial"),
        objects=frozenset({"max_retries"}),
    ),
    stream=StreamSyntax(events={"partial": ({},)}),
    maps_stream_errors=True,
    current_api="create_partial",
    snippet='instructor.from_anthropic(anthropic.Anthropic(base_url="{base_url}", api_key="any", max_retries=0))',
    links=framework_links(
        "https://github.com/567-labs/instructor", "https://python.useinstructor.com/concepts/error_handling/"
    ),
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="class-retry",
    examples=(Example("instructor==1.17.0", ("class-retry",)),),
    extra="anthropic",
    sdk="anthropic",
)
