"""The target `anthropic`: the Anthropic Python SDK."""

from pathlib import Path
from typing import Final

import midstream
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.error_types import DOCUMENTED_STATUS
from matrix.targets.endpoint import Endpoint
from matrix.targets.links import Links
from matrix.targets.names import TEXT, CallSyntax, Classes, Client, StreamSyntax
from matrix.targets.soak import Soak
from matrix.targets.sources import REMEDY_NAME
from matrix.targets.target import Example, Registry, Target

_SERVER: Final = "InternalServerError"

_REMEDY_USAGE: Final = """\
from midstream.remedy import explain, guard

try:
    with client.messages.stream(...) as stream:
        for event in guard(stream):
            ...
except Exception as error:
    failure = explain(error)
    shown = failure.text not in (None, "none")
    if failure.retryable and not shown:
        ...  # try again
    else:
        raise"""

ANTHROPIC: Final = Target(
    id="anthropic",
    title="the Anthropic Python SDK",
    registry=Registry.PYPI,
    package="anthropic",
    module="anthropic",
    checkout="anthropic-sdk-python",
    classes=Classes(
        root="APIError",
        status="APIStatusError",
        connection="APIConnectionError",
        overloaded="OverloadedError",
        by_status={
            400: ("BadRequestError",),
            401: ("AuthenticationError",),
            403: ("PermissionDeniedError",),
            404: ("NotFoundError",),
            408: ("RequestTimeoutError",),
            409: ("ConflictError",),
            413: ("RequestTooLargeError", "ContentTooLargeError"),
            422: ("UnprocessableEntityError",),
            429: ("RateLimitError",),
            500: (_SERVER,),
            502: (_SERVER,),
            503: ("ServiceUnavailableError", _SERVER),
            504: ("DeadlineExceededError", "GatewayTimeoutError", _SERVER),
            529: ("OverloadedError", _SERVER),
        },
        timeout="APITimeoutError",
        base="AnthropicError",
        others=frozenset(
            {
                "APIResponseValidationError",
                "APIWebhookValidationError",
                "EnforcedSpendLimitReachedError",
                "PaymentRequiredError",
                "RetryableError",
            }
        ),
        lookalikes=frozenset({"cohere", "google", "groq", "litellm", "mistralai", "openai", "replicate", "together"}),
    ),
    clients=(
        Client(title="the Anthropic API", class_name="Anthropic", aliases=frozenset({"Client"})),
        Client(id="bedrock", title="Amazon Bedrock", class_name="AnthropicBedrock", extra="bedrock"),
        Client(id="vertex", title="Google Vertex AI", class_name="AnthropicVertex", extra="vertex"),
        Client(id="foundry", title="Microsoft Foundry", class_name="AnthropicFoundry"),
        Client(id="aws", title="Claude Platform on AWS", class_name="AnthropicAWS", extra="aws"),
        Client(id="mantle", title="Amazon Bedrock Mantle", class_name="AnthropicBedrockMantle"),
        Client(
            id="google-cloud",
            title="Claude Platform on Google Cloud",
            class_name="AnthropicGoogleCloud",
            extra="google-cloud",
        ),
    ),
    calls=CallSyntax(
        resources=frozenset({"messages", "completions"}),
        methods=frozenset({"create", "stream", "parse", "tool_runner"}),
        own=dict.fromkeys(
            ("completion", "acompletion", "completion_stream", "acompletion_stream"), "completion_stream"
        ),
        whole=frozenset({"parse", "completion", "acompletion"}),
        lazy=frozenset({"tool_runner"}),
        plain=frozenset(
            {"messages.count_tokens", "models.list", "models.retrieve"}
            | {f"messages.batches.{each}" for each in ("cancel", "create", "delete", "list", "results", "retrieve")}
            | {f"files.{each}" for each in ("delete", "download", "list", "retrieve_metadata", "upload")}
            | {f"skills.{each}" for each in ("create", "delete", "list", "retrieve")}
        ),
        wrappers=frozenset({"with_raw_response", "with_streaming_response"}),
        prefixes=frozenset({"beta"}),
        foreign=frozenset({"chat", "threads", "batches", "responses", "sessions"}),
        lookalikes=frozenset({"googleapiclient", "groq", "litellm", "mistralai", "openai", "twilio"}),
        wrappers_of_clients=frozenset({"instructor"}),
    ),
    stream=StreamSyntax(
        finals=("get_final_message", "get_final_text"),
        texts=frozenset({"text_stream"}),
        others=frozenset({"until_done"}),
        snapshot="current_message_snapshot",
        first_event="message_start",
        end_reasons={"stop_reason": frozenset({"end_turn"})},
        last_events=frozenset({"message_stop"}),
        last_classes=frozenset({"MessageStopEvent"}),
        events={
            "content_block_delta": ({"type": "content_block_delta", "delta": {"type": "text_delta", "text": TEXT}},),
            "text": ({"type": "text", "text": TEXT},),
        },
    ),
    frameworks={
        "agno": frozenset({"acontinue_run", "aprint_response", "arun", "continue_run", "print_response", "run"}),
        "litellm": frozenset({"completion", "acompletion", "text_completion", "atext_completion", "batch_completion"})
        | {"completion_with_retries", "acompletion_with_retries", "responses", "aresponses"},
        "langchain_anthropic": frozenset({"invoke", "ainvoke", "stream", "astream", "batch", "abatch", "generate"})
        | {"agenerate", "astream_events"},
        "pydantic_ai": frozenset({"iter", "run", "run_stream", "run_stream_events", "run_stream_sync", "run_sync"}),
    },
    statuses=DOCUMENTED_STATUS,
    endpoints=(
        Endpoint("/v1/messages", Dialect.MESSAGES),
        # From this version on, completions stream named events; the oldest releases send no version at all.
        Endpoint("/v1/complete", Dialect.COMPLETIONS, "anthropic-version", "2023-06-01", Dialect.LEGACY),
        Endpoint("/model/*/invoke-with-response-stream", Dialect.BEDROCK),
        Endpoint("/projects/*/locations/*/publishers/*/models/*:streamRawPredict", Dialect.MESSAGES),
    ),
    api="the Anthropic API",
    current_api="messages.",
    snippet='anthropic.Anthropic(base_url="{base_url}", api_key="any", max_retries=0)',
    links=Links(
        repository="https://github.com/anthropics/anthropic-sdk-python",
        errors="https://docs.anthropic.com/en/api/errors",
        streaming="https://docs.anthropic.com/en/docs/build-with-claude/streaming",
        handling="https://github.com/anthropics/anthropic-sdk-python#handling-errors",
    ),
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="class-overloaded",
    compared_handlers=("class-overloaded", "status-429-529", "type-attr", "body-type", "type-or-body", "remedy"),
    remedy=Path(midstream.__file__).parent / REMEDY_NAME,
    # Before it, no exception has a body, and events are dictionaries.
    remedy_since="0.3",
    remedy_usage=_REMEDY_USAGE,
    examples=(
        Example("anthropic==0.45.2", ("status-set",)),
        Example("anthropic>=0.40,<1", ("class-overloaded",)),
        Example("anthropic==0.28.1\nhttpx==0.27.2"),
    ),
    soak=Soak(
        # A stream that ends leaves an idle connection, as does a plain HTTP error; the others leave a broken one.
        scenarios=("clean", "mid-overloaded_error", "http-overloaded_error", "eof-mid", "reset", "bad-json-delta"),
        carriers=("anyio", "h11", "httpcore", "httpcore2", "httpx", "httpx2"),
        cause="anyio",
        # A cache keeps every client, so none is collected; then an HTTP client that is collected closes itself; then a
        # stream also closes its response.
        eras=("0.3", "0.7.8", "0.73.0"),
        fix="Close each client (`async with AsyncAnthropic() as client:`), or share one.",
    ),
    is_default=True,
)
