"""Find the classes of clients that a source names: `anthropic.AsyncAnthropic`, `AnthropicBedrock`. Pure."""

import ast
import warnings
from collections.abc import Iterator
from typing import Final

from matrix.scan.sdk import Sdk


def find_clients(sdk: Sdk, text: str | bytes) -> frozenset[str]:
    """Return the names of the SDK's client classes in a source, without their module; none if it can't be parsed.

    A class counts if the source imports it, or names it as an attribute of the imported module.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's warnings about the user's code are not for our users
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    modules: dict[str, str] = {}
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                modules[alias.asname or root] = alias.name if alias.asname else root
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
            modules |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    names |= set(_attributes(tree, modules))
    return frozenset(name.rpartition(".")[2] for name in names if sdk.is_client(name) and ".types." not in f"{name}.")


def _attributes(tree: ast.AST, modules: dict[str, str]) -> Iterator[str]:
    """Yield the dotted name of each attribute of an imported module."""
    for node in ast.walk(tree):
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < _LONGEST:
            parts.append(node.attr)
            node = node.value
        if parts and isinstance(node, ast.Name) and node.id in modules:
            yield ".".join([modules[node.id], *reversed(parts)])


_LONGEST: Final = 8
"""Names after that of a module. Longer chains are no class of clients, and would take long."""
