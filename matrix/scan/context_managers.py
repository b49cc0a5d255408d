"""Runs `with` on values: context managers that suppress, translate or group exceptions. Pure."""

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from matrix.scan.class_checks import are_classes
from matrix.scan.ends import End, EndKind
from matrix.scan.error_parts import find_method
from matrix.scan.file_index import is_context_manager
from matrix.scan.resolver import ATTEMPTS, YIELD, Env, Resolver, Thrown, crash
from matrix.scan.scopes import Scope
from matrix.scan.tasks import is_group, join_tasks, make_exception_group
from matrix.scan.values import (
    BoundFunction,
    CaughtError,
    Client,
    DottedName,
    ErrorPart,
    Instance,
    Lazy,
    OwnClass,
    OwnFunction,
    Unknown,
)

if TYPE_CHECKING:
    from matrix.scan.block import Block


def run_with(block: "Block", items: list[ast.withitem], body: Sequence[ast.stmt]) -> list[End]:
    """Run `with`, and return all ends that it may have."""
    if not items:
        return block.run(body)
    item, *others = items
    leave = _enter(block, item)
    before, block.resolver.pending = block.resolver.pending, []
    try:
        ends = run_with(block, others, body)
    except Thrown as thrown:
        ends = [End(EndKind.RAISE, dict(block.env), thrown.error, thrown.by_mistake)]
    ends += [End(each.kind, {**block.env, ATTEMPTS: each.attempts}, each.value) for each in block.resolver.pending]
    block.resolver.pending = before
    if leave is None:
        return block.merge_falls(ends)
    after: list[End] = []
    for end in ends:
        if end.kind is EndKind.RAISE:
            after += _leave(block, leave, end)
        else:
            after += join_tasks(block.resolver, leave, end) if is_group(leave) else [end]
    return block.merge_falls(after)


STACKS: Final = frozenset({"contextlib.ExitStack", "contextlib.AsyncExitStack"})
"""The stacks of context managers, by the dotted names of their classes."""

_EXITS: Final = "#exits"
"""The name of what decides about exceptions in a stack; no program can have it."""

_SUPPRESS: Final = DottedName("contextlib.suppress")


def is_stack(value: Any) -> bool:
    """Return whether a value is a stack of context managers."""
    return isinstance(value, Instance) and isinstance(value.of, DottedName) and value.of.name in STACKS


def _enter(block: "Block", item: ast.withitem) -> Any:
    """Enter a context manager, and return what decides about exceptions; None if nothing does."""
    entered, leave = _enter_value(block.resolver, block.evaluate(item.context_expr), block.env)
    if item.optional_vars is not None:
        block.assign(item.optional_vars, entered)
    return leave


def _enter_value(self: Resolver, manager: Any, env: Env) -> tuple[Any, Any]:
    """Enter a context manager, and return what `with` binds, and what decides about exceptions."""
    if isinstance(manager, Lazy) and is_context_manager(manager.function.node):
        self.run_lazy(manager, env)
        return _ENTERED, manager
    if isinstance(manager, Client):
        return manager, None
    if isinstance(manager, Instance) and manager.of == _SUPPRESS:
        return _ENTERED, manager.arguments
    if isinstance(manager, Instance) and (isinstance(manager.of, OwnClass) or is_group(manager) or is_stack(manager)):
        return manager, manager
    return _ENTERED, None


_ENTERED: Final = Unknown("what a context manager returns can't be known")


def call_stack(self: Resolver, stack: Instance, name: str, arguments: list[Any], env: Env) -> Any:
    """Evaluate a call of a method of a stack of context managers."""
    value = arguments[0] if arguments else None
    exits = stack.fields.setdefault(_EXITS, [])
    if name in {"enter_context", "enter_async_context"}:
        entered, leave = _enter_value(self, value, env)
        exits.append(leave)
        return entered
    if name in {"push", "push_async_exit"}:
        exits.append(value)
        return value
    return _ENTERED


