"""Error handlers of web frameworks: `@app.exception_handler(anthropic.APIError)` and the like. Pure."""

import ast
from collections.abc import Iterator
from typing import Any, Final

from matrix.scan.block import Block
from matrix.scan.catches import Catch, Choice, Decision, PlaceRole
from matrix.scan.evaluator import Evaluator
from matrix.scan.judging import CodeSpot, TrialOutcome, decide, judge_code, try_failures
from matrix.scan.own_calls import bind_arguments
from matrix.scan.reaches import Failure, Reach
from matrix.scan.resolver import ATTEMPTS
from matrix.scan.source_file import SourceFile
from matrix.scan.values import DottedName, OwnFunction, Unknown, flatten

_REGISTERING: Final = frozenset(
    {
        "exception_handler",
        "errorhandler",
        "app_errorhandler",
        "exception",
        "add_exception_handler",
        "register_error_handler",
    }
)
"""The methods of applications of FastAPI, Starlette, Flask and Sanic that register an error handler."""


def find_error_handlers(file: SourceFile) -> Iterator[Catch]:
    """Find each error handler that a web application registers for classes of the SDK."""
    for node in list(file.module.parents):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _REGISTERING:
            yield from _judge(file, node)
        elif isinstance(node, ast.keyword) and node.arg == "exception_handlers" and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if key is not None:
                    yield from _judge_pair(file, key, _function_of(file, value))


def _judge(file: SourceFile, node: ast.Call) -> Iterator[Catch]:
    if not node.args:
        return
    parent = file.module.parents.get(node)
    if len(node.args) > 1:
        yield from _judge_pair(file, node.args[0], _function_of(file, node.args[1]))
    elif isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from _judge_pair(file, node.args[0], OwnFunction(parent, file.module.scope_of[parent]))


def _function_of(file: SourceFile, node: ast.expr) -> Any:
    return file.make_evaluator().evaluate_safely(node, file.module.scope_of[node])


def _judge_pair(file: SourceFile, classes: ast.expr, function: Any) -> Iterator[Catch]:
    """Judge the function that handles errors of some classes."""
    scope = file.module.scope_of[classes]
    named = flatten(file.make_evaluator().evaluate_safely(classes, scope))
    if not any(isinstance(each, DottedName) and file.sdk.is_error(each.name) for each in named):
        return

    def run(evaluator: Evaluator, _: Failure, error: Any) -> TrialOutcome:
        answer = evaluator.is_instance(error, evaluator.evaluate_safely(classes, scope))
        if isinstance(answer, Unknown):
            return TrialOutcome(Decision(Choice.UNDECIDED, answer.why))
        if not answer:
            return TrialOutcome(Decision(Choice.FAIL))
        if not isinstance(function, OwnFunction) or isinstance(function.node, ast.Lambda):
            return TrialOutcome(Decision(Choice.FAIL, "returns a value"))
        parameters = [each.arg for each in (*function.node.args.posonlyargs, *function.node.args.args)]
        names = bind_arguments(evaluator, function, [], {parameters[-1]: error} if parameters else {}) | {ATTEMPTS: 1}
        evaluator.entered.append(function.node)
        inner = evaluator.inner_scope(function.node, function.scope)
        return decide(evaluator, Block(evaluator, inner, names).run(function.node.body))

    trial = try_failures(file, Reach(file, [], calls=[]), run)
    trial.drop_accepted()
    name = function.node.name if isinstance(function, OwnFunction) and hasattr(function.node, "name") else None
    yield judge_code(trial, CodeSpot(classes, file.code_of(classes)), PlaceRole.CATCH, function=name)
