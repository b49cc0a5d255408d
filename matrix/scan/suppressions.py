"""Code that catches without a clause: `suppress`, `__exit__`, `asyncio.gather`, and `finally: return`. Pure."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from matrix.scan.catches import Catch, PlaceRole
from matrix.scan.ended_streams import follow_checks
from matrix.scan.evaluator import Evaluator
from matrix.scan.file_index import name_of_called, walk_code
from matrix.scan.judging import (
    UNREACHED,
    CodeSpot,
    TrialOutcome,
    combine,
    decide,
    judge_code,
    make_unmeasured,
    run_function,
    try_failures,
)
from matrix.scan.reaches import Failure, Reach
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
        elif isinstance(node, ast.Try | ast.TryStar) and node.finalbody:
            yield from _judge_final(file, node)
    for manager, statement in file.calls.references.index_of(file.module.top).entered:
        yield from _judge_suppress(file, statement, manager)


def _judge_suppress(file: SourceFile, node: ast.With | ast.AsyncWith, manager: ast.expr) -> Iterator[Catch]:
    value = file.make_evaluator().evaluate_safely(manager, file.module.scope_of[node])
    if not isinstance(value, Instance) or value.of != DottedName("contextlib.suppress"):
        return
    names_sdk = any(isinstance(each, DottedName) and file.sdk.is_error(each.name) for each in value.arguments)
    reach = Reach(file, node.body, find_asking_nodes(file, node.body))
    if not (names_sdk or reach.calls):
        return
    yield from _report(file, [node], CodeSpot(manager, file.code_of(manager)), reach)


def _judge_gather(file: SourceFile, node: ast.Call) -> Iterator[Catch]:
    if not any(keyword.arg == "return_exceptions" and _is_true(keyword.value) for keyword in node.keywords):
        return
    reach = Reach(file, [node])
    if reach.calls:
        yield from _report(file, [node], CodeSpot(node, file.code_of(node)), reach)


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
    statements: dict[ast.AST | None, ast.stmt] = {}
    for each in (body for body in bodies if isinstance(body, ast.stmt)):
        statements.setdefault(file.calls.find_function(each), each)
    if statements:
        function = file.module.scopes[node].qualified_name
        yield from _report(file, [*statements.values()], CodeSpot(node, f"def {node.name}"), reach, function)


def _judge_final(file: SourceFile, node: ast.Try | ast.TryStar) -> Iterator[Catch]:
    """Judge a `finally` that leaves by itself, which ends every exception; with a clause, the `try` is a place."""
    leaving = _find_leaving(node.finalbody) if not node.handlers else None
    reach = Reach(file, node.body) if leaving is not None else None
    if leaving is not None and reach is not None and reach.calls:
        yield from _report(file, [node], CodeSpot(leaving, f"finally: {file.code_of(leaving)}"), reach)


def _find_leaving(statements: Iterable[ast.stmt]) -> ast.stmt | None:
    """Find the statement by which a `finally` leaves: `return`, or `break` or `continue` of a loop around it."""
    pending: list[ast.AST] = [*statements]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return | ast.Break | ast.Continue):
            return node
        if isinstance(node, ast.For | ast.AsyncFor | ast.While):
            returns = (each for each in walk_code(node.body) if isinstance(each, ast.Return))
            if (found := next(returns, None)) is not None:
                return found
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case) and not isinstance(node, _DEFINING):
            pending.extend(ast.iter_child_nodes(node))
    return None


_DEFINING: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _may_act(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether `__exit__` may raise or suppress an error: one that returns nothing lets every error pass."""
    returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None]
    passes = all(isinstance(value, ast.Constant) and not value.value for value in returned)
    return not passes or any(isinstance(each, ast.Raise) for each in ast.walk(node))


_MOST_USES: Final = 5
"""In how many functions a context manager of the file is judged."""


def _report(
    file: SourceFile, nodes: Sequence[ast.AST], spot: CodeSpot, reach: Reach, function: str | None = None
) -> Iterator[Catch]:
    """Report code that catches, judged in the functions around some nodes, which may end differently."""
    if reach.unmeasured:
        yield make_unmeasured(file, spot, PlaceRole.CATCH, reach.unmeasured, function)
        return

    def run(evaluator: Evaluator, failure: Failure, error: Any) -> TrialOutcome:
        outcomes: list[TrialOutcome] = []
        for node in nodes[:_MOST_USES]:
            evaluator.record.undecided = ""
            each = file.make_evaluator(evaluator.record)
            outcomes.append(decide(each, run_function(file, node, each, failure, error)))
        return combine([each for each in outcomes if each.decision.detail != UNREACHED] or outcomes)

    trial = try_failures(file, reach, run)
    for node in nodes:
        follow_checks(file, node, trial, run, ())
        add_emptiness(file, node, trial, ())
    file.covered.update(call.node for call in reach.calls)
    yield judge_code(trial, spot, PlaceRole.CATCH, function=function)
