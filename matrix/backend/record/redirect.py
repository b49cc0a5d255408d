"""The environment in which the SDKs of a program call the recorder. Pure.

Only the variables of the recorded API are set, and no key is changed: otherwise the key of one provider would be sent
to another.
"""

from collections.abc import Mapping
from typing import Final

from matrix.backend.variables import VARIABLES
from matrix.catalogue.dialect import OF_ANTHROPIC
from matrix.targets.target import Target

_LOOPBACK: Final = "127.0.0.1"


def variables(target: Target) -> tuple[str, ...]:
    """Return the variables by which the clients of an API are given their base URL; empty if there is none."""
    api = "anthropic" if target.dialects & OF_ANTHROPIC else target.id
    return tuple(variable.name for variable in VARIABLES if variable.recorded == api)


def redirect(environment: Mapping[str, str], target: Target, address: str) -> dict[str, str]:
    """Return an environment in which the clients of an API call an address on loopback, and no proxy before it."""
    excluded = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    direct = f"{excluded},{_LOOPBACK}" if excluded else _LOOPBACK
    return {**environment, **dict.fromkeys(variables(target), address), "NO_PROXY": direct, "no_proxy": direct}
