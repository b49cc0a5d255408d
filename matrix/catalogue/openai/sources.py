"""Public pages that describe the faults of the OpenAI scenarios."""

from typing import Final

ERROR_PAGE: Final = "https://platform.openai.com/docs/guides/error-codes"
CHAT_STREAM: Final = "https://platform.openai.com/docs/api-reference/chat-streaming"
RESPONSE_STREAM: Final = "https://platform.openai.com/docs/api-reference/responses-streaming"
RATE_LIMITS: Final = (
    "https://learn.microsoft.com/en-us/microsoft-cloud/dev/dev-proxy/concepts/openai-rate-limit-reached"
)
"""A table of the codes and types of rate limits and overload, with the status of each."""

_SDK: Final = "https://github.com/openai/openai-python"

SDK_ERRORS: Final = f"{_SDK}#handling-errors"
SDK_RETRIES: Final = f"{_SDK}#retries"
SAME_MESSAGE: Final = f"{_SDK}/issues/1160"
RATE_LIMIT_IN_STREAM: Final = f"{_SDK}/issues/2699"
FLAT_ERROR: Final = f"{_SDK}/issues/2487"
INCOMPLETE_READ: Final = f"{_SDK}/issues/2356"
CLOSED: Final = f"{_SDK}/issues/2065"
CONTROL_ONLY: Final = f"{_SDK}/issues/2722"
EMPTY_DATA: Final = f"{_SDK}/issues/3833"
BAD_EVENTS: Final = f"{_SDK}/pull/2960"

KEEP_ALIVE: Final = "https://github.com/omnigent-ai/omnigent/pull/1474"
RATE_LIMIT_BODY: Final = "https://github.com/aallam/openai-kotlin/issues/216"
QUOTA_BODY: Final = "https://github.com/continuedev/continue/issues/10626"
IN_STREAM: Final = "https://github.com/aaif-goose/goose/pull/8027"
ERROR_THEN_FAILED: Final = "https://github.com/vercel/ai/issues/6534"
FLAT_AND_NESTED: Final = "https://github.com/stdapi-ai/stdapi.ai/issues/294"
FAILED: Final = "https://github.com/langchain-ai/langchain/pull/39041"
FAILED_CODE: Final = "https://github.com/BerriAI/litellm/issues/29223"
INCOMPLETE: Final = "https://github.com/pydantic/pydantic-ai/issues/7911"

ERROR_THEN_DONE: Final = "https://github.com/vllm-project/guidellm/pull/795"
UNKNOWN_TYPE: Final = "https://github.com/awsl-project/maxx/issues/284"
NUMBER_AS_CODE: Final = "https://github.com/exo-explore/exo/pull/1758"
NO_TYPE: Final = "https://github.com/zendev-sh/goai/pull/110"
ONLY_MESSAGE: Final = "https://github.com/apache/rocketmq-dashboard/issues/2178"
NAMED_EVENT: Final = "https://github.com/spiceai/spiceai/pull/3641"
ERROR_FIELD: Final = "https://github.com/ggml-org/llama.cpp/pull/16109"
EMPTY_EVENT: Final = "https://github.com/coddy-project/coddy-agent/pull/106"
OPENROUTER_STREAM: Final = "https://openrouter.ai/docs/api-reference/streaming"
OPENROUTER_ERRORS: Final = "https://openrouter.ai/docs/api-reference/errors"

CUT: Final = "https://github.com/pydantic/pydantic-ai/issues/6610"
CUT_AS_SUCCESS: Final = "https://github.com/BerriAI/litellm/issues/40260"
NO_FINISH: Final = "https://github.com/earendil-works/pi/issues/8496"
NO_DONE: Final = "https://github.com/oobabooga/textgen/issues/4778"
