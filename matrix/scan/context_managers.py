"""Runs `with` on values: context managers that suppress, translate or group exceptions. Pure."""

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matrix.scan.class_checks import are_classes
from matrix.scan.ends import End, EndKind
from matrix.scan.error_parts import find_method
from matrix.scan.file_index import is_context_manager
from matrix.scan.resolver import ATTEMPTS, YIELD, Thrown, crash
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


def _enter(block: "Block", item: ast.withitem) -> Any:
    """Enter a context manager, and return what decides about exceptions; None if nothing does."""
    manager = block.evaluate(item.context_expr)
    entered: Any = Unknown("what a context manager returns can't be known")
    leave: Any = None
    if isinstance(manager, Lazy) and is_context_manager(manager.function.node):
        block.resolver.run_lazy(manager, block.env)
        leave = manager
    elif isinstance(manager, Client):
        entered = manager
    elif isinstance(manager, Instance) and manager.of == DottedName("contextlib.suppress"):
        leave = manager.arguments
    elif isinstance(manager, Instance) and (isinstance(manager.of, OwnClass) or is_group(manager)):
        entered, leave = manager, manager
    if item.optional_vars is not None:
        block.assign(item.optional_vars, entered)
    return leave


def _leave(block: "Block", leave: Any, raised: End) -> list[End]:
    """Return the ends of a context manager that an exception passes."""
    block.env = dict(raised.env)
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


def _call_exit(block: "Block", manager: Instance, raised: End) -> Any:
    """Call `__exit__` with an exception; return what it returns, or the end if it raises one."""
    own = manager.of
    if not isinstance(own, OwnClass):
        return False
    method = find_method(block.resolver, own, "__exit__") or find_method(block.resolver, own, "__aexit__")
    if method is None:
        return False
    error = raised.value
    kind = ErrorPart(error.view, "class") if isinstance(error, CaughtError) else getattr(error, "of", error)
    try:
        value = block.resolver.call(
            BoundFunction(method, manager), (kind, error, Unknown("a traceback")), {}, block.env
        )
        return block.resolver.run_lazy(value, block.env)
    except Thrown as thrown:
        return End(EndKind.RAISE, block.env, thrown.error, thrown.by_mistake)