def wrap_in_managers(self: Resolver, function: ast.AST, scope: Scope) -> list[ast.stmt]:
    """Return the body of a function, inside the context managers with which it is decorated."""
    body: list[ast.stmt] = getattr(function, "body", [])
    for decorator in reversed(getattr(function, "decorator_list", ())):
        if isinstance(decorator, ast.Call) and _makes_manager(self, decorator, scope):
            body = [ast.copy_location(ast.With([ast.withitem(decorator)], body), decorator)]
    return body


def _makes_manager(self: Resolver, decorator: ast.Call, scope: Scope) -> bool:
    """Return whether a decorator is a context manager of the scanned files."""
    made = self.evaluate_safely(decorator.func, scope)
    if isinstance(made, OwnFunction):
        return is_context_manager(made.node)
    if not isinstance(made, OwnClass):
        return False
    names = {each.name.rpartition(".")[2] for each in self.bases_of(made) if isinstance(each, DottedName)}
    return not names.isdisjoint({"ContextDecorator", "AsyncContextDecorator"})


def _leave(block: "Block", leave: Any, raised: End) -> list[End]:
    """Return the ends of a context manager that an exception passes."""
    block.env = dict(raised.env)
    if is_stack(leave):
        return _unwind(block, leave, raised)
    if is_group(leave):
        return [End(EndKind.RAISE, block.env, make_exception_group(raised.value))]
    if isinstance(leave, tuple):
        if not are_classes(leave, in_clause=False):
            thrown = crash("TypeError")
            return [End(EndKind.RAISE, block.env, thrown.error, thrown.by_mistake)]
        answer: Any = block.resolver.is_instance(raised.value, leave)
    elif isinstance(leave, Lazy):
        return _throw_into(block, leave, raised)
    else:
        answer = _call_exit(block, leave, raised)
        if isinstance(answer, End):
            return [answer]
    truth = block.resolver.truth_of(answer)
    if truth is None:
        block.resolver.doubt(answer)
        return [raised, End(EndKind.FALLS, block.env)]
    return [End(EndKind.FALLS, block.env)] if truth else [raised]


def _unwind(block: "Block", stack: Instance, raised: End) -> list[End]:
    """Return the ends of a stack of context managers that an exception passes, the last one first."""
    ends = [raised]
    for leave in reversed(stack.fields.get(_EXITS, [])):
        passed = [_leave(block, leave, end) if end.kind is EndKind.RAISE and leave else [end] for end in ends]
        ends = [end for each in passed for end in each]
    return ends


def _throw_into(block: "Block", manager: Lazy, raised: End) -> list[End]:
    """Raise an exception at the `yield` of a context manager."""
    resolver, function = block.resolver, manager.function
    names = {**manager.names, YIELD: raised.value, ATTEMPTS: raised.attempts}
    inner = type(block)(resolver, resolver.inner_scope(function.node, function.scope), names)
    body = function.node.body
    ends: list[End] = []
    for end in inner.run(body if isinstance(body, list) else []):
        env = {**raised.env, ATTEMPTS: max(raised.attempts, end.attempts)}
        if end.kind is EndKind.RAISE:
            ends.append(End(EndKind.RAISE, env, end.value, end.by_mistake))
        else:
            ends.append(End(EndKind.FALLS, env))
    return ends


def _call_exit(block: "Block", manager: Any, raised: End) -> Any:
    """Call `__exit__`, or a function in its place, with an exception; return its result, or the end if it raises."""
    function: Any = manager if isinstance(manager, OwnFunction | BoundFunction) else None
    if isinstance(manager, Instance) and isinstance(manager.of, OwnClass):
        own = manager.of
        method = find_method(block.resolver, own, "__exit__") or find_method(block.resolver, own, "__aexit__")
        function = BoundFunction(method, manager) if method is not None else None
    if function is None:
        return False
    error = raised.value
    kind = ErrorPart(error.view, "class") if isinstance(error, CaughtError) else getattr(error, "of", error)
    try:
        value = block.resolver.call(function, (kind, error, Unknown("a traceback")), {}, block.env)
        return block.resolver.run_lazy(value, block.env)
    except Thrown as thrown:
        return End(EndKind.RAISE, block.env, thrown.error, thrown.by_mistake)
