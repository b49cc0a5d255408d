"""Variables of the environment from which SDKs read their addresses and keys. Pure.

Each was read from the source of the SDK that has it. An audit sets all of them, so that no key reaches a provider. A
recording sets only the addresses of the recorded API, since it needs the key.
"""

from typing import Final

import msgspec

KEY: Final = "midstream-audit"
"""The value of every key; the backend accepts any."""

URL: Final = "{url}"
"""The mark in a command or in a variable's value that stands for the address of the backend, without a final slash."""


class Variable(msgspec.Struct, frozen=True):
    """A variable of the environment that clients of an API read.

    Attributes:
        name: Its name.
        value: The value that an audit gives it, in which `URL` stands for the address of the backend.
        users: The clients that read it.
        recorded: The target with whose API `matrix record` sets it, to the address of its proxy; empty for none.
    """

    name: str
    value: str
    users: str
    recorded: str = ""


_ANTHROPIC: Final = "Anthropic SDKs (Python, TypeScript), langchain-anthropic, pydantic-ai, instructor, agno, litellm"
_OPENAI: Final = "OpenAI SDKs (Python, TypeScript), litellm"
_AWS: Final = "AnthropicBedrock, boto3"
_VERTEX: Final = "AnthropicVertex, which also needs credentials of Google"
_FOUNDRY: Final = "AnthropicFoundry"
_PLATFORM: Final = "AnthropicAWS"
_GOOGLE: Final = "AnthropicGoogleCloud, which also needs credentials of Google"

VARIABLES: Final = (
    Variable("ANTHROPIC_BASE_URL", URL, _ANTHROPIC, "anthropic"),
    Variable("ANTHROPIC_API_URL", URL, "langchain-anthropic, older releases", "anthropic"),
    Variable("ANTHROPIC_API_BASE", URL, "litellm", "anthropic"),
    Variable("ANTHROPIC_API_KEY", KEY, _ANTHROPIC),
    Variable("ANTHROPIC_BEDROCK_BASE_URL", URL, "AnthropicBedrock"),
    Variable("ANTHROPIC_BEDROCK_MANTLE_BASE_URL", URL, "AnthropicBedrockMantle"),
    Variable("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", URL, "boto3"),
    Variable("AWS_BEDROCK_RUNTIME_ENDPOINT", URL, "litellm"),
    Variable("AWS_ACCESS_KEY_ID", KEY, _AWS),
    Variable("AWS_SECRET_ACCESS_KEY", KEY, _AWS),
    Variable("AWS_REGION", "us-east-1", _AWS),
    Variable("AWS_DEFAULT_REGION", "us-east-1", _AWS),
    Variable("AWS_EC2_METADATA_DISABLED", "true", "boto3"),
    Variable("ANTHROPIC_VERTEX_BASE_URL", URL, _VERTEX),
    Variable("ANTHROPIC_VERTEX_PROJECT_ID", "midstream", _VERTEX),
    Variable("CLOUD_ML_REGION", "us-east5", _VERTEX),
    Variable("ANTHROPIC_FOUNDRY_BASE_URL", URL, _FOUNDRY),
    Variable("ANTHROPIC_FOUNDRY_API_KEY", KEY, _FOUNDRY),
    Variable("ANTHROPIC_AWS_BASE_URL", URL, _PLATFORM),
    Variable("ANTHROPIC_AWS_API_KEY", KEY, _PLATFORM),
    Variable("ANTHROPIC_AWS_WORKSPACE_ID", "midstream", _PLATFORM),
    Variable("ANTHROPIC_GOOGLE_CLOUD_BASE_URL", URL, _GOOGLE),
    Variable("ANTHROPIC_GOOGLE_CLOUD_PROJECT", "midstream", _GOOGLE),
    Variable("ANTHROPIC_GOOGLE_CLOUD_LOCATION", "us-east5", _GOOGLE),
    Variable("ANTHROPIC_GOOGLE_CLOUD_WORKSPACE_ID", "midstream", _GOOGLE),
    Variable("OPENAI_BASE_URL", f"{URL}/v1", _OPENAI, "openai"),
    Variable("OPENAI_API_BASE", f"{URL}/v1", "litellm, langchain-openai, OpenAI SDK before 1.0", "openai"),
    Variable("OPENAI_API_KEY", KEY, _OPENAI),
    Variable("AZURE_OPENAI_ENDPOINT", URL, "AzureOpenAI"),
    Variable("AZURE_OPENAI_API_KEY", KEY, "AzureOpenAI"),
    Variable("OPENAI_API_VERSION", "2024-10-21", "AzureOpenAI"),
    Variable("GROQ_BASE_URL", URL, "Groq SDK", "groq"),
    Variable("GROQ_API_KEY", KEY, "Groq SDK"),
    Variable("TOGETHER_BASE_URL", URL, "Together SDK", "together"),
    Variable("TOGETHER_API_KEY", KEY, "Together SDK"),
    Variable("GOOGLE_GEMINI_BASE_URL", URL, "google-genai"),
    Variable("GEMINI_API_KEY", KEY, "google-genai"),
    Variable("CO_API_URL", URL, "Cohere SDK"),
    Variable("CO_API_KEY", KEY, "Cohere SDK"),
    Variable("OLLAMA_HOST", URL, "Ollama SDK"),
    Variable("MISTRAL_API_KEY", KEY, "Mistral SDK, which has no variable for the address"),
)
"""All variables that are known. An audit sets them all, whatever its API: a program may call two."""
