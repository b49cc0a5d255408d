"""Uses of `contextlib.suppress`, which goes on as if nothing had failed. Pure."""

import ast
from collections.abc import Iterator

from matrix.scan.block import FALLS, RERAISE, Ends
from matrix.scan.catches import Catch, Reaction
from matrix.scan.evaluator import Evaluator
from matrix.scan.judging import CodeSpot, judge_code, try_failures
from matrix.scan.source_file import SourceFile
from matrix.scan.values import DottedName


def find_suppressions(file: SourceFile) -> Iterator[Catch]:
    """Find each `suppress` that gets classes of the SDK or stands around its calls."""
    for node in list(file.module.parents):
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                catch = _judge(file, node, item.context_expr) if isinstance(item.context_expr, ast.Call) else None
                if catch is not None:
                    yield catch


def _judge(file: SourceFile, node: ast.With | ast.AsyncWith, call: ast.Call) -> Catch | None:
    scope = file.module.scope_of[node]
    if file.make_evaluator().evaluate(call.func, scope).data != DottedName("contextlib.suppress"):
        return None

    def run(evaluator: Evaluator) -> Ends:
        classes = [evaluator.evaluate(argument, scope).data for argument in call.args]
        return frozenset({FALLS if evaluator.is_a(tuple(classes)) is True else RERAISE})

    trial = try_failures(file, run)
    calls = file.calls.find_calls(node.body)
    if not (trial.names_sdk or calls):
        return None
    file.covered.update(calls)
    return judge_code(trial, lambda _: CodeSpot(call, file.code_of(call)), calls=calls, reaction=Reaction.ANSWERS)
