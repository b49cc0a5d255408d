"""The target `langchain-anthropic`: LangChain's integration of the Anthropic API, over the Anthropic Python SDK."""

from pathlib import Path
from typing import Final

import msgspec

from matrix.targets.anthropic import ANTHROPIC
from matrix.targets.framework import FRAMEWORK, framework_links
from matrix.targets.names import TEXT, CallSyntax, Client, Factory, StreamSyntax
from matrix.targets.target import Example, Target

_SDK: Final = ANTHROPIC.classes

_UNMEASURED: Final = (
    *("abatch", "abatch_as_completed", "agenerate", "agenerate_prompt", "astream_events", "astream_log", "atransform"),
    *("batch", "batch_as_completed", "generate", "generate_prompt", "get_num_tokens_from_messages"),
    *("stream_events", "transform"),
)
"""The methods that ask in another way, or several times: none of them was measured."""

_DERIVED: Final = frozenset(
    {
        "as_tool",
        "assign",
        "bind",
        "bind_tools",
        "configurable_alternatives",
        "configurable_fields",
        "map",
        "pick",
        "pipe",
    }
    | {"with_alisteners", "with_config", "with_fallbacks", "with_listeners", "with_retry", "with_structured_output"}
    | {"with_types"}
)

LANGCHAIN_ANTHROPIC: Final = Target(
    **FRAMEWORK,
    id="langchain-anthropic",
    title="LangChain's ChatAnthropic",
    package="langchain-anthropic",
    module="langchain_anthropic",
    checkout="langchain",
    # It passes the SDK's exceptions on, or raises classes that are derived from them.
    classes=msgspec.structs.replace(
        _SDK.of_parents("anthropic", "httpx", "httpx2", "langchain_core"),
        lookalikes=_SDK.lookalikes | {"anthropic", "langchain_core"},
    ),
    clients=(Client(title="ChatAnthropic", class_name="ChatAnthropic"),),
    calls=CallSyntax(
        own={
            **dict.fromkeys(("stream", "astream"), "stream"),
            **dict.fromkeys(("invoke", "ainvoke"), "invoke"),
            **dict.fromkeys(_UNMEASURED, ""),
        },
        awaited={"astream": "stream", "ainvoke": "invoke"},
        lazy=frozenset({"stream", "astream"}),
        managers=frozenset(),
        other_options=frozenset({"disable_streaming"}),
        other_clients=frozenset({"Anthropic", "AnthropicLLM", "ChatAnthropicMessages"}),
        derived=_DERIVED,
        is_known_only=True,
        streaming_option="streaming",
        factories=dict.fromkeys(
            ("langchain.chat_models.init_chat_model", "langchain.chat_models.base.init_chat_model"),
            Factory(models=("anthropic:", "claude"), usual={"configurable_fields": frozenset()}),
        ),
    ),
    stream=StreamSyntax(
        end_reasons={"stop_reason": frozenset({"end_turn"})},
        events={
            "AIMessageChunk": (
                {"type": "AIMessageChunk", "content": ""},
                {"type": "AIMessageChunk", "content": TEXT},
                {"type": "AIMessageChunk"},
            )
        },
    ),
    current_api="stream",
    snippet='langchain_anthropic.ChatAnthropic(model="any", base_url="{base_url}", api_key="any", max_retries=0)',
    links=framework_links(
        "https://github.com/langchain-ai/langchain",
        "https://reference.langchain.com/python/integrations/langchain_anthropic/",
        tag_prefix="langchain-anthropic==",
    ),
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="class-5xx-429",
    examples=(Example("langchain-anthropic==1.7.10", ("status-set",)),),
    sdk="anthropic",
    patched="anthropic",
    patch_source=ANTHROPIC.patch,
)
