"""Rebuilds recorded exceptions as Python objects, so that Python itself can evaluate a condition on them."""

import builtins
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, Final

import msgspec

from matrix.observation import Raised

_PLAIN: Final = frozenset({"BaseException", "Exception", "OSError", "RuntimeError", "TypeError", "ValueError"})
"""Builtin exceptions that can be made of one text."""


class RebuiltErrors:
    """Recorded exceptions as Python objects, and the module of the SDK with their classes.

    Args:
        recorded: The exceptions.
        package: The name of the package whose classes `module` has.
    """

    def __init__(self, recorded: Iterable[Raised], package: str = "anthropic") -> None:
        self._classes: dict[str, type[Exception]] = {}
        self._package = package
        for each in recorded:
            self._find_class((each.name, *each.bases))
        base = self._classes[f"{package}.APIError"]
        self._classes.setdefault(f"{package}.APIConnectionError", _make_class(package, "APIConnectionError", base))

    @property
    def module(self) -> SimpleNamespace:
        """The module of the SDK, with the classes that conditions name."""
        prefix = f"{self._package}."
        return SimpleNamespace(
            **{name.removeprefix(prefix): each for name, each in self._classes.items() if name.startswith(prefix)}
        )

    def rebuild(self, raised: Raised) -> Exception:
        """Rebuild one exception: its class, attributes, text, message, body and response."""
        error: Any = self._find_class((raised.name, *raised.bases))(raised.text)
        for name, value in raised.attributes.items():
            setattr(error, name, value)
        for name in ("message", "body"):
            if (value := getattr(raised, name)) is not msgspec.UNSET:
                setattr(error, name, value)
        if isinstance(status := raised.attributes.get("status_code"), int):
            error.response = SimpleNamespace(status_code=status, is_server_error=500 <= status <= 599)
        for cause in raised.causes[:1]:
            setattr(error, f"__{cause.how}__", Exception(cause.text))
        return error  # type: ignore[no-any-return]  # it gets a response, which its class does not have

    def _find_class(self, names: tuple[str, ...]) -> type[Exception]:
        """Find or make the class with a dotted name, which comes before the names of its bases."""
        module, _, short = names[0].rpartition(".")
        if module == "builtins" and short in _PLAIN:
            return getattr(builtins, short)  # type: ignore[no-any-return]  # each of these is a class
        if names[0] not in self._classes:
            self._classes[names[0]] = _make_class(module, short, self._find_class(names[1:]))
        return self._classes[names[0]]


def _make_class(module: str, name: str, base: type[Exception]) -> type[Exception]:
    return type(name, (base,), {"__module__": module})
