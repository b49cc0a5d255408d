"""Redirection: the environment in which the SDKs of a program call the backend and nothing else. Pure.

Each variable was read from the source of the SDK that has it. Keys are replaced too: a program that ignores the address
of the backend then fails with a wrong key, and costs nothing.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

KEY: Final = "midstream-audit"
"""The value of every key; the backend accepts any."""

URL: Final = "{url}"
"""The mark in a command or in a variable's value that stands for the address of the backend, without a final slash."""

PORT: Final = "{port}"
"""The mark in the command of a service, and in its address, that stands for a free port."""

SCENARIO: Final = "MIDSTREAM_SCENARIO"
"""The variable with the id of the scenario that is played, for programs that keep files of their own."""


class Variable(msgspec.Struct, frozen=True):
    """A variable of the environment that an audit sets.

    Attributes:
        name: Its name.
        value: Its value, in which `URL` stands for the address of the backend.
        users: The clients that read it.
    """

    name: str
    value: str
    users: str


_ANTHROPIC: Final = "Anthropic SDKs (Python, TypeScript), langchain-anthropic, pydantic-ai, instructor, agno, litellm"
_OPENAI: Final = "OpenAI SDKs (Python, TypeScript), litellm"
_AWS: Final = "AnthropicBedrock, boto3"
_VERTEX: Final = "AnthropicVertex, which also needs credentials of Google"
_FOUNDRY: Final = "AnthropicFoundry"
_PLATFORM: Final = "AnthropicAWS"
_GOOGLE: Final = "AnthropicGoogleCloud, which also needs credentials of Google"

VARIABLES: Final = (
    Variable("ANTHROPIC_BASE_URL", URL, _ANTHROPIC),
    Variable("ANTHROPIC_API_URL", URL, "langchain-anthropic, older releases"),
    Variable("ANTHROPIC_API_BASE", URL, "litellm"),
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
    Variable("OPENAI_BASE_URL", f"{URL}/v1", _OPENAI),
    Variable("OPENAI_API_BASE", f"{URL}/v1", "litellm, langchain-openai, OpenAI SDK before 1.0"),
    Variable("OPENAI_API_KEY", KEY, _OPENAI),
    Variable("AZURE_OPENAI_ENDPOINT", URL, "AzureOpenAI"),
    Variable("AZURE_OPENAI_API_KEY", KEY, "AzureOpenAI"),
    Variable("OPENAI_API_VERSION", "2024-10-21", "AzureOpenAI"),
    Variable("GROQ_BASE_URL", URL, "Groq SDK"),
    Variable("GROQ_API_KEY", KEY, "Groq SDK"),
    Variable("TOGETHER_BASE_URL", URL, "Together SDK"),
    Variable("TOGETHER_API_KEY", KEY, "Together SDK"),
    Variable("GOOGLE_GEMINI_BASE_URL", URL, "google-genai"),
    Variable("GEMINI_API_KEY", KEY, "google-genai"),
    Variable("CO_API_URL", URL, "Cohere SDK"),
    Variable("CO_API_KEY", KEY, "Cohere SDK"),
    Variable("OLLAMA_HOST", URL, "Ollama SDK"),
    Variable("MISTRAL_API_KEY", KEY, "Mistral SDK, which has no variable for the address"),
)
"""The variables that are set, whatever the API of the audit: a program may call two."""

REMOVED: Final = frozenset(
    {
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"),
        *("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_FOUNDRY_RESOURCE", "ANTHROPIC_CUSTOM_HEADERS", "ANTHROPIC_PROFILE"),
        *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK"),
        *("GOOGLE_API_KEY", "OLLAMA_API_KEY"),
        *("AZURE_OPENAI_AD_TOKEN", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"),
    }
)
"""Variables that are removed, in upper or lower case: proxies, and credentials that would stand before the keys."""


def redirect(environment: Mapping[str, str], url: str, scenario: str, port: int) -> dict[str, str]:
    """Return an environment for a program whose calls should reach the backend.

    Args:
        environment: The environment of the audit.
        url: The address of the backend.
        scenario: The id of the scenario that is played.
        port: The free port for a service.
    """
    own = {name: value for name, value in environment.items() if name.upper() not in REMOVED}
    return own | sdk_variables(url) | {"PORT": str(port), SCENARIO: scenario}


def sdk_variables(url: str) -> dict[str, str]:
    """Return the variables by which every SDK calls the backend at an address, without a proxy."""
    own = {variable.name: variable.value.replace(URL, url) for variable in VARIABLES}
    return own | {"NO_PROXY": "*", "no_proxy": "*"}


def fill(text: str, url: str, port: int) -> str:
    """Replace the marks for the address of the backend and for a free port."""
    return text.replace(URL, url).replace(PORT, str(port))
