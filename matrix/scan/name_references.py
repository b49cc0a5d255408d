"""Resolves which clients, functions and classes a user's names refer to. Pure.

Names are followed through assignments, imports and the other files of the scan. A parameter refers to what its
annotation names, or else to its default and to what the callers in its file pass.
"""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Final

from matrix.scan.file_index import (
    FileIndex,
    FunctionNode,
    find_argument,
    find_default,
    find_last_binding,
    find_owner,
    find_position,
    is_decorated,
)
from matrix.scan.project import Project
from matrix.scan.referents import MODULE_CLIENT, ClientMember, OwnObject, Referent
from matrix.scan.scopes import FUNCTIONS, Binding, BindingKind, Module, Scope, is_builtin
from matrix.scan.sdk import Sdk
from matrix.scan.star_imports import find_starred
from matrix.scan.values import DottedName, OwnClass, OwnFunction
from matrix.scan.work import Work

MOST_CALLERS: Final = 30
"""How many callers of a function are looked at for the value of its parameter."""


class NameReferences(ABC):
    """The things to which the names of some files refer; a subclass resolves expressions.

    Args:
        sdk: The SDK.
        module: The file.
        project: The files that are scanned with it.
        work: The work of judging the file so far.
    """

    def __init__(self, sdk: Sdk, module: Module, project: Project, work: Work) -> None:
        self.sdk = sdk
        self.work = work
        self._project = project
        self._indexes = {module.path: FileIndex(module)}
        self._index_of_node: dict[ast.AST, FileIndex] = {}
        self._of_node: dict[ast.AST, tuple[Referent, ...]] = {}
        self._of_binding: dict[Binding, tuple[Referent, ...]] = {}
        self._of_member: dict[tuple[ast.ClassDef, str, bool], tuple[Referent, ...]] = {}
        self._of_result: dict[ast.AST, tuple[Referent, ...]] = {}
        self._bases: dict[ast.ClassDef, tuple[Referent, ...]] = {}
        self._subclasses: dict[str, dict[Referent, list[OwnClass]]] = {}
        self._depth = 0

    def index_of(self, scope: Scope) -> FileIndex:
        """Return the index of the file of a scope, which may be that of a value that another file imports."""
        if scope.path not in self._indexes and (module := scope.top.module) is not None:
            self._indexes[scope.path] = FileIndex(module)
        return self._indexes[scope.path]

    def index_module(self, module: Module) -> FileIndex:
        """Return the index of a file."""
        return self._indexes.setdefault(module.path, FileIndex(module))

    def find_index(self, node: ast.AST) -> FileIndex:
        """Find the index of the file that has a node."""
        if node not in self._index_of_node:
            index = next((each for each in self._list_indexes() if node in each.module.parents), None)
            if index is None:  # a value comes from a file that no name here leads to
                module = next(each for each in self._project.loaded if node in each.parents)
                index = self.index_module(module)
            self._index_of_node[node] = index
        return self._index_of_node[node]

    def _list_indexes(self) -> Iterator[FileIndex]:
        """List the files, first the one that was found last, and then those whose nodes are collected."""
        if self._index_of_node:
            yield next(reversed(self._index_of_node.values()))
        indexes = list(self._indexes.values())
        yield from (each for each in indexes if each.module.is_collected)
        yield from (each for each in indexes if not each.module.is_collected)

    def find_parent(self, node: ast.AST) -> ast.AST | None:
        """Find the parent of a node; None if no file has it."""
        parents = (index.module.parents.get(node) for index in self._indexes.values())
        return next((parent for parent in parents if parent is not None), None)

    def scope_of(self, node: ast.AST) -> Scope:
        """Return the scope around a node of any file."""
        module = self.find_index(node).module
        return module.scope_of.get(node, module.top)

    @abstractmethod
    def find(self, node: ast.AST, scope: Scope) -> tuple[Referent, ...]:
        """Find everything to which an expression may refer."""

    @abstractmethod
    def find_types(self, annotation: ast.AST | None, scope: Scope) -> tuple[Referent, ...]:
        """Find the clients and objects that an annotation names."""

    def look_up(self, node: ast.Name, scope: Scope) -> Iterable[Referent]:
        """Find everything to which a name may refer where it is read."""
        name = node.id
        owner = find_owner(scope, name)
        if owner is not None:
            last = find_last_binding(self.index_of(owner).module, owner, name, node, self.work)
            return self.resolve(last, owner, name) if last is not None else self._merge(owner, name)
        starred = self._look_up_starred(scope.top, name)
        return starred or ((DottedName(f"builtins.{name}"),) if is_builtin(name) else ())

    def _merge(self, owner: Scope, name: str) -> tuple[Referent, ...]:
        bindings = owner.bindings[name]
        self.work.spend(len(bindings))
        return tuple(each for binding in bindings for each in self.resolve(binding, owner, name))

    def resolve(self, binding: Binding, owner: Scope, name: str) -> tuple[Referent, ...]:
        """Find everything to which a name may refer by one of its bindings."""
        if binding not in self._of_binding:
            self._of_binding[binding] = ()
            self._of_binding[binding] = tuple(dict.fromkeys(self._resolve_binding(binding, owner, name)))
        return self._of_binding[binding]

    def _resolve_binding(self, binding: Binding, owner: Scope, name: str) -> Iterable[Referent]:
        match binding:
            case Binding(kind=BindingKind.IMPORT):
                return self._import(binding)
            case Binding(kind=BindingKind.VALUE | BindingKind.WITH, node=ast.AST() as node):
                parent = self.index_of(binding.scope).module.parents.get(node)
                annotated = parent.annotation if isinstance(parent, ast.AnnAssign) else None
                return self.find(node, binding.scope) or self.find_types(annotated, binding.scope)
            case Binding(kind=BindingKind.FUNCTION, node=ast.FunctionDef() | ast.AsyncFunctionDef() as function):
                return (OwnFunction(function, binding.scope),)
            case Binding(kind=BindingKind.CLASS, node=ast.ClassDef() as own):
                return (OwnClass(own, binding.scope),)
            case Binding(kind=BindingKind.PARAMETER):
                return self.find_types(binding.node, binding.scope) or self._resolve_parameter(owner, name)
        return ()

    def _import(self, binding: Binding) -> Iterable[Referent]:
        origin, level, path = binding.origin, binding.level, binding.scope.path
        if level == 0 and origin.partition(".")[0] in self.sdk.known_packages:
            return (self.find_in_package(origin),)
        if isinstance(binding.node, ast.ImportFrom):
            package, _, name = origin.rpartition(".")
            module = self._find_module(package, level, path) if package or level else None
            if module is not None and (members := self.read_member(module, name)):
                return members
        whole = self._find_module(origin, level, path)
        return (whole if whole is not None else DottedName("." * level + origin),)

    def find_in_package(self, dotted: str) -> Referent:
        """Find what a dotted name of a package that is not scanned means: of the SDK, it may be a client of its own."""
        path = tuple(dotted.removeprefix(f"{self.sdk.module}.").split("."))
        is_client = self.sdk.owns(dotted) and path[0] in self.sdk.target.calls.of_module
        return ClientMember(MODULE_CLIENT, path) if is_client else DottedName(dotted)

    def _find_module(self, origin: str, level: int, path: str) -> Module | None:
        module = self._project.find_module(origin, level, path)
        return self.index_module(module).module if module is not None else None

    def read_member(self, module: Module, name: str) -> tuple[Referent, ...]:
        """Find everything to which a name at the top of a file may refer."""
        if name in module.top.bindings:
            return self._merge(module.top, name)
        return self._look_up_starred(module.top, name)

    def _look_up_starred(self, top: Scope, name: str) -> tuple[Referent, ...]:
        for source in find_starred(top, name, self._find_module, self.work):
            if isinstance(source, Module):
                return self._merge(source.top, name)
            if source == self.sdk.module and self.sdk.is_client(f"{source}.{name}"):
                return (DottedName(f"{source}.{name}"),)
        return ()

    def _resolve_parameter(self, owner: Scope, name: str) -> Iterable[Referent]:
        """Resolve a parameter without a telling annotation: `self`, its default, and what the callers pass."""
        function = owner.node
        if not isinstance(function, FUNCTIONS):
            return ()
        around = owner.parent
        if around is not None and isinstance(around.node, ast.ClassDef) and around.parent is not None:
            own = OwnClass(around.node, around.parent)
            if name in {"self", "cls"}:
                return (OwnObject(own) if name == "self" else own,)
        found: list[Referent] = []
        for argument, scope in self.find_arguments(function, name):
            found.extend(self.find(argument, scope))
        return found

    def find_arguments(self, function: FunctionNode, name: str) -> Iterator[tuple[ast.expr, Scope]]:
        """Find the default of a parameter, and the arguments that the callers and decorators in its file give it."""
        index = self.find_index(function)
        module = index.module
        default = find_default(function, name)
        if default is not None:
            yield default, module.scope_of[function]
        for call in self.find_callers(function):
            is_bound = self._is_bound(function, call)
            if function.args.vararg is not None and function.args.vararg.arg == name:
                first = len(function.args.posonlyargs) + len(function.args.args) - is_bound
                yield ast.copy_location(ast.Tuple(call.args[first:], ast.Load()), call), module.scope_of[call]
                continue
            argument = find_argument(call, name, find_position(function, name, is_bound=is_bound))
            if argument is not None:
                yield argument, module.scope_of[call]
        if not isinstance(function, ast.Lambda) and name == self._name_decorated(function, module):
            for decorated, decorator in index.decorated:
                if self._may_be(decorator, module.scope_of[decorator], function):
                    yield ast.copy_location(ast.Name(decorated.name, ast.Load()), decorated), module.scope_of[decorated]

    def calls_directly(self, call: ast.Call, function: FunctionNode) -> bool:
        """Return whether a call names a function itself, rather than a `partial` or a helper that calls it."""
        called = self.find(call.func, self.scope_of(call))
        return any(isinstance(each, OwnFunction) and each.node is function for each in called)

    def find_given(self, function: FunctionNode, name: str, call: ast.Call) -> Iterator[tuple[ast.expr, Scope]]:
        """Find the argument that one call gives a parameter, or its default; nothing if that is not known."""
        position = find_position(function, name, is_bound=self._is_bound(function, call))
        argument = find_argument(call, name, position)
        if argument is not None:
            yield argument, self.scope_of(call)
        elif not any(isinstance(each, ast.Starred) for each in call.args) and all(each.arg for each in call.keywords):
            default = find_default(function, name)
            if default is not None:
                yield default, self.scope_of(function)

    def _name_decorated(self, function: ast.FunctionDef | ast.AsyncFunctionDef, module: Module) -> str:
        """Return the parameter that has the decorated function if a function is a decorator; empty if it has none."""
        names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        is_method = isinstance(module.scope_of[function].node, ast.ClassDef)
        if is_method and function.name in {"__init__", "__call__"}:
            names = names[1:]
        return names[0] if names else ""

    def find_callers(self, function: FunctionNode) -> list[ast.Call]:
        """Find the calls of a function in its own file; a method of an object that is not known counts by its name."""
        if isinstance(function, ast.Lambda):
            return []
        index = self.find_index(function)
        around = index.module.scope_of[function]
        is_init = function.name == "__init__" and isinstance(around.node, ast.ClassDef)
        name = around.node.name if is_init and isinstance(around.node, ast.ClassDef) else function.name
        callers = []
        for call in index.calls_by_name.get(name, ())[:MOST_CALLERS]:
            referents = self.find(call.func, index.module.scope_of[call])
            nodes = {each.node for each in referents if isinstance(each, OwnFunction | OwnClass)}
            is_unknown_method = not referents and isinstance(call.func, ast.Attribute) and not is_init
            if (around.node if is_init else function) in nodes or is_unknown_method:
                callers.append(call)
        return callers

    def _is_bound(self, function: FunctionNode, call: ast.Call) -> bool:
        """Return whether a call gives a function its first parameter by itself: `self`, `cls`, or a new object."""
        around = self.find_index(function).module.scope_of[function]
        if not isinstance(around.node, ast.ClassDef) or is_decorated(function, "staticmethod"):
            return False
        if isinstance(call.func, ast.Attribute):
            bases = self.find(call.func.value, self.scope_of(call))
            return not any(isinstance(base, OwnClass) for base in bases) or is_decorated(function, "classmethod")
        return True

    def _may_be(self, decorator: ast.expr, scope: Scope, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Return whether a decorator is a function, or has it as the method that decorates."""
        around = self.scope_of(function).node
        for referent in self.find(decorator, scope):
            match referent:
                case OwnFunction(node) if node is function:
                    return True
                case OwnObject(OwnClass(node)) if node is around and function.name == "__call__":
                    return True
                case OwnClass(node) if node is around and function.name == "__init__":
                    return True
        return False
