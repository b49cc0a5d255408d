"""Says whether a recorded exception is an instance of a class. Pure."""

from typing import Final

from matrix.observation import Raised
from matrix.targets.names import is_within

ALIASES: Final = {
    "asyncio.TimeoutError": "builtins.TimeoutError",
    "asyncio.exceptions.TimeoutError": "builtins.TimeoutError",
    "concurrent.futures.TimeoutError": "builtins.TimeoutError",
    "socket.timeout": "builtins.TimeoutError",
    "socket.error": "builtins.OSError",
    "builtins.IOError": "builtins.OSError",
    "builtins.EnvironmentError": "builtins.OSError",
    "json.JSONDecodeError": "json.decoder.JSONDecodeError",
    "pydantic.ValidationError": "pydantic_core._pydantic_core.ValidationError",
    "pydantic_core.ValidationError": "pydantic_core._pydantic_core.ValidationError",
}
"""Names of exceptions of Python's library and of pydantic, and the name that the same class has in the data."""


def is_a(raised: Raised, name: str, module: str) -> bool:
    """Return whether an exception is an instance of a class, by its dotted name.

    Args:
        raised: The exception.
        name: The name of the class.
        module: The module of the SDK, which may be one of several in a namespace.
    """
    wanted = ALIASES.get(name, name)
    return any(_same_class(each, wanted, module) for each in (raised.name, *raised.bases))


def _same_class(name: str, wanted: str, module: str) -> bool:
    """Return whether two dotted names mean one class; the module inside a package does not matter."""
    if name == wanted:
        return True
    package = module if is_within(name, module) else name.partition(".")[0]
    if package in {"builtins", "json"} or name.rpartition(".")[2] != wanted.rpartition(".")[2]:
        return False
    return is_within(wanted, package)
