"""The target `openai`: the OpenAI Python SDK."""

from pathlib import Path
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.openai.errors import STATUSES
from matrix.targets.chat import CHUNKS
from matrix.targets.endpoint import Endpoint
from matrix.targets.links import Links
from matrix.targets.names import TEXT, CallSyntax, Classes, Client, StreamSyntax
from matrix.targets.sources import PYTHON_PROBE
from matrix.targets.target import Example, Registry, Target

_SERVER: Final = "InternalServerError"


OPENAI: Final = Target(
    id="openai",
    title="the OpenAI Python SDK",
    registry=Registry.PYPI,
    package="openai",
    module="openai",
    checkout="openai-python",
    classes=Classes(
        base="OpenAIError",
        root="APIError",
        status="APIStatusError",
        connection="APIConnectionError",
        timeout="APITimeoutError",
        overloaded=_SERVER,
        by_status={
            400: ("BadRequestError",),
            401: ("AuthenticationError",),
            403: ("PermissionDeniedError",),
            404: ("NotFoundError",),
            409: ("ConflictError",),
            422: ("UnprocessableEntityError",),
            429: ("RateLimitError",),
            500: (_SERVER,),
            502: (_SERVER,),
            503: (_SERVER,),
            504: (_SERVER,),
        },
        others=frozenset(
            {"APIResponseValidationError", "ContentFilterFinishReasonError", "LengthFinishReasonError", "OAuthError"}
        ),
        # Before 1.0, OpenAIError is the base class of all errors of the API, and a timeout is no connection error.
        older={"APIError": ("OpenAIError",), "APIConnectionError": ("Timeout",)},
        former=frozenset(
            {"InvalidAPIType", "InvalidRequestError", "PermissionError", "ServiceUnavailableError"}
            | {"SignatureVerificationError", "Timeout", "TryAgain"}
        ),
        former_module="error",
        unrecorded=frozenset({"error", "headers", "http_body", "organization", "should_retry", "user_message"}),
        lookalikes=frozenset({"aiohttp", "anthropic", "groq", "litellm", "mistralai", "requests", "together"}),
    ),
    clients=(Client(title="the OpenAI API", class_name="OpenAI", aliases=frozenset({"Client"})),),
    calls=CallSyntax(
        resources=frozenset({"completions", "responses", "ChatCompletion", "Completion"}),
        methods=frozenset({"create", "acreate", "stream", "parse"}),
        of_module=frozenset(
            {"beta", "chat", "completions", "embeddings", "models", "moderations", "responses"}
            | {"ChatCompletion", "Completion", "Embedding", "Model", "Moderation"}
        ),
        awaited={"acreate": "create"},
        other_clients=frozenset({"AzureOpenAI", "BedrockOpenAI"}),
        plain=frozenset(
            {"embeddings.create", "models.list", "models.retrieve", "moderations.create"}
            | {f"files.{each}" for each in ("content", "create", "delete", "list", "retrieve")}
            | {f"batches.{each}" for each in ("cancel", "create", "list", "retrieve")}
            | {f"images.{each}" for each in ("create_variation", "edit", "generate")}
            | {f"audio.{each}.create" for each in ("speech", "transcriptions", "translations")}
        ),
        wrappers=frozenset({"with_raw_response", "with_streaming_response"}),
        prefixes=frozenset({"beta", "chat"}),
        foreign=frozenset({"messages"}),
        lookalikes=frozenset({"anthropic", "groq", "litellm", "mistralai", "together"}),
    ),
    stream=StreamSyntax(
        finals=("get_final_completion", "get_final_response"),
        others=frozenset({"until_done"}),
        end_reasons={"finish_reason": frozenset({"stop"})},
        last_events=frozenset({"response.completed"}),
        last_classes=frozenset({"ResponseCompletedEvent"}),
        failed_events=frozenset({"error", "response.failed"}),
        failed_classes=frozenset({"ResponseErrorEvent", "ResponseFailedEvent"}),
        short_events=frozenset({"response.incomplete"}),
        events={
            "chat.completion.chunk": CHUNKS,
            "text_completion": ({"object": "text_completion", "choices": [{"text": TEXT, "finish_reason": None}]},),
            "response.output_text.delta": ({"type": "response.output_text.delta", "delta": TEXT},),
            "chunk": tuple({"type": "chunk", "chunk": chunk} for chunk in CHUNKS),
            "content.delta": ({"type": "content.delta", "delta": ""}, {"type": "content.delta", "delta": TEXT}),
        },
    ),
    is_sampled=True,
    statuses=STATUSES,
    overloaded_type="server_is_overloaded",
    stream_status=None,  # they raise an APIError, which has none
    error_names=("code", "type"),
    sends_error='data: {"error": …}',
    last_event="data: [DONE] after a finish reason, or with response.completed",
    endpoints=(
        Endpoint("/chat/completions", Dialect.CHAT),
        Endpoint("/responses", Dialect.RESPONSES),
        Endpoint("/completions", Dialect.PROMPTS),
    ),
    api="the OpenAI API",
    current_api="chat.completions.",
    snippet='openai.OpenAI(base_url="{base_url}", api_key="any", max_retries=0)',
    links=Links(
        repository="https://github.com/openai/openai-python",
        errors="https://platform.openai.com/docs/guides/error-codes",
        streaming="https://platform.openai.com/docs/api-reference/chat-streaming",
        handling="https://github.com/openai/openai-python#handling-errors",
    ),
    home=__name__,
    folder=Path(__file__).parent,
    shared_probe=PYTHON_PROBE,
    class_handler="class-5xx-429",
    examples=(
        Example("openai==1.40.0", ("status-set",)),
        Example("openai>=1.66,<2", ("class-5xx-429",)),
        Example("openai==0.28.1", ("old-classes",)),
    ),
)
