"""Calls of the SDK in a user's source, and whether they stream. Pure."""

import ast
from collections.abc import Iterable, Iterator

from matrix.scan.evaluator import Evaluator
from matrix.scan.scopes import FUNCTIONS, Module, Scope
from matrix.scan.sdk import Sdk
from matrix.scan.values import Client, Method, OwnFunction, Unknown


class SdkCalls:
    """The calls of the SDK in one file.

    Args:
        sdk: The SDK.
        module: The file.
        evaluator: Evaluates names.
        uses_sdk: Whether the file uses the SDK; only then is a client recognised by the methods that are called on it.
    """

    def __init__(self, sdk: Sdk, module: Module, evaluator: Evaluator, *, uses_sdk: bool) -> None:
        self._sdk = sdk
        self._module = module
        self._evaluator = evaluator
        self._guess = uses_sdk and sdk.target.calls.lookalikes.isdisjoint(module.imported_roots)

    def is_sdk(self, call: ast.Call) -> bool:
        """Return whether a call asks the SDK for an answer."""
        names, node, syntax = [], call.func, self._sdk.target.calls
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not names or names[0] not in syntax.methods or not syntax.foreign.isdisjoint(names):
            return False
        if syntax.resources.isdisjoint(names[1:]):
            return False
        resource = next(index for index, name in enumerate(names) if name in syntax.resources)
        if not set(names[1:resource]) <= syntax.wrappers:
            return False
        base: ast.expr = call.func
        for _ in range(resource + 1):
            base = base.value if isinstance(base, ast.Attribute) else base
        while isinstance(base, ast.Attribute) and base.attr in syntax.prefixes:
            base = base.value
        value = self._evaluator.evaluate(base, self._module.scope_of.get(call, self._module.top)).data
        if isinstance(value, Client) or (isinstance(value, Method) and isinstance(value.owner, Client)):
            return True
        return self._guess and isinstance(value, Unknown)

    def find_calls(self, nodes: Iterable[ast.AST], *, follow: bool = True) -> list[ast.Call]:
        """Find the calls of the SDK in some code; with `follow`, also in the functions of the file that it calls."""
        sdk_calls: list[ast.Call] = []
        entered: set[ast.AST] = set()
        for call in self._walk_calls(nodes):
            if self.is_sdk(call):
                sdk_calls.append(call)
            elif follow and (function := self._find_own_function(call)) is not None and function not in entered:
                entered.add(function)
                sdk_calls.extend(inner for inner in self._walk_calls(body_of(function)) if self.is_sdk(inner))
        return sdk_calls

    def _walk_calls(self, nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
        """Yield the calls in some code, except in functions that it only defines."""
        stack, count = list(nodes), 0
        while stack:
            node = stack.pop()
            count += 1
            if count % 10 == 0:
                self._evaluator.work.spend()
            if isinstance(node, ast.Call):
                yield node
            if not isinstance(node, FUNCTIONS):
                stack.extend(ast.iter_child_nodes(node))

    def _find_own_function(self, call: ast.Call) -> ast.AST | None:
        if not isinstance(call.func, ast.Name | ast.Attribute):
            return None
        value = self._evaluator.evaluate(call.func, self._module.scope_of.get(call, self._module.top)).data
        return value.node if isinstance(value, OwnFunction) and value.scope.path == self._module.path else None

    def find_clients_with_retries(self) -> Iterator[tuple[ast.Call, ast.keyword]]:
        """Find the calls that give a client `max_retries`, each with that argument."""
        for node in self._module.parents:
            if isinstance(node, ast.Call) and (argument := _find_max_retries(node)) is not None:
                scope = self._module.scope_of[node]
                if self._makes_client(node, scope):
                    yield node, argument

    def _makes_client(self, node: ast.Call, scope: Scope) -> bool:
        value = self._evaluator.evaluate(node.func, scope).data
        if isinstance(value, Method):
            return isinstance(value.owner, Client) and value.name in {"with_options", "copy"}
        name = getattr(value, "name", "")
        return isinstance(name, str) and self._sdk.is_client(name)


def reads_stream(calls: list[ast.Call]) -> bool | None:
    """Return whether any of the calls reads a stream; None if the source does not show it."""
    answers = [_streams(call) for call in calls]
    if True in answers:
        return True
    return None if None in answers or not answers else False


def _streams(call: ast.Call) -> bool | None:
    if isinstance(call.func, ast.Attribute) and call.func.attr == "stream":
        return True
    for keyword in call.keywords:
        if keyword.arg is None:
            return None
        if keyword.arg == "stream":
            return bool(keyword.value.value) if isinstance(keyword.value, ast.Constant) else None
    return False


def _find_max_retries(call: ast.Call) -> ast.keyword | None:
    return next((keyword for keyword in call.keywords if keyword.arg == "max_retries"), None)


def body_of(function: ast.AST | None) -> list[ast.AST]:
    """Return the body of a function or a loop; empty if it has none."""
    body = getattr(function, "body", [])
    return list(body) if isinstance(body, list) else [body]
