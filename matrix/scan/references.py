"""Resolves which clients, functions and classes a user's expressions refer to. Pure.

An expression refers to everything that it may be in some run: `client or Anthropic()` to both. What the source does not
show is left out. Unlike an evaluator, this follows a parameter to the callers in its file, and an attribute to the base
classes and the subclasses of its class.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from matrix.scan.call_options import name_unmeasured_client
from matrix.scan.factories import find_made
from matrix.scan.file_index import (
    FunctionNode,
    find_owner,
    is_decorated,
    is_stub,
    walk_function,
)
from matrix.scan.name_references import NameReferences
from matrix.scan.referents import ClientMember, ClientObject, Container, OwnObject, PartialCall, Referent
from matrix.scan.scopes import Module, Scope
from matrix.scan.values import DottedName, OwnClass, OwnFunction

DEPTH: Final = 60
"""How deep expressions and names are followed into each other."""

MOST_BASES: Final = 30
"""How many base classes of a class are looked at."""

_MODELS: Final = frozenset({"llm", "model"})
"""The names of arguments by which functions of other packages are given a client, apart from the first argument."""


class References(NameReferences):
    """The things to which the expressions of a file, and of the files that it imports, refer."""

    def find(self, node: ast.AST, scope: Scope) -> tuple[Referent, ...]:
        """Find everything to which an expression may refer."""
        if node not in self._of_node:
            if self._depth > DEPTH:
                return ()
            self._of_node[node] = ()  # while it is looked up: a name that is defined by itself
            self._depth += 1
            self.work.spend()
            try:
                self._of_node[node] = tuple(dict.fromkeys(self._resolve(node, scope)))
            finally:
                self._depth -= 1
        return self._of_node[node]

    def _resolve(self, node: ast.AST, scope: Scope) -> Iterable[Referent]:
        match node:
            case ast.Name():
                return self.look_up(node, scope)
            case ast.Attribute(value=base, attr=name):
                return self._read_attributes(self.find(base, scope), name)
            case ast.Call():
                return self._call(node, scope)
            case ast.Await(value=inner) | ast.NamedExpr(value=inner) | ast.Starred(value=inner):
                return self.find(inner, scope)
            case ast.IfExp(body=first, orelse=second):
                return (*self.find(first, scope), *self.find(second, scope))
            case ast.BoolOp(values=values):
                return (each for value in values for each in self.find(value, scope))
            case ast.Dict() | ast.List() | ast.Tuple():
                return (Container(node, scope),)
            case ast.Subscript(value=base):
                return self._read_items(self.find(base, scope))
            case ast.Lambda():
                return (OwnFunction(node, scope),)
            case ast.BinOp(left=first, op=ast.BitOr(), right=second) if self.sdk.target.calls.derived:
                clients = (each for side in (first, second) for each in self.find(side, scope))
                return (self._derive(each, "{} | ...", node) for each in clients if isinstance(each, ClientObject))
        return ()

    # Annotations.

    def find_types(self, annotation: ast.AST | None, scope: Scope) -> tuple[Referent, ...]:
        """Find the clients and objects that an annotation names: directly, as text, in a union, or by an alias."""
        if annotation is None or self._depth > DEPTH:
            return ()
        found: list[Referent] = []
        self._depth += 1
        try:
            for node in ast.walk(annotation):
                self.work.spend()
                if isinstance(node, ast.Name | ast.Attribute):
                    found.extend(self._find_instances(node, scope))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
                    found.extend(self._find_types_in_text(node.value, scope))
        finally:
            self._depth -= 1
        return tuple(dict.fromkeys(found))

    def _find_types_in_text(self, text: str, scope: Scope) -> tuple[Referent, ...]:
        try:
            return self.find_types(ast.parse(text, mode="eval").body, scope)
        except (SyntaxError, ValueError):
            return ()

    def _find_instances(self, node: ast.Name | ast.Attribute, scope: Scope) -> Iterator[Referent]:
        if isinstance(node, ast.Name) and (owner := find_owner(scope, node.id)) is not None:
            for binding in owner.bindings[node.id]:  # an alias: `ClientT = Anthropic | AsyncAnthropic`
                if isinstance(binding.node, ast.BinOp | ast.Subscript):
                    yield from self.find_types(binding.node, binding.scope)
        for each in self.find(node, scope):
            match each:
                case DottedName(name) if self._is_client(name):
                    yield self._make_client(name)
                case OwnClass():
                    yield from self._instantiate(each)

    # Clients and objects.

    def _is_client(self, name: str) -> bool:
        return self.sdk.is_client(name) and ".types." not in name

    def _make_client(self, name: str, *, retries: bool | None = None) -> ClientObject:
        last = name.rpartition(".")[2]
        is_own = self.sdk.target.clients[0].is_named(last)
        is_measured = last.removeprefix("Async") not in self.sdk.target.calls.other_clients
        name = last if not is_own else "" if is_measured else f"{last}(...)"
        return ClientObject(name, last.startswith("Async"), retries)

    def _derive(self, client: ClientObject, name: str, node: ast.AST) -> ClientObject:
        """Return an object that is made of a client, and that does what was not measured."""
        return replace(client, name=name.format(client.name or self.sdk.target.clients[0].class_name), made=node)

    def _instantiate(self, own: OwnClass) -> tuple[Referent, ...]:
        """Return the instance of a class: a client if a base class is a class of clients."""
        for base in self.find_bases(own):
            if isinstance(base, DottedName) and self._is_client(base.name):
                return (self._make_client(base.name),)
        return (OwnObject(own),)

    def find_bases(self, own: OwnClass) -> tuple[Referent, ...]:
        """Find the base classes of a class, and theirs, nearest first, up to `MOST_BASES`."""
        if own.node not in self._bases:
            self._bases[own.node] = ()
            bases: dict[Referent, None] = {}
            pending = [own]
            while pending and len(bases) < MOST_BASES:
                each = pending.pop(0)
                for expression in each.node.bases:
                    node = expression.value if isinstance(expression, ast.Subscript) else expression
                    found = [base for base in self.find(node, each.scope) if base not in bases]
                    bases.update(dict.fromkeys(found))
                    pending.extend(base for base in found if isinstance(base, OwnClass))
            self._bases[own.node] = tuple(bases)
        return self._bases[own.node]

    def find_subclasses(self, own: OwnClass) -> list[OwnClass]:
        """Find the classes that have a class as a base class: those of its file, and those that call the SDK."""
        if own.scope.path not in self._subclasses:
            subclasses = self._subclasses[own.scope.path] = {}
            indexes = [self.index_of(own.scope), *map(self.index_module, self._project.find_deriving(own.scope.path))]
            for each in (each for index in indexes for each in index.classes):
                self.work.spend()
                for base in self.find_bases(each):
                    subclasses.setdefault(base, []).append(each)
        return self._subclasses[own.scope.path].get(own, [])

    def _read_attributes(self, bases: Iterable[Referent], name: str) -> Iterator[Referent]:
        for base in bases:
            match base:
                case ClientObject() if name in self.sdk.target.calls.same:
                    yield base
                case ClientObject():
                    yield ClientMember(base, (name,))
                case ClientMember(client, path) if len(path) < 6:
                    yield ClientMember(client, (*path, name))
                case DottedName(dotted):
                    yield self.find_in_package(f"{dotted}.{name}")
                case Module():
                    yield from self.read_member(base, name)
                case OwnClass():
                    yield from self._read_from_class(base, name)
                case OwnObject(own, is_super):
                    yield from self._read_from_class(own, name, is_super=is_super)

    def _read_from_class(self, own: OwnClass, name: str, *, is_super: bool = False) -> tuple[Referent, ...]:
        """Read an attribute from a class or its object: its own, of a base class, or else of a subclass."""
        key = own.node, name, is_super
        if key not in self._of_member:
            self._of_member[key] = ()
            self._of_member[key] = self._find_member(own, name, is_super=is_super)
        return self._of_member[key]

    def _find_member(self, own: OwnClass, name: str, *, is_super: bool) -> tuple[Referent, ...]:
        bases = [base for base in self.find_bases(own) if isinstance(base, OwnClass)]
        candidates = (self._read_own(each, name) for each in (bases if is_super else [own, *bases]))
        values = next(filter(None, candidates), ())
        if is_super or not all(isinstance(each, OwnFunction) and is_stub(each.node) for each in values):
            return values
        others = (self._read_own(subclass, name) for subclass in self.find_subclasses(own))
        return tuple(each for own_values in others for each in own_values) or values

    def _read_own(self, own: OwnClass, name: str) -> tuple[Referent, ...]:
        scope = self.index_of(own.scope).module.scopes[own.node]
        bindings = [*scope.bindings.get(name, ()), *scope.fields.get(name, ())]
        self.work.spend(len(bindings))
        found: list[Referent] = []
        for binding in bindings:
            for each in self.resolve(binding, scope, name):
                is_property = isinstance(each, OwnFunction) and is_decorated(each.node, "property", "cached_property")
                found.extend(self.find_results(each) if is_property and isinstance(each, OwnFunction) else (each,))
        return tuple(found)

    def _read_items(self, bases: Iterable[Referent]) -> Iterator[Referent]:
        for base in bases:
            if isinstance(base, Container):
                node = base.node
                elements = node.values if isinstance(node, ast.Dict) else node.elts
                for element in elements[:20]:
                    yield from self.find(element, base.scope)
            elif isinstance(base, OwnClass | DottedName):
                yield base  # a generic class with its argument

    # Calls.

    def _call(self, node: ast.Call, scope: Scope) -> Iterator[Referent]:
        for function in self.find(node.func, scope):
            match function:
                case ClientObject():
                    yield function
                case ClientMember(client, ("with_options" | "copy" | "__enter__" | "__aenter__",)):
                    yield replace(client, retries=_find_retries(node, default=client.retries))
                case ClientMember(client, (method,)) if method in self.sdk.target.calls.derived:
                    yield self._derive(client, f"{{}}.{method}", node)
                case ClientMember(client, path) if self.sdk.is_maker(path):
                    yield ClientMember(client, path[:-1])
                case OwnClass():
                    yield from self._instantiate(function)
                case OwnFunction() | PartialCall():
                    yield from self.find_results(function)
                case DottedName(name):
                    yield from self._call_outside(name, node, scope)
        match node.func:
            case ast.Attribute(value=base, attr="get"):
                yield from self._read_items(each for each in self.find(base, scope) if isinstance(each, Container))

    def _call_outside(self, name: str, node: ast.Call, scope: Scope) -> Iterator[Referent]:
        """Resolve a call of a function that is not scanned."""
        last = name.rpartition(".")[2]
        first = node.args[0] if node.args else None
        factory = next((each.value for each in node.keywords if each.arg == "default_factory"), None)
        syntax = self.sdk.target.calls
        made = find_made(self.sdk, name, node, scope, self.find) if name in syntax.factories else None
        if made is not None or self._is_client(name):
            client = made or self._make_client(name)
            client = replace(client, retries=_find_retries(node, default=True))
            client = replace(client, streams=_find_flag(node, syntax.streaming_option, default=False))
            unmeasured = name_unmeasured_client(self, node, last)
            yield replace(client, name=unmeasured) if unmeasured else client
        elif factory is not None:
            for each in self.find(factory, scope):
                yield from self.find_results(each)
        elif name == "builtins.super" and (own := scope.enclosing_class) is not None and own.parent is not None:
            yield OwnObject(OwnClass(own.node, own.parent), is_super=True)  # type: ignore[arg-type]  # the node is a class
        elif last in {"partial", "partialmethod"} and first is not None:
            for each in self.find(first, scope):
                yield PartialCall(each, node)
        elif last == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            yield from self._read_attributes(self.find(node.args[0], scope), str(node.args[1].value))
        elif last == "cast" and len(node.args) > 1:
            yield from self.find(node.args[1], scope) or self.find_types(first, scope)
        elif last == "Depends" and first is not None:
            for each in self.find(first, scope):
                yield from self.find_results(each)
        elif syntax.derived:
            given = [*node.args[:1], *(each.value for each in node.keywords if each.arg in _MODELS)]
            clients = (each for argument in given for each in self.find(argument, scope))
            yield from (self._derive(each, last, node) for each in clients if isinstance(each, ClientObject))
        elif (package := name.partition(".")[0]) in syntax.wrappers_of_clients and first is not None:
            yield from (
                replace(each, name=package) for each in self.find(first, scope) if isinstance(each, ClientObject)
            )
        elif first is not None and package not in {"builtins", "instructor"}:
            # A wrapper, such as the tracing of an observability library, returns a client that behaves like its own.
            yield from (each for each in self.find(first, scope) if isinstance(each, ClientObject))

    def makes_client(self, own: OwnClass) -> bool:
        """Return whether an object of a class is a client."""
        return any(isinstance(each, ClientObject) for each in self._instantiate(own))

    def find_results(self, function: Referent) -> tuple[Referent, ...]:
        """Find everything that a call of a function may return, or yield."""
        match function:
            case PartialCall(target=target):
                return self.find_results(target)
            case OwnClass():
                return self._instantiate(function)
            case DottedName(name) if self._is_client(name):
                return (self._make_client(name),)
            case OwnFunction(node=node):
                return self._find_returned(node)
        return ()

    def _find_returned(self, function: FunctionNode) -> tuple[Referent, ...]:
        if function not in self._of_result:
            self._of_result[function] = ()
            self._of_result[function] = self._find_all_returned(function)
        return self._of_result[function]

    def _find_all_returned(self, function: FunctionNode) -> tuple[Referent, ...]:
        module = self.find_index(function).module
        if isinstance(function, ast.Lambda):
            return self.find(function.body, module.scopes[function])
        if typed := self.find_types(function.returns, module.scope_of[function]):
            return typed
        if self._depth > DEPTH:
            return ()
        found: list[Referent] = []
        for node in walk_function(function):
            self.work.spend()
            if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
                found.extend(self.find(node.value, module.scope_of[node.value]))
        return tuple(dict.fromkeys(found))


def _find_retries(node: ast.Call, *, default: bool | None) -> bool | None:
    """Return whether a client repeats failed requests by `max_retries` among the arguments; None if that is unknown."""
    return _find_flag(node, "max_retries", default=default)


def _find_flag(node: ast.Call, name: str, *, default: bool | None) -> bool | None:
    """Return whether a named argument of a call counts as true, or the default without it; None if that is unknown."""
    for keyword in node.keywords:
        if keyword.arg == name:
            value = keyword.value
            return bool(value.value) if isinstance(value, ast.Constant) else None
    return default if all(each.arg for each in node.keywords) else None
