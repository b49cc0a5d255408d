"""Finds the value of the argument with which a call streams, also in a dict that is unpacked. Pure."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Final

from matrix.scan.file_index import FunctionNode, find_owner, walk_function
from matrix.scan.references import References
from matrix.scan.scopes import FUNCTIONS, Binding, BindingKind, Scope
from matrix.scan.values import OwnFunction

DEPTH: Final = 8
"""How many dicts are followed into each other."""


class StreamArgument(Enum):
    """The value of `stream` among some arguments."""

    ABSENT = auto()
    TRUE = auto()
    FALSE = auto()
    UNKNOWN = auto()
    """It may be absent, true or false."""


_ABSENT, _UNKNOWN = StreamArgument.ABSENT, StreamArgument.UNKNOWN


class StreamArguments:
    """The values of `stream` in the calls of some files.

    Args:
        references: Resolves names and functions.
        chain: Calls of which each one calls the function that the next one is in. A parameter of such a function has
            the value that this call gives it, though other calls may give it another.
    """

    def __init__(self, references: References, chain: Sequence[ast.Call] = ()) -> None:
        self._references = references
        self._name = references.sdk.target.calls.stream_argument
        functions = [references.find_index(node).find_function(node) for node in chain]
        self._callers = dict(zip(functions[1:], chain, strict=False))
        self._depth = 0
        self._of_name: dict[tuple[Scope, str], StreamArgument] = {}

    def find(self, call: ast.Call, scope: Scope) -> StreamArgument:
        """Find the value of `stream` among the named arguments of a call."""
        value = _ABSENT
        for keyword in call.keywords:
            if keyword.arg == self._name:
                return self._find_constant(keyword.value, scope)
            if keyword.arg is None:
                value = _overlay(value, self.find_in_dict(keyword.value, scope))
        return value

    def find_in_dict(self, node: ast.AST, scope: Scope) -> StreamArgument:
        """Find the value of the key "stream" in a dict."""
        self._references.work.spend()
        if self._depth > DEPTH:
            return _UNKNOWN
        self._depth += 1
        try:
            return self._find_in_dict(node, scope)
        finally:
            self._depth -= 1

    def _find_in_dict(self, node: ast.AST, scope: Scope) -> StreamArgument:
        match node:
            case ast.Dict(keys=keys, values=values):
                value = _ABSENT
                for key, item in zip(keys, values, strict=True):
                    if key is None:
                        value = _overlay(value, self.find_in_dict(item, scope))
                    elif not isinstance(key, ast.Constant):
                        value = _overlay(value, _UNKNOWN)
                    elif key.value == self._name:
                        value = self._find_constant(item, scope)
                return value
            case ast.Call(func=ast.Name(id="dict"), args=args):
                value = _ABSENT
                for argument in args:
                    value = _overlay(value, self.find_in_dict(argument, scope))
                return _overlay(value, self.find(node, scope))
            case ast.Call(func=ast.Attribute(value=base, attr="copy")) | ast.Await(value=base):
                return self.find_in_dict(base, scope)
            case ast.Call(func=ast.Name(id="copy" | "deepcopy") | ast.Attribute(attr="deepcopy"), args=[base]):
                return self.find_in_dict(base, scope)
            case ast.Call(func=function):
                return _unite(self._find_in_result(each) for each in self._references.find(function, scope))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return _overlay(self.find_in_dict(left, scope), self.find_in_dict(right, scope))
            case ast.IfExp(body=body, orelse=orelse):
                return _unite([self.find_in_dict(body, scope), self.find_in_dict(orelse, scope)])
            case ast.BoolOp(op=ast.Or(), values=values):
                return _unite([self.find_in_dict(each, scope) for each in values])
            case ast.Name(id=name) if (owner := find_owner(scope, name)) is not None:
                return self._find_in_name(name, owner)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attribute) if scope.enclosing_class is not None:
                owner = scope.enclosing_class
                return self._find_in_bindings(
                    [*owner.bindings.get(attribute, ()), *owner.fields.get(attribute, ())], owner, attribute
                )
        return _UNKNOWN

    def _find_in_result(self, function: object) -> StreamArgument:
        """Find the value in the dict that a function of the scanned files returns."""
        if not isinstance(function, OwnFunction) or isinstance(function.node, ast.Lambda):
            return _UNKNOWN
        module = self._references.find_index(function.node).module
        returned = [
            self.find_in_dict(node.value, module.scopes[function.node])
            for node in walk_function(function.node)
            if isinstance(node, ast.Return) and node.value is not None
        ]
        return _unite(returned)

    def _find_in_name(self, name: str, owner: Scope) -> StreamArgument:
        if (owner, name) not in self._of_name:
            self._of_name[owner, name] = _UNKNOWN
            self._of_name[owner, name] = self._find_in_statements(name, owner)
        return self._of_name[owner, name]

    def _find_in_statements(self, name: str, owner: Scope) -> StreamArgument:
        value = self._find_in_bindings(owner.bindings[name], owner, name)
        for node in walk_function(owner.node):
            self._references.work.spend()
            value = _overlay(value, self._find_in_change(node, name, owner))
        return value

    def _find_in_bindings(self, bindings: list[Binding], owner: Scope, name: str) -> StreamArgument:
        values = []
        added = _ABSENT
        for binding in bindings:
            match binding:
                case Binding(kind=BindingKind.VALUE, node=ast.AST() as node):
                    values.append(self.find_in_dict(node, binding.scope))
                case Binding(kind=BindingKind.ADDED, node=ast.AST() as node):
                    added = _overlay(added, self.find_in_dict(node, binding.scope))
                case Binding(kind=BindingKind.PARAMETER):
                    values.append(self._find_in_parameter(owner, name))
                case _:
                    values.append(_UNKNOWN)
        return _overlay(_unite(values), added)

    def _find_in_parameter(self, owner: Scope, name: str) -> StreamArgument:
        function = owner.node
        if not isinstance(function, FUNCTIONS) or (function.args.kwarg and function.args.kwarg.arg == name):
            return _UNKNOWN
        arguments = self._find_arguments(function, name)
        return _unite([self.find_in_dict(argument, scope) for argument, scope in arguments])

    def _find_arguments(self, function: FunctionNode, name: str) -> Iterator[tuple[ast.expr, Scope]]:
        """Find what the call in the chain gives a parameter, or else all callers."""
        caller = self._callers.get(function)
        if caller is not None and self._references.calls_directly(caller, function):
            return self._references.find_given(function, name, caller)
        return self._references.find_arguments(function, name)

    def _find_in_change(self, node: ast.AST, name: str, owner: Scope) -> StreamArgument:
        """Find the value that a statement gives the key of a dict that has a name; absent if it does nothing to it."""
        match node:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=subject), slice=key)], value=item) if (
                subject == name
            ):
                if isinstance(key, ast.Constant) and key.value != self._name:
                    return _ABSENT
                is_certain = isinstance(key, ast.Constant) and self._is_certain(node)
                return self._find_constant(item, owner) if is_certain else _UNKNOWN
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=subject), attr="update"), args=arguments) as call
            ) if subject == name:
                value = self.find(call, owner)
                for argument in arguments:
                    value = _overlay(self.find_in_dict(argument, owner), value)
                return value if value is _ABSENT or self._is_certain(node) else _UNKNOWN
        return _ABSENT

    def _is_certain(self, statement: ast.AST) -> bool:
        """Return whether a statement runs whenever its function does, or at least its loop."""
        for ancestor in self._references.find_index(statement).module.find_ancestors(statement):
            if isinstance(ancestor, ast.If | ast.ExceptHandler | ast.Match):
                return False
            if isinstance(ancestor, FUNCTIONS):
                break
        return True

    def _find_constant(self, node: ast.expr, scope: Scope) -> StreamArgument:
        self._references.work.spend()
        if self._depth > DEPTH:
            return _UNKNOWN
        self._depth += 1
        try:
            return self._find_flag(node, scope)
        finally:
            self._depth -= 1

    def _find_flag(self, node: ast.expr, scope: Scope) -> StreamArgument:
        match node:
            case ast.Constant(value=value):
                return StreamArgument.TRUE if value else StreamArgument.FALSE
            case ast.Name(id="NOT_GIVEN" | "omit") | ast.Attribute(attr="NOT_GIVEN" | "omit"):
                return StreamArgument.FALSE
            case ast.Name(id=name) if (owner := find_owner(scope, name)) is not None:
                bindings = owner.bindings[name]
                constants = [each.node for each in bindings if isinstance(each.node, ast.Constant)]
                if len(constants) == len(bindings) and all(each.kind is BindingKind.VALUE for each in bindings):
                    return _unite(self._find_constant(each, scope) for each in constants)
                if [each.kind for each in bindings] == [BindingKind.PARAMETER] and isinstance(owner.node, FUNCTIONS):
                    arguments = self._find_arguments(owner.node, name)
                    return _unite(self._find_constant(each, around) for each, around in arguments if each is not node)
        is_function = any(isinstance(each, OwnFunction) for each in self._references.find(node, scope))
        return StreamArgument.TRUE if is_function else _UNKNOWN


def _overlay(first: StreamArgument, second: StreamArgument) -> StreamArgument:
    """Return the value in a dict that is updated with another one."""
    return first if second is _ABSENT else second


def _unite(values: Iterable[StreamArgument]) -> StreamArgument:
    """Return the value in a dict that is one of several; unknown if they differ, or if there is none."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else _UNKNOWN
