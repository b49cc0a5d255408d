"""The target `anthropic-typescript`: the Anthropic TypeScript SDK."""

from pathlib import Path
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.error_types import DOCUMENTED_STATUS
from matrix.targets.endpoint import Endpoint
from matrix.targets.launcher import Launcher
from matrix.targets.links import Links
from matrix.targets.names import Classes, Client, Transport
from matrix.targets.target import Registry, Target

_SERVER: Final = "InternalServerError"

ANTHROPIC_TYPESCRIPT: Final = Target(
    id="anthropic-typescript",
    title="the Anthropic TypeScript SDK",
    registry=Registry.NPM,
    package="@anthropic-ai/sdk",
    module="@anthropic-ai/sdk",
    checkout="anthropic-sdk-typescript",
    classes=Classes(
        base="AnthropicError",
        root="APIError",
        # It has no class of its own for the errors of a response.
        status="APIError",
        connection="APIConnectionError",
        timeout="APIConnectionTimeoutError",
        overloaded="OverloadedError",
        by_status={
            400: ("BadRequestError",),
            401: ("AuthenticationError",),
            402: ("PaymentRequiredError",),
            403: ("PermissionDeniedError",),
            404: ("NotFoundError",),
            408: ("RequestTimeoutError",),
            409: ("ConflictError",),
            412: ("PreconditionFailedError",),
            413: ("ContentTooLargeError",),
            422: ("UnprocessableEntityError",),
            429: ("RateLimitError",),
            431: ("RequestHeaderFieldsTooLargeError",),
            499: ("ClientClosedRequestError",),
            500: (_SERVER,),
            501: ("NotImplementedError", _SERVER),
            503: ("ServiceUnavailableError", _SERVER),
            504: ("GatewayTimeoutError", _SERVER),
            529: ("OverloadedError", _SERVER),
        },
        others=frozenset({"APIUserAbortError", "RetryableError"}),
    ),
    clients=(Client(title="the Anthropic API", class_name="Anthropic", aliases=frozenset({"Client"})),),
    is_scanned=False,
    transport=Transport("undici", ("SocketError", "UndiciError")),
    statuses=DOCUMENTED_STATUS,
    # Its maintainers leave such an error without a status, and name its type.
    stream_status=None,
    spellings={
        "status_code": "status",
        "request_id": "requestID",
        "body": "error",
        "None": "null",
        "str": "String",
        "except": "catch",
        "except CLASS": "instanceof CLASS",
        "get_final_message": "finalMessage",
        "max_retries=0": "maxRetries: 0",
    },
    endpoints=(
        Endpoint("/v1/messages", Dialect.MESSAGES),
        # From this version on, completions stream named events; the oldest releases send no version at all.
        Endpoint("/v1/complete", Dialect.COMPLETIONS, "anthropic-version", "2023-06-01", Dialect.LEGACY),
    ),
    api="the Anthropic API",
    current_api="messages.",
    snippet='new Anthropic({baseURL: "{base_url}", apiKey: "any", maxRetries: 0})',
    links=Links(
        repository="https://github.com/anthropics/anthropic-sdk-typescript",
        errors="https://docs.anthropic.com/en/api/errors",
        streaming="https://docs.anthropic.com/en/docs/build-with-claude/streaming",
        handling="https://github.com/anthropics/anthropic-sdk-typescript#handling-errors",
        tag_prefix="sdk-v",
        prefixed_since="0.12.4",
    ),
    runtime="node-24",
    launcher=Launcher(flags=(), entry="probe.mjs", is_python=False, unlimited=("AS",)),
    home=__name__,
    folder=Path(__file__).parent,
    # The SDK's timeout ends with the head of a response, so a call waits for ever for a server that falls silent: in
    # four scenarios on some releases.
    hopeless=6,
    class_handler="class-overloaded",
    compared_handlers=("class-overloaded", "status-529", "body-type", "type-attr"),
)
