"""Calls in other tasks and threads: where they start, where their errors are raised, and groups of them. Pure.

A call that only starts a task raises nothing. What the task raises is raised where its result is read, and a group
raises it at its end, in a group of exceptions. A task that starts after a call has failed is another attempt.
"""

import ast
from typing import Any, Final, TypeGuard

from matrix.scan.ends import End, EndKind
from matrix.scan.file_index import name_of_called
from matrix.scan.resolver import ATTEMPTS, Env, Resolver, Thrown
from matrix.scan.values import (
    BoundFunction,
    DottedName,
    EndedStream,
    Instance,
    Lazy,
    Method,
    NoTuple,
    OwnClass,
    OwnFunction,
    Partial,
    Task,
    Unknown,
)

_OF_FUNCTION: Final = {"submit": 0, "start_soon": 0, "run_in_executor": 1}
"""The functions that start a task of a function that they are given, each with the position of that argument."""

_OF_COROUTINE: Final = frozenset({"create_task", "ensure_future", "run_coroutine_threadsafe"})
"""The functions that start a task of a coroutine."""

STARTERS: Final = _OF_COROUTINE | _OF_FUNCTION.keys()
"""The last names of the functions that start a task."""

OF_TASK: Final = frozenset(
    {"result", "exception", "done", "cancelled", "running", "failed", "add_done_callback", "cancel"}
)
"""The methods of a task that are evaluated, and what tenacity says of an attempt."""

GROUPING: Final = frozenset({"TaskGroup", "create_task_group", "open_nursery"})
"""The last names of what makes a group of tasks."""

WAITING: Final = GROUPING | {
    *("wait", "as_completed", "add_done_callback", "ThreadPoolExecutor", "ProcessPoolExecutor")
}
"""The last names of what waits for tasks, and of what makes what does: neither raises what a task raised."""

GROUP: Final = "builtins.ExceptionGroup"
TASK_GROUP: Final = DottedName("asyncio.TaskGroup")
_GROUPS: Final = frozenset({"asyncio.TaskGroup", "anyio.create_task_group", "trio.open_nursery"})
"""What makes a context manager that waits for its tasks and raises a group of exceptions."""

TASK_FUNCTIONS: Final = _GROUPS | {
    *("asyncio.wait", "asyncio.as_completed", "concurrent.futures.wait", "concurrent.futures.as_completed")
}
"""The functions about tasks that are evaluated, by dotted name."""

_TASKS: Final = "#tasks"
"""The name of the tasks of a group; no program can have it."""


def start_task(
    self: Resolver, node: ast.Call, function: Any, arguments: list[Any], named: dict[str, Any], env: Env
) -> Task | None:
    """Start the task that a call starts; None if the function is one of the scanned files."""
    if isinstance(function, OwnFunction | BoundFunction | OwnClass | Partial):
        return None
    work = _find_work(self, node, arguments, named)
    owner = None
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        owner = self.evaluate(node.func.value, self.calls.references.scope_of(node), env)
    task = Task(work, env.get(ATTEMPTS, 0))
    if task.before and _leads_on(self, node, work):
        self.count_attempt(env)
    if is_group(owner):
        owner.fields.setdefault(_TASKS, []).append(task)
    return task


def _find_work(self: Resolver, node: ast.Call, arguments: list[Any], named: dict[str, Any]) -> Any:
    position = _OF_FUNCTION.get(name_of_called(node))
    if position is None:
        return arguments[0] if arguments and isinstance(arguments[0], Lazy) else None
    if node not in self.failing and len(arguments) > position:
        started = arguments[position]
        if isinstance(started, OwnFunction | BoundFunction | Partial):
            return started, arguments[position + 1 :], named
    return node if node in self.failing or node in self.entry_calls else None


def _leads_on(self: Resolver, node: ast.Call, work: Any) -> bool:
    """Return whether a task that starts leads to a call of the SDK that fails."""
    if any(each in self.failing or each in self.entry_calls for each in (node, *node.args)):
        return True
    return isinstance(work, Lazy) and work.function.node in self.leading


def read_task(self: Resolver, task: Task, env: Env) -> Any:
    """Read the result of a task, which runs once.

    Raises:
        Thrown: It failed.
    """
    if task.failed is None:
        _run(self, task, env)
    env[ATTEMPTS] = max(env.get(ATTEMPTS, 0), task.after)
    if task.failed:
        raise Thrown(task.outcome.error, by_mistake=task.outcome.by_mistake)
    return task.outcome


def _run(self: Resolver, task: Task, env: Env) -> None:
    own, pending, task.failed = {**env, ATTEMPTS: task.before}, len(self.pending), False
    try:
        match task.work:
            case ast.AST() as node:
                self.fail(node, own)
            case (function, arguments, named):
                task.outcome = self.run_lazy(self.call(function, arguments, named, own), own)
            case Lazy() as work:
                task.outcome = self.run_lazy(work, own)
            case _:
                task.outcome = _RESULT
    except Thrown as thrown:
        task.outcome, task.failed = thrown, True
    task.after = own.get(ATTEMPTS, 0)
    task.may_fail = len(self.pending) > pending


