"""An index of one parsed file: its calls and functions by name, and where each name is read. Pure."""

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Final, TypeAlias

from matrix.scan.changed import Changes, find_changes
from matrix.scan.scopes import FUNCTIONS, Binding, Module, Scope
from matrix.scan.values import OwnClass
from matrix.scan.walks import list_children
from matrix.scan.work import Work

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class FileIndex:
    """An index of one parsed file, made when it is first needed.

    Args:
        module: The file.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self._ends: dict[ast.AST, frozenset[type[ast.AST]]] = {}

    @cached_property
    def calls(self) -> list[ast.Call]:
        """Its calls."""
        return [node for node in self.module.parents if isinstance(node, ast.Call)]

    @cached_property
    def calls_by_name(self) -> dict[str, list[ast.Call]]:
        """Its calls by the last name of what is called."""
        calls: dict[str, list[ast.Call]] = {}
        for call in self.calls:
            if name := name_of_called(call):
                calls.setdefault(name, []).append(call)
        return calls

    @cached_property
    def attributes_set(self) -> list[tuple[ast.Attribute, ast.expr]]:
        """Its assignments to attributes, each with the value."""
        assignments = (node for node in self.module.parents if isinstance(node, ast.Assign))
        return [
            (target, each.value) for each in assignments for target in each.targets if isinstance(target, ast.Attribute)
        ]

    @cached_property
    def decorated(self) -> list[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.expr]]:
        """Its decorated functions, each with each of its decorators."""
        return [
            (node, decorator)
            for node in self.module.scopes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for decorator in node.decorator_list
        ]

    @cached_property
    def classes(self) -> list[OwnClass]:
        """Its classes that have base classes."""
        return [
            OwnClass(node, scope.parent)
            for node, scope in self.module.scopes.items()
            if isinstance(node, ast.ClassDef) and node.bases and scope.parent is not None
        ]

    @cached_property
    def managed(self) -> list[tuple[ast.expr, list[ast.AST]]]:
        """The context managers that it enters, each with the code that runs inside it, decorated functions too."""
        managed: list[tuple[ast.expr, list[ast.AST]]] = []
        for statement in self.module.parents:
            if isinstance(statement, ast.With | ast.AsyncWith):
                managers = [item.context_expr for item in statement.items]
                inside = ([*statement.body, *managers[index + 1 :]] for index in range(len(managers)))
                managed.extend(zip(managers, inside, strict=True))
        managed.extend((manager, [*statement.body]) for manager, statement in self.entered)
        managed.extend((decorator, [*function.body]) for function, decorator in self.decorated)
        return managed

    @cached_property
    def entered(self) -> list[tuple[ast.expr, ast.With | ast.AsyncWith]]:
        """The context managers that it gives to a stack of them, each with the `with` statement of the stack."""
        calls = (call for name in ENTERING for call in self.calls_by_name.get(name, ()) if call.args)
        around = ((call.args[0], self.module.find_ancestors(call)) for call in calls)
        statements = (
            (manager, next((each for each in parents if isinstance(each, ast.With | ast.AsyncWith)), None))
            for manager, parents in around
        )
        return [(manager, statement) for manager, statement in statements if statement is not None]

    @cached_property
    def changes(self) -> Changes:
        """What it changes after it has made it."""
        return find_changes(self.module)

    @cached_property
    def names(self) -> dict[str, list[ast.Name]]:
        """Where each name is read or set, in the order of the text."""
        names: dict[str, list[ast.Name]] = {}
        for node in self.module.parents:
            if isinstance(node, ast.Name):
                names.setdefault(node.id, []).append(node)
        return names

    def is_generator(self, function: FunctionNode) -> bool:
        """Return whether a function yields, so that its body runs while its result is iterated."""
        return not self._find_ends(function).isdisjoint({ast.Yield, ast.YieldFrom})

    def gives_value(self, function: FunctionNode) -> bool:
        """Return whether a function returns or yields something."""
        return isinstance(function, ast.Lambda) or bool(self._find_ends(function))

    def _find_ends(self, function: FunctionNode) -> frozenset[type[ast.AST]]:
        """Find how a function gives values: by `return`, `yield` or `yield from`; a bare `yield` counts too."""
        if function not in self._ends:
            kinds = {
                type(node)
                for node in walk_function(function)
                if isinstance(node, ast.Yield | ast.YieldFrom) or (isinstance(node, ast.Return) and node.value)
            }
            self._ends[function] = frozenset(kinds)
        return self._ends[function]

    def find_function(self, node: ast.AST) -> FunctionNode | None:
        """Find the function around a node; None at the top of the file."""
        return next((each for each in self.module.find_ancestors(node) if isinstance(each, FUNCTIONS)), None)

    def find_leading(self, names: Iterable[str]) -> frozenset[str]:
        """Find the names of functions that have some names, and of those of the file that lead there by calls."""
        called = {
            function.name: {name_of_called(node) for node in walk_function(function) if isinstance(node, ast.Call)}
            for function in self.module.scopes
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        leading, known = set(names), 0
        while known < len(leading):
            known = len(leading)
            leading |= {name for name, others in called.items() if not leading.isdisjoint(others)}
        return frozenset(leading)

    def is_in_try(self, node: ast.AST) -> bool:
        """Return whether a `try` of the function around a node may catch what the node raises."""
        for parent in self.module.find_ancestors(node):
            if isinstance(parent, FUNCTIONS):
                return False
            if isinstance(parent, ast.Try | ast.TryStar) and parent.handlers and node in parent.body:
                return True
            node = parent
        return False


ENTERING: Final = ("enter_context", "enter_async_context", "push", "push_async_exit")
"""The methods of a stack of context managers that take one of them."""


def name_of_called(call: ast.Call) -> str:
    """Return the last name of what is called: `create` for `client.messages.create()`; empty if it has no name."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def find_owner(scope: Scope, name: str) -> Scope | None:
    """Find the scope whose binding of a name is visible from a scope; None if there is none."""
    owner: Scope | None = scope
    while owner is not None:
        if name in owner.bindings and (owner is scope or not isinstance(owner.node, ast.ClassDef)):
            return owner
        owner = owner.parent
    return None


