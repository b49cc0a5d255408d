"""Finds the client that a function makes of the name of a model, or of a client of another package. Pure."""

import ast
from collections.abc import Callable, Iterable
from typing import Final

from matrix.scan.referents import ClientObject, Referent
from matrix.scan.scopes import Scope
from matrix.scan.sdk import Sdk
from matrix.scan.values import DottedName
from matrix.targets.names import Factory

_PROVIDER: Final = "model_provider"
_ASYNC: Final = "async_client"

Find = Callable[[ast.AST, Scope], Iterable[Referent]]
"""Finds everything to which an expression may refer."""


def find_made(sdk: Sdk, name: str, node: ast.Call, scope: Scope, find: Find) -> ClientObject | None:
    """Find the client that a function makes, which may be one that was not measured.

    Args:
        sdk: The SDK.
        name: The dotted name of the function, one of `CallSyntax.factories`.
        node: Its call.
        scope: The scope of the call.
        find: Finds to what expressions refer.

    Returns:
        The client; None if a function of another package makes one that is not the SDK's, or not known to be.
    """
    factory = sdk.target.calls.factories[name]
    named = {each.arg: each.value for each in node.keywords if each.arg}
    first = node.args[0] if node.args else named.get("model", named.get("client"))
    kind = _name_class(first, scope, find) if not factory.models else ""
    last = name.rpartition(".")[2]
    unusual = next((each for each in named if not _is_usual(factory, each, named[each])), "")
    if unusual:
        unmeasured = f"{last}({unusual}=...)"
    elif factory.models:
        model = _read_text(first, scope)
        given = _read_text(named[_PROVIDER], scope) if _PROVIDER in named else model
        beginnings = (factory.models[0][:-1],) if _PROVIDER in named else factory.models
        unmeasured = "" if given.startswith(beginnings) else f"{last} of {model}" if model else last
    else:
        is_measured = bool(factory.clients) and kind.removeprefix("Async") in {"", *factory.clients}
        unmeasured = "" if is_measured else f"{last}({kind})" if kind else last
    if unmeasured and not sdk.owns(name):
        return None
    flag = named.get(_ASYNC)
    is_flagged = isinstance(flag, ast.Constant) and bool(flag.value)
    return ClientObject(unmeasured, is_flagged or (bool(factory.clients) and kind.startswith("Async")))


def _is_usual(factory: Factory, name: str, value: ast.expr) -> bool:
    """Return whether an argument has a value with which the client was measured."""
    return name not in factory.usual or ast.unparse(value).rpartition(".")[2] in factory.usual[name]


def _read_text(node: ast.expr | None, scope: Scope) -> str:
    """Return a text that an expression is, or that its name has; empty if it is not known."""
    node, _ = follow_name(node, scope)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _name_class(node: ast.expr | None, scope: Scope, find: Find) -> str:
    """Return the last name of the class of an object that is made in an expression; empty if it is not known."""
    node, scope = follow_name(node, scope)
    made = find(node.func, scope) if isinstance(node, ast.Call) else ()
    return next((each.name.rpartition(".")[2] for each in made if isinstance(each, DottedName)), "")


def follow_name(node: ast.expr | None, scope: Scope) -> tuple[ast.expr | None, Scope]:
    """Follow a name to the only expression that it is bound to; return anything else as it is."""
    if not isinstance(node, ast.Name):
        return node, scope
    bindings = scope.find_bindings(node.id)
    bound = bindings[0] if len(bindings) == 1 else None
    return (bound.node, bound.scope) if bound is not None and isinstance(bound.node, ast.expr) else (None, scope)
