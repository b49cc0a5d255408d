"""Code that looks at the exception of a task instead of catching it: `task.exception()`. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from matrix.scan.catches import Catch, Choice, PlaceRole
from matrix.scan.ended_streams import follow_checks, follow_ends
from matrix.scan.evaluator import Evaluator
from matrix.scan.file_index import body_of, walk_code
from matrix.scan.judging import CodeSpot, TrialOutcome, decide, judge_code, make_unmeasured, run_function, try_failures
from matrix.scan.reaches import Failure, Reach
from matrix.scan.source_file import SourceFile
from matrix.scan.tasks import STARTERS, reads_task
from matrix.scan.try_statements import add_emptiness
from matrix.scan.values import DottedName

_OF_TENACITY: Final = frozenset({"outcome", "last_attempt"})
"""The attributes by which code of tenacity reads an attempt that failed: it is judged where that is set up."""


def find_task_errors(file: SourceFile) -> Iterator[Catch]:
    """Find each function that looks at the exception of a task."""
    by_function: dict[ast.AST | None, list[ast.Call]] = {}
    for node in file.calls.references.index_of(file.module.top).calls_by_name.get("exception", ()):
        if reads_task(node) and not _is_other(file, node):
            by_function.setdefault(file.calls.find_function(node), []).append(node)
    for function, nodes in by_function.items():
        yield from _judge(file, function, nodes)


def _is_other(file: SourceFile, node: ast.Call) -> bool:
    """Return whether a call is one of `sys.exception()`, or of an attempt of tenacity."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else node
    if isinstance(owner, ast.Attribute) and owner.attr in _OF_TENACITY:
        return True
    return isinstance(file.make_evaluator().evaluate_safely(owner, file.module.scope_of[node]), DottedName)


def _judge(file: SourceFile, function: ast.AST | None, nodes: list[ast.Call]) -> Iterator[Catch]:
    first = min(nodes, key=lambda node: (node.lineno, node.col_offset))
    body = body_of(function or file.module.tree)
    started = [part for node in walk_code(body) if _starts(node) for part in ast.walk(node)]
    calls = [each for each in file.calls.find_sdk_calls(body) if (*each.via, each.node)[0] in started]
    reach = Reach(file, body, nodes, calls=calls)
    spot, read = CodeSpot(first, file.code_of(first)), frozenset[ast.AST](nodes)
    again = Reach(file, body, calls=[each for each in file.calls.find_sdk_calls(body) if each not in calls])
    leading = {file.calls.find_function(node) for call in again.calls for node in (*call.via, call.node)}
    if reach.unmeasured:
        yield make_unmeasured(file, spot, PlaceRole.CATCH, reach.unmeasured)
        return

    def run(evaluator: Evaluator, failure: Failure, error: Any) -> TrialOutcome:
        others = again.find_nodes(failure.ending)
        failure = replace(
            failure, nodes=failure.nodes | read | others, leading=failure.leading | leading, task_reads=read
        )
        return decide(evaluator, run_function(file, first, evaluator, failure, error))

    trial = try_failures(file, reach, run)
    if not (trial.names_sdk or calls or (file.says_overload(body) and trial.record.compares)):
        return
    if all(each.escapes or each.choice is Choice.ACCEPT for each in trial.decisions.values()):
        return
    followed = follow_ends(file, trial, run)
    follow_checks(file, first, trial, run, followed)
    add_emptiness(file, first, trial, followed)
    file.covered.update(call.node for call in calls)
    note = "" if calls else "what awaits the task gets its error too"
    yield judge_code(trial, spot, PlaceRole.CATCH, note=note)


def _starts(node: ast.AST) -> bool:
    """Return whether a node starts a task."""
    func = node.func if isinstance(node, ast.Call) else None
    return getattr(func, "attr", getattr(func, "id", "")) in STARTERS