def body_of(function: ast.AST | None) -> list[ast.AST]:
    """Return the body of a function or a loop; empty if it has none."""
    body = getattr(function, "body", [])
    return list(body) if isinstance(body, list) else [body]


def walk_function(function: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body, except those of the functions in it."""
    yield from walk_code(body_of(function))


def walk_code(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of some code, last first, except those of the functions that it only defines."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, FUNCTIONS):
            stack.extend(list_children(node))


def is_context_manager(function: ast.AST) -> bool:
    """Return whether a function is decorated with `contextmanager` or `asynccontextmanager`."""
    return is_decorated(function, "contextmanager", "asynccontextmanager")


def is_stub(function: ast.AST) -> bool:
    """Return whether a method is there for subclasses to replace: it is abstract, or does nothing but say so."""
    if is_decorated(function, "abstractmethod"):
        return True
    body = getattr(function, "body", [])
    match body[1:] if isinstance(body, list) and body and _is_text(body[0]) else body:
        case [ast.Expr(value=ast.Constant(value=value))]:
            return value is Ellipsis
        case [ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError")))]:
            return True
    return False


def _is_text(statement: ast.stmt) -> bool:
    """Return whether a statement is a text, such as a docstring."""
    return isinstance(statement, ast.Expr) and isinstance(getattr(statement.value, "value", None), str)


def find_default(function: FunctionNode, name: str) -> ast.expr | None:
    """Find the default of a parameter; None if it has none."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(reversed(positional), reversed(arguments.defaults), strict=False)]
    for parameter, default in [*pairs, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]:
        if parameter.arg == name:
            return default
    return None


def find_position(function: FunctionNode, name: str, *, is_bound: bool) -> int | None:
    """Find the position of a parameter among the arguments of a call; None if it takes no position."""
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)][1 if is_bound else 0 :]
    return names.index(name) if name in names else None


def find_argument(call: ast.Call, name: str, position: int | None) -> ast.expr | None:
    """Find the argument that a call gives a parameter; None if the source does not show it."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is None or any(isinstance(each, ast.Starred) for each in call.args[: position + 1]):
        return None
    return call.args[position] if position < len(call.args) else None


def is_decorated(function: ast.AST, *names: str) -> bool:
    """Return whether a function has a decorator with one of some last names."""
    return any(_name_decorator(each) in names for each in getattr(function, "decorator_list", [])[:5])


@lru_cache(maxsize=500)
def _name_decorator(decorator: ast.expr) -> str:
    """Return the last name of a decorator: it is asked each time that the function runs."""
    return ast.unparse(decorator).rpartition(".")[2]


def find_last_binding(module: Module, owner: Scope, name: str, node: ast.AST, work: Work) -> Binding | None:
    """Find the binding that a name has for certain where it is read; None if the source does not show it.

    A statement before it in the same block, or in a block around that, binds it, and nothing between them may.
    """
    bindings = owner.bindings[name]
    if len(bindings) < 2 or module.scope_of.get(node) is not owner:
        return None
    work.spend(len(bindings))
    by_node = {binding.node: binding for binding in bindings}
    if None in by_node:
        return None
    lines = [getattr(each, "lineno", 0) for each in by_node]
    child = node
    for parent in module.find_ancestors(node):
        for block in (getattr(parent, field, None) for field in ("body", "orelse", "finalbody")):
            if not isinstance(block, list) or child not in block:
                continue
            work.spend(len(block) // 50)
            for statement in reversed(block[: block.index(child)]):
                value = getattr(statement, "value", None)
                if binding := by_node.get(statement) or (value and by_node.get(value)):
                    return binding
                if _has_line(statement, lines):
                    return None
        if parent is owner.node:
            return None
        if isinstance(parent, ast.For | ast.AsyncFor | ast.While) and _has_line(parent, lines):
            return None
        if isinstance(parent, ast.With | ast.AsyncWith):
            entered = (by_node.get(item.context_expr) for item in parent.items)
            if (binding := next((each for each in entered if each), None)) is not None:
                return binding
        child = parent
    return None


def _has_line(statement: ast.stmt, lines: list[int]) -> bool:
    return any(statement.lineno <= line <= (statement.end_lineno or 0) for line in lines)