def read_exception(self: Resolver, task: Task, env: Env) -> Any:
    """Read the exception of a task; None if it has none."""
    pending = len(self.pending)
    try:
        read_task(self, task, env)
    except Thrown as thrown:
        return thrown.error
    del self.pending[pending:]
    return Unknown("whether the task fails is not known", of_error=True) if task.may_fail else None


def reads_task(node: ast.AST) -> bool:
    """Return whether a node reads a task: `task.exception()`, `task.result()`, or `await task`."""
    match node:
        case ast.Call(func=ast.Attribute(attr="exception" | "result"), args=[]) | ast.Await(value=ast.Name()):
            return True
    return False


def read_failed_task(self: Resolver, node: ast.AST, env: Env) -> Any:
    """Read a task that failed, where the source may not show which call it makes.

    Raises:
        Thrown: The node reads its result.
    """
    read = node.value if isinstance(node, ast.Await) else getattr(node, "func", node)
    receiver, is_exception = getattr(read, "value", read), getattr(read, "attr", "") == "exception"
    task = self.evaluate(receiver, self.calls.references.scope_of(node), env)
    error = self.failing[node]
    if isinstance(task, Task):
        _fail_task(self, task, error, env)
    else:
        if not env.get(ATTEMPTS):
            self.count_attempt(env)
        is_ended = isinstance(error, EndedStream)
        task = Task(None, 0, env[ATTEMPTS], _RESULT if is_ended else Thrown(error), failed=not is_ended)
        match receiver:
            case ast.Name(id=name):
                env[name] = task
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                env[f"{name}.{attribute}"] = task
    return read_exception(self, task, env) if is_exception else read_task(self, task, env)


_RESULT: Final = Unknown("the result of a task can't be known", of_error=True)


def _fail_task(self: Resolver, task: Task, error: Any, env: Env) -> None:
    """Let a task fail, unless a call that it makes is known to fail or the task has ended."""
    if task.failed is None:
        _run(self, task, env)
        if task.after == task.before and not isinstance(error, EndedStream):
            task.outcome, task.failed, task.after = Thrown(error), True, task.before + 1
            self.most_attempts = max(self.most_attempts, task.after)


def make_failed_task(error: Any) -> Task:
    """Make a task whose only call has failed."""
    return Task(None, 0, 1, Thrown(error), failed=True)


def call_method(self: Resolver, task: Task, name: str, named: dict[str, Any], env: Env) -> Any:
    """Evaluate a call of a method of a task; the state of a task of Prefect may return its error as its result."""
    match name:
        case "result" if named.get("raise_on_failure") is False:
            return read_exception(self, task, env) if task.failed else task.outcome
        case "result":
            return read_task(self, task, env)
        case "exception":
            return read_exception(self, task, env)
        case "done" | "cancelled" | "running":
            return name == "done"
        case "add_done_callback" | "cancel":
            return None
    return Unknown(f"{name} of a task is not known")


def call_task_function(name: str, arguments: list[Any]) -> Any:
    """Evaluate a call of a function about tasks."""
    if name in _GROUPS:
        return Instance(TASK_GROUP)
    given = arguments[0] if arguments else None
    tasks = NoTuple(given if isinstance(given, tuple | frozenset | dict) else ())
    if not tasks or not all(isinstance(each, Task | Lazy) for each in tasks):
        return Unknown("the source does not show which tasks there are")
    return tasks if name.endswith("as_completed") else (tasks, NoTuple())


# Groups.


def is_group(value: Any) -> TypeGuard[Instance]:
    """Return whether a value is a context manager that raises a group of exceptions."""
    return isinstance(value, Instance) and value.of == TASK_GROUP


def make_exception_group(error: Any) -> Instance:
    """Make a group of exceptions of one."""
    return Instance(DottedName(GROUP), ("", (error,)))


def is_exception_group(value: Any) -> TypeGuard[Instance]:
    """Return whether a value is a group of exceptions."""
    return isinstance(value, Instance) and value.of == DottedName(GROUP) and len(value.arguments) > 1


def join_tasks(self: Resolver, group: Instance, end: End) -> list[End]:
    """Return the ends of the code in a group that ends without an exception: it waits for its tasks."""
    env, before, self.pending = dict(end.env), self.pending, []
    ends: list[End] = [end]
    for task in group.fields.get(_TASKS, ()):
        try:
            read_task(self, task, env)
        except Thrown as thrown:
            ends = [End(EndKind.RAISE, env, make_exception_group(thrown.error))]
            break
    for each in self.pending:
        ends.append(End(EndKind.RAISE, {**env, ATTEMPTS: each.attempts}, make_exception_group(each.value)))
    self.pending = before
    return ends


def read_group(self: Resolver, group: Instance, name: str, arguments: list[Any]) -> Any:
    """Evaluate `split` or `subgroup` of a group of exceptions."""
    if len(arguments) != 1 or isinstance(arguments[0], OwnFunction | BoundFunction | Method):
        return Unknown("the scan does not follow how a group of exceptions is split", of_error=True)
    answer = self.is_instance(group.arguments[1][0], arguments[0])
    if isinstance(answer, Unknown):
        return answer
    matching, rest = (group, None) if answer else (None, group)
    return (matching, rest) if name == "split" else matching
