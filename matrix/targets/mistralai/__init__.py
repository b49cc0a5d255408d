"""The target `mistralai`: the Mistral Python SDK."""

from pathlib import Path
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.mistral.errors import OVERLOADED, STATUSES
from matrix.targets.chat import CHUNKS, describe_chunk
from matrix.targets.endpoint import Endpoint
from matrix.targets.links import Links
from matrix.targets.names import END_REASON, TEXT, CallSyntax, Classes, Client, StreamSyntax
from matrix.targets.sources import PYTHON_PROBE
from matrix.targets.target import Example, Registry, Target

_ANY: Final = "SDKError"
_CONVERSATION: Final = tuple(f"conversation.response.{each}" for each in ("started", "done", "error"))
_REPOSITORY: Final = "https://github.com/mistralai/client-python"
_README: Final = f"{_REPOSITORY}#error-handling"

_STREAMS: Final = ("stream", "parse_stream", "start_stream", "append_stream", "restart_stream")
_PLAIN: Final = (
    *("agents.complete", "chat.complete", "chat.parse", "conversations.start", "embeddings.create", "fim.complete"),
    *("models.list", "ocr.process"),
)

MISTRALAI: Final = Target(
    id="mistralai",
    title="the Mistral Python SDK",
    registry=Registry.PYPI,
    package="mistralai",
    module="mistralai",
    checkout="client-python",
    classes=Classes(
        base="MistralError",
        root="MistralError",
        status=_ANY,
        # Its README names the classes of its HTTP library, and it wraps none of them.
        connection="RequestError",
        timeout="TimeoutException",
        overloaded=_ANY,
        by_status={400: (_ANY,), 422: ("HTTPValidationError",), 429: (_ANY,), 500: (_ANY,), 503: (_ANY,)},
        others=frozenset({"NoResponseError", "ObservabilityError", "ResponseValidationError"}),
        parents=frozenset({"httpx", "httpx2"}),
        module="mistralai.client.errors",
        former_module="models",  # of releases before 2.0
        unrecorded=frozenset({"headers"}),
        response="raw_response",
    ),
    clients=(Client(title="the Mistral API", class_name="Mistral", module="mistralai.client"),),
    calls=CallSyntax(
        resources=frozenset({"agents", "chat", "conversations", "fim"}),
        methods=frozenset({f"{each}{kind}" for each in _STREAMS for kind in ("", "_async")}),
        awaited={f"{each}_async": each for each in (*_STREAMS, "complete", "create", "list", "process", "start")},
        managers=frozenset(),  # it sends the request at once
        plain=frozenset({f"{each}{kind}" for each in _PLAIN for kind in ("", "_async")}),
        prefixes=frozenset({"beta"}),
        other_clients=frozenset({"MistralAzure", "MistralGCP", "MistralGoogleCloud"}),
        lookalikes=frozenset({"anthropic", "cohere", "groq", "litellm", "ollama", "openai", "together"}),
    ),
    stream=StreamSyntax(
        end_reasons={"finish_reason": frozenset({"stop"})},
        last_events=frozenset({"conversation.response.done"}),
        last_classes=frozenset({"ResponseDoneEvent"}),
        failed_events=frozenset({"conversation.response.error"}),
        failed_classes=frozenset({"ResponseErrorEvent"}),
        events={
            "chat.completion.chunk": (*({"data": chunk} for chunk in CHUNKS), {"data": describe_chunk({})}),
            "message.output.delta": (
                {"event": "message.output.delta", "data": {"type": "message.output.delta", "content": TEXT}},
            ),
            **{kind: ({"event": kind, "data": {"type": kind}},) for kind in _CONVERSATION},
        },
        ends={"chat.completion.chunk": {"data": describe_chunk({"content": None}, END_REASON)}},
    ),
    is_sampled=True,
    statuses=STATUSES,
    overloaded_type=OVERLOADED,
    spellings={"max_retries=0": "no RetryConfig"},
    maps_stream_errors=True,  # its documentation has no other rule: an error has the status of its response
    sends_error='data: {"error": …}',
    last_event="data: [DONE] after a finish reason",
    endpoints=(
        Endpoint("/v1/chat/completions", Dialect.CHAT),
        Endpoint("/v1/conversations", Dialect.CONVERSATIONS),
    ),
    api="the Mistral API",
    current_api="chat.",
    snippet='mistralai.client.Mistral(server_url="{base_url}", api_key="any")',
    links=Links(
        repository=_REPOSITORY,
        errors="https://docs.mistral.ai/resources/error-glossary",
        streaming="https://docs.mistral.ai/api/",
        handling=_README,
        ideals={
            "connection": ("The SDK's README: a network error is a RequestError of the HTTP library", _README),
            "retry": ("The SDK's README: a client with a RetryConfig retries", f"{_REPOSITORY}#retries"),
        },
    ),
    home=__name__,
    folder=Path(__file__).parent,
    shared_probe=PYTHON_PROBE,
    class_handler="class-sdk-error",
    examples=(Example("mistralai==3.7.0", ("status-set",)),),
    patched="mistralai.client",
)
