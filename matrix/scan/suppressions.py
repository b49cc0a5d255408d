"""Code that catches without a clause: `contextlib.suppress`, `__exit__`, and `asyncio.gather`. Pure."""

import ast
from collections.abc import Iterator

from matrix.scan.catches import Catch, PlaceRole
from matrix.scan.ended_streams import follow_checks
from matrix.scan.file_index import name_of_called
from matrix.scan.judging import CodeSpot, judge_code, make_unmeasured, run_from, try_failures
from matrix.scan.reaches import Reach
from matrix.scan.source_file import SourceFile
from matrix.scan.try_statements import add_emptiness, find_asking_nodes
from matrix.scan.values import DottedName, Instance


def find_suppressions(file: SourceFile) -> Iterator[Catch]:
    """Find each `suppress`, `gather` and context manager that deals with errors of the SDK."""
    for node in list(file.module.parents):
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                yield from _judge_suppress(file, node, item.context_expr)
        elif isinstance(node, ast.Call) and name_of_called(node) == "gather":
            yield from _judge_gather(file, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in {"__exit__", "__aexit__"}:
            yield from _judge_exit(file, node)


def _judge_suppress(file: SourceFile, node: ast.With | ast.AsyncWith, manager: ast.expr) -> Iterator[Catch]:
    value = file.make_evaluator().evaluate_safely(manager, file.module.scope_of[node])
    if not isinstance(value, Instance) or value.of != DottedName("contextlib.suppress"):
        return
    names_sdk = any(isinstance(each, DottedName) and file.sdk.is_error(each.name) for each in value.arguments)
    reach = Reach(file, node.body, find_asking_nodes(file, node.body))
    if not (names_sdk or reach.calls):
        return
    yield from _report(file, node, CodeSpot(manager, file.code_of(manager)), reach)


def _judge_gather(file: SourceFile, node: ast.Call) -> Iterator[Catch]:
    if not any(keyword.arg == "return_exceptions" and _is_true(keyword.value) for keyword in node.keywords):
        return
    reach = Reach(file, [node])
    if reach.calls:
        yield from _report(file, node, CodeSpot(node, file.code_of(node)), reach)


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _judge_exit(file: SourceFile, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Catch]:
    """Judge a context manager of the file by the code that runs inside it."""
    if not _may_act(node):
        return
    around = file.module.scope_of[node].node
    bodies = file.calls.find_bodies(around)
    reach = Reach(file, bodies) if bodies else None
    if reach is None or not reach.calls:
        return
    statement = next((each for each in bodies if isinstance(each, ast.stmt)), None)
    if statement is not None:
        title = f"def {node.name}"
        function = file.module.scopes[node].qualified_name
        yield from _report(file, statement, CodeSpot(node, title), reach, function)


def _may_act(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether `__exit__` may raise or suppress an error: one that returns nothing lets every error pass."""
    returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None]
    passes = all(isinstance(value, ast.Constant) and not value.value for value in returned)
    return not passes or any(isinstance(each, ast.Raise) for each in ast.walk(node))


def _report(
    file: SourceFile, node: ast.AST, spot: CodeSpot, reach: Reach, function: str | None = None
) -> Iterator[Catch]:
    if reach.unmeasured:
        yield make_unmeasured(file, spot, PlaceRole.CATCH, reach.unmeasured, function)
        return
    run = run_from(file, node)
    trial = try_failures(file, reach, run)
    follow_checks(file, node, trial, run, ())
    add_emptiness(file, node, trial, ())
    file.covered.update(call.node for call in reach.calls)
    yield judge_code(trial, spot, PlaceRole.CATCH, function=function)
