"""Public pages that describe the faults of the catalogue."""

from typing import Final

ERROR_PAGE: Final = "https://docs.claude.com/en/api/errors"
STREAMING_PAGE: Final = "https://docs.claude.com/en/docs/build-with-claude/streaming#error-events"
SSE_STANDARD: Final = "https://html.spec.whatwg.org/multipage/server-sent-events.html"
CHUNKED: Final = "https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding"
INCOMPLETE: Final = "https://www.rfc-editor.org/rfc/rfc9112#name-handling-incomplete-messages"

_SDK: Final = "https://github.com/anthropics/anthropic-sdk-python/issues"

STATUS_200: Final = f"{_SDK}/1258"
CONFUSION: Final = f"{_SDK}/688"
CLASS: Final = f"{_SDK}/1918"
TRANSPORT: Final = f"{_SDK}/1919"
INCOMPLETE_READ: Final = f"{_SDK}/1470"
AWS_STREAM: Final = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ResponseStream.html"
AWS_ERRORS: Final = (
    "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html"
)
AWS_COMMON_ERRORS: Final = "https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html"
AWS_FRAMES: Final = "https://smithy.io/2.0/aws/amazon-eventstream.html"
BEDROCK: Final = f"{_SDK}/1477"
ENDS_EARLY: Final = "https://github.com/anthropics/anthropic-sdk-typescript/issues/842"
LITELLM: Final = "https://github.com/BerriAI/litellm/issues/4562"
VERCEL: Final = "https://github.com/vercel/ai/issues/2463"
HELICONE: Final = "https://github.com/Helicone/helicone/pull/4678"
PYDANTIC_AI: Final = "https://github.com/pydantic/pydantic-ai/issues/4729"
PIPE: Final = "https://github.com/Podden/openwebui_anthropic_api_manifold_pipe/issues/19"
PIPE_STALLS: Final = "https://github.com/Podden/openwebui_anthropic_api_manifold_pipe/issues/1"
DATA_ONLY: Final = "https://github.com/caidaoli/ccLoad/pull/69"
EMPTY_DATA: Final = "https://github.com/openclaw/openclaw/issues/52679"
PLAIN_TEXT: Final = "https://github.com/lucasjinreal/Crane/pull/121"
