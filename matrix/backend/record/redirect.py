"""The environment in which the SDKs of a program call the recorder. Pure.

Only the variables of the recorded API are set, and no key is changed: otherwise the key of one provider would be sent
to another.
"""

from collections.abc import Mapping
from typing import Final

from matrix.catalogue.dialect import OF_ANTHROPIC
from matrix.targets.target import Target

_OF_ANTHROPIC: Final = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL", "ANTHROPIC_API_BASE")
_OF_OTHERS: Final = {
    "openai": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    "groq": ("GROQ_BASE_URL",),
    "together": ("TOGETHER_BASE_URL",),
}
"""The id of a target to the variables of its API."""
_LOOPBACK: Final = "127.0.0.1"


def variables(target: Target) -> tuple[str, ...]:
    """Return the variables by which the clients of an API are given their base URL; empty if none is known."""
    return _OF_ANTHROPIC if target.dialects & OF_ANTHROPIC else _OF_OTHERS.get(target.id, ())


def redirect(environment: Mapping[str, str], target: Target, address: str) -> dict[str, str]:
    """Return an environment in which the clients of an API call an address on loopback, and no proxy before it."""
    names = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    direct = f"{names},{_LOOPBACK}" if names else _LOOPBACK
    return {**environment, **dict.fromkeys(variables(target), address), "NO_PROXY": direct, "no_proxy": direct}
