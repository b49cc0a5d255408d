"""The target `cohere`: the Cohere Python SDK."""

from pathlib import Path
from typing import Final

from matrix.catalogue.cohere.errors import OVERLOADED, STATUSES
from matrix.catalogue.dialect import Dialect
from matrix.targets.endpoint import Endpoint
from matrix.targets.links import Links
from matrix.targets.names import END_REASON, TEXT, CallSyntax, Classes, Client, StreamSyntax
from matrix.targets.sources import PYTHON_PROBE
from matrix.targets.target import Example, Registry, Target

_BASE: Final = "ApiError"

COHERE: Final = Target(
    id="cohere",
    title="the Cohere Python SDK",
    registry=Registry.PYPI,
    package="cohere",
    module="cohere",
    checkout="cohere-python",
    classes=Classes(
        base=_BASE,
        root=_BASE,
        status=_BASE,
        # It wraps no error of its HTTP library, and documents no class for one.
        connection="TransportError",
        timeout="TimeoutException",
        overloaded="ServiceUnavailableError",
        by_status={
            400: ("BadRequestError",),
            401: ("UnauthorizedError",),
            403: ("ForbiddenError",),
            404: ("NotFoundError",),
            422: ("UnprocessableEntityError",),
            429: ("TooManyRequestsError",),
            498: ("InvalidTokenError",),
            499: ("ClientClosedRequestError",),
            500: ("InternalServerError",),
            501: ("NotImplementedError",),
            503: ("ServiceUnavailableError",),
            504: ("GatewayTimeoutError",),
        },
        parents=frozenset({"httpx", "httpx2"}),
        unexported=frozenset({_BASE}),
        response="",
    ),
    clients=(Client(title="the Cohere API", class_name="ClientV2"),),
    calls=CallSyntax(
        own={"chat_stream": "chat_stream"},
        lazy=frozenset({"chat_stream"}),
        other_clients=frozenset(
            {"AwsClient"}
            | {f"{host}Client{version}" for host in ("Bedrock", "Oci", "Sagemaker") for version in ("", "V2")}
        ),
        plain=frozenset({"chat", "classify", "embed", "parse", "rerank"}),
        lookalikes=frozenset({"anthropic", "groq", "litellm", "mistralai", "ollama", "openai", "together"}),
    ),
    stream=StreamSyntax(
        end_reasons={"finish_reason": frozenset({"COMPLETE"})},
        # This event comes with an error, too, which its reason names.
        last_events=frozenset({"message-end"}),
        last_classes=frozenset({"MessageEndV2ChatStreamResponse", "MessageEndStreamedChatResponseV2"}),
        events={
            "content-delta": ({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": TEXT}}}},)
        },
        ends={"message-end": {"type": "message-end", "delta": {"finish_reason": END_REASON}}},
    ),
    is_sampled=True,
    statuses=STATUSES,
    overloaded_type=OVERLOADED,
    maps_stream_errors=True,  # its maintainers document no exception for an error in a stream
    sends_error='{"type": "message-end", "delta": {"finish_reason": "ERROR", …}}',
    last_event="message-end, with a finish reason",
    endpoints=(Endpoint("/v2/chat", Dialect.COHERE),),
    api="the Cohere API",
    current_api="chat_stream",
    snippet='cohere.ClientV2(base_url="{base_url}", api_key="any")',
    links=Links(
        repository="https://github.com/cohere-ai/cohere-python",
        errors="https://docs.cohere.com/reference/errors",
        streaming="https://docs.cohere.com/docs/streaming",
        handling="https://docs.cohere.com/reference/errors",
        tag_prefix="",
        ideals={
            "error": ("Our choice: ApiError is the base class of every error of the SDK", ""),
            "connection": ("Our choice: the SDK has no class for a lost connection, so that of httpx is right", ""),
            "retry": ("Our choice: a client whose default is two retries may retry a 429 and a 5xx", ""),
        },
    ),
    home=__name__,
    folder=Path(__file__).parent,
    shared_probe=PYTHON_PROBE,
    class_handler="class-5xx-429",
    examples=(Example("cohere==7.3.1", ("status-set",)),),
)
