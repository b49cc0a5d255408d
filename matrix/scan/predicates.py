"""Functions that classify an error that they are passed: `def is_retryable(e): ...`. Pure.

A function counts only if it evidently means errors of the SDK: it names a class of the SDK, or what only an overloaded
server of the API says.
"""

import ast
from collections.abc import Iterator
from typing import Final, TypeAlias

from matrix.scan.block import FALLS, RERAISE, Block, Ends
from matrix.scan.call_values import bind_arguments
from matrix.scan.catches import Catch, Reaction
from matrix.scan.evaluator import Evaluator
from matrix.scan.judging import CodeSpot, judge_code, try_failures
from matrix.scan.resolver import unparse_short
from matrix.scan.scopes import Scope
from matrix.scan.source_file import SourceFile
from matrix.scan.values import ERROR, DottedName, flatten

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_ERROR_NAMES: Final = ("e", "ex", "exc", "err", "error", "exception")
"""The names that people give to a parameter that is an error."""


def find_predicates(file: SourceFile) -> Iterator[Catch]:
    """Find each predicate that no handler in the file calls with the error that it caught."""
    for node, scope in list(file.module.scopes.items()):
        if not isinstance(node, _Function) or node in file.called_functions:
            continue
        parameter = _find_error_parameter(file, node) if _may_be_predicate(file, node) else None
        if parameter is None:
            continue
        catch = _judge(file, node, scope, parameter)
        if catch is not None:
            yield catch


def _may_be_predicate(file: SourceFile, node: _Function) -> bool:
    """Return whether a function has a word that every predicate needs: trying every function is slow."""
    text = "\n".join(file.module.lines[node.lineno - 1 : node.end_lineno])
    words = (*file.sdk.overload_words, "isinstance", "status", "__name__", "type", "body")
    return any(word in text for word in words)


def _find_error_parameter(file: SourceFile, node: _Function) -> str | None:
    """Find the parameter that is an error: by its name, its annotation, or an `isinstance` with classes of the SDK."""
    parameters = [each for each in (*node.args.posonlyargs, *node.args.args) if each.arg not in {"self", "cls"}]
    for parameter in parameters:
        name, annotation = parameter.arg, unparse_short(parameter.annotation) if parameter.annotation else ""
        if name.strip("_").removeprefix("the_") in _ERROR_NAMES or name.endswith(("_error", "_exc", "_exception")):
            return name
        if annotation.endswith(("Exception", "Error")):
            return name
    scope = file.module.scopes[node]
    tested = {
        call.args[0].id
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and unparse_short(call.func) == "isinstance"
        and len(call.args) > 1
        and isinstance(call.args[0], ast.Name)
        and _has_sdk_class(file, file.make_evaluator().evaluate(call.args[1], scope).data)
    }
    return next((parameter.arg for parameter in parameters if parameter.arg in tested), None)


def _has_sdk_class(file: SourceFile, classes: object) -> bool:
    return any(isinstance(each, DottedName) and file.sdk.is_error(each.name) for each in flatten(classes))


def _judge(file: SourceFile, node: _Function, scope: Scope, parameter: str) -> Catch | None:
    def run(evaluator: Evaluator) -> Ends:
        env = bind_arguments(node, [], {parameter: ERROR}, evaluator, file.module.scope_of[node])
        ends = Block(evaluator, scope, env).run(node.body)
        return ends - {FALLS} | ({("return", "None")} if FALLS in ends else set())

    trial = try_failures(file, run)
    if len(set(trial.ends.values()) - {frozenset({RERAISE})}) < 2:
        return None
    if not (trial.names_sdk or trial.names_overload):
        return None
    title = f"def {node.name}({', '.join(parameter.arg for parameter in node.args.args)})"
    return judge_code(
        trial,
        lambda _: CodeSpot(node, title),
        calls=[],
        reaction=Reaction.DECIDES,
        function=scope.qualified_name,
    )
