"""Redirection: the environment in which the SDKs of a program call the backend and nothing else. Pure.

Keys are replaced too: a program that ignores the address of the backend then fails with a wrong key, and costs nothing.
"""

from collections.abc import Mapping
from typing import Final

from matrix.backend.variables import URL, VARIABLES

PORT: Final = "{port}"
"""The mark in the command of a service, and in its address, that stands for a free port."""

SCENARIO: Final = "MIDSTREAM_SCENARIO"
"""The variable with the id of the scenario that is played, for programs that keep files of their own."""

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
