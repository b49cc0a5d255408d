"""The target `google-genai`: the Google Gen AI Python SDK."""

from pathlib import Path
from typing import Any, Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.gemini import sources
from matrix.catalogue.gemini.errors import OVERLOADED, STATUSES
from matrix.targets.endpoint import Endpoint
from matrix.targets.links import Links
from matrix.targets.names import END_REASON, TEXT, CallSyntax, Classes, Client, StreamSyntax
from matrix.targets.sources import PYTHON_PROBE
from matrix.targets.target import Example, Registry, Target

_CLIENT: Final = "ClientError"
_SERVER: Final = "ServerError"

_STREAMS: Final = ("generate_content_stream", "send_message_stream")


def _candidate(text: str, reason: str | None = None) -> dict[str, Any]:
    """Describe what programs can read of the candidate in a chunk."""
    return {"index": 0, "content": {"role": "model", "parts": [{"text": text}]}, "finish_reason": reason}


GOOGLE_GENAI: Final = Target(
    id="google-genai",
    title="the Google Gen AI Python SDK",
    registry=Registry.PYPI,
    package="google-genai",
    module="google.genai",
    checkout="python-genai",
    classes=Classes(
        base="APIError",
        root="APIError",
        status="APIError",
        connection="",
        timeout="",
        overloaded=_SERVER,
        by_status={
            400: (_CLIENT,),
            401: (_CLIENT,),
            403: (_CLIENT,),
            404: (_CLIENT,),
            429: (_CLIENT,),
            500: (_SERVER,),
            503: (_SERVER,),
            504: (_SERVER,),
        },
        others=frozenset(
            {
                "ContinuationInterruptedError",
                "FunctionInvocationError",
                "UnknownApiResponseError",
                "UnknownFunctionCallArgumentError",
                "UnsupportedFunctionError",
            }
        ),
        module="google.genai.errors",
    ),
    clients=(Client(title="the Gemini API", class_name="Client"),),
    calls=CallSyntax(
        resources=frozenset({"chats", "models"}),
        methods=frozenset(_STREAMS),
        lazy=frozenset(_STREAMS),
        managers=frozenset(),
        makers=frozenset({"chats.create"}),
        other_options=frozenset({"enterprise", "vertexai"}),
        plain=frozenset(
            {"chats.send_message", "files.upload"}
            | {f"models.{each}" for each in ("count_tokens", "embed_content", "generate_content", "get", "list")}
        ),
        prefixes=frozenset({"aio"}),
        async_prefixes=frozenset({"aio"}),
        lookalikes=frozenset({"anthropic", "google.generativeai", "litellm", "openai", "vertexai"}),
    ),
    stream=StreamSyntax(
        end_reasons={"finish_reason": frozenset({"STOP"})},
        text_first=True,
        # In old releases, a chunk without candidates is an error that they do not raise.
        events={"GenerateContentResponse": ({"text": TEXT, "candidates": [_candidate(TEXT)]}, {})},
        ends={"GenerateContentResponse": {"candidates": [_candidate("", END_REASON)]}},
    ),
    is_sampled=True,
    statuses=STATUSES,
    overloaded_type=OVERLOADED,
    spellings={"status_code": "code", "max_retries=0": "retry_options=None"},
    error_names=("status",),
    maps_stream_errors=True,  # APIError.raise_error() chooses the class by the code of an error in a stream, too
    sends_error='data: {"error": …}',
    last_event="a chunk with a finishReason",
    # The version of the API precedes the model; it is a part of the path, and not of the base URL.
    endpoints=(Endpoint("/*/models/*:streamGenerateContent", Dialect.GEMINI),),
    api="the Gemini API",
    current_api="models.",
    snippet='genai.Client(api_key="any", http_options={"base_url": "{base_url}"})',
    links=Links(
        repository="https://github.com/googleapis/python-genai",
        errors=sources.ERROR_PAGE,
        streaming=sources.STREAMING_PAGE,
        handling=sources.SDK_ERRORS,
        ideals={
            "error": ("The SDK's README: errors are an APIError", sources.SDK_ERRORS),
            "connection": ("Our choice: the SDK documents no class for a connection that fails", ""),
            "retry": (
                "The SDK's HttpRetryOptions retry 408, 429, 5xx and timeouts; nothing is retried without them",
                sources.RETRY_OPTIONS,
            ),
        },
    ),
    home=__name__,
    folder=Path(__file__).parent,
    shared_probe=PYTHON_PROBE,
    class_handler="class-server-error",
    examples=(Example("google-genai==3.6.1", ("code-set",)),),
)
