"""Public pages that describe the faults of the Mistral scenarios."""

from typing import Final

from matrix.catalogue.openai import sources as of_openai

ERROR_PAGE: Final = "https://docs.mistral.ai/resources/error-glossary"
"""The statuses, the object of an error, and which errors are transient: 503 is an overloaded server."""

API: Final = "https://docs.mistral.ai/api/"
"""The reference: the chunks of a stream, their finish reasons, and the events of a conversation."""

STREAMING: Final = "https://docs.mistral.ai/capabilities/completion/"

_SDK: Final = "https://github.com/mistralai/client-python"

SDK_ERRORS: Final = f"{_SDK}#error-handling"
SDK_RETRIES: Final = f"{_SDK}#retries"
CHUNKS: Final = f"{_SDK}/issues/16"
FINISHED_BY_ERROR: Final = f"{_SDK}/issues/74"
LOST: Final = f"{_SDK}/issues/60"

INVALID_BODY: Final = "https://github.com/Mobile-Artificial-Intelligence/maid/issues/672"
RATE_LIMIT_BODY: Final = "https://github.com/raycast/extensions/issues/31107"
CAPACITY_BODY: Final = "https://github.com/continuedev/continue/issues/6185"
CAPACITY_STATUS: Final = "https://github.com/BerriAI/litellm/pull/25078"
VALIDATION_BODY: Final = "https://github.com/mistralai/platform-docs-public/issues/212"

UNDEFINED: Final = "https://github.com/elastic/elasticsearch/pull/128538"
"""Says that no page defines the form of an error inside a stream, and that clients assume that of OpenAI."""

VLLM: Final = "https://docs.mistral.ai/self-deployment/vllm"
"""Recommends vLLM for Mistral's models, to which this SDK is pointed by its `server_url`."""

VLLM_FORM: Final = "https://github.com/foundation-model-stack/fms-guardrails-orchestrator/issues/511"
VLLM_IN_STREAM: Final = "https://github.com/BerriAI/litellm/pull/32237"
VLLM_DONE: Final = "https://github.com/foundation-model-stack/fms-guardrails-orchestrator/pull/436"

KEEP_ALIVE: Final = "https://github.com/mistralai/mistral-vibe/issues/762"
CUT: Final = "https://github.com/langchain-ai/langchain/pull/34209"
BAD_EVENTS: Final = of_openai.BAD_EVENTS
NO_DONE: Final = of_openai.NO_DONE
