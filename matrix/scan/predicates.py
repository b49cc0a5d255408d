"""Functions that are given an error and say what it is: `def is_retryable(e): ...`. Pure.

Only where it is evident that errors of the SDK are meant: a class of it is named, or the API's own 529 or `overloaded`.
"""

import ast
from collections.abc import Iterator
from typing import Final

from matrix.scan.calls import bound
from matrix.scan.evaluate import Evaluator
from matrix.scan.found import Action, Catch
from matrix.scan.names import Scope
from matrix.scan.resolve import short
from matrix.scan.statements import FALLS, RERAISE, Block, Ends
from matrix.scan.trial import File, Spot, attempt, names_sdk, speaks_of_the_api, verdict
from matrix.scan.values import ERROR, Origin, flat

_NAMES: Final = ("e", "ex", "exc", "err", "error", "exception")
"""How people name an error that a function is given."""


def predicates(file: File) -> Iterator[Catch]:
    """Every such function that nothing in this file was seen to call with an error it caught."""
    for node, scope in list(file.module.scopes.items()):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node in file.functions:
            continue
        parameter = _parameter(file, node) if _may_ask(file, node) else None
        if parameter is None:
            continue
        found = _judge(file, node, scope, parameter)
        if found is not None:
            yield found


def _may_ask(file: File, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function has any of the words without which it can't be one: most have none, and a trial costs time."""
    text = "\n".join(file.module.lines[node.lineno - 1 : node.end_lineno])
    words = (*file.sdk.overload_words, "isinstance", "status", "__name__", "type", "body")
    return any(word in text for word in words)


def _parameter(file: File, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """The parameter that is an error: by its name, its annotation, or because it is held against classes."""
    arguments = [one for one in (*node.args.posonlyargs, *node.args.args) if one.arg not in {"self", "cls"}]
    for one in arguments:
        says = short(one.annotation) if one.annotation else ""
        if one.arg.strip("_").removeprefix("the_") in _NAMES or one.arg.endswith(("_error", "_exc", "_exception")):
            return one.arg
        if says.endswith(("Exception", "Error")):
            return one.arg
    tested = {
        call.args[0].id
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and short(call.func) == "isinstance"
        and len(call.args) > 1
        and isinstance(call.args[0], ast.Name)
        and any(_is_of_sdk(file, one) for one in flat(file.evaluator().of(call.args[1], file.module.scopes[node]).data))
    }
    return next((one.arg for one in arguments if one.arg in tested), None)


def _is_of_sdk(file: File, one: object) -> bool:
    return isinstance(one, Origin) and file.sdk.is_error(one.name)


def _judge(file: File, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, parameter: str) -> Catch | None:
    def run(evaluator: Evaluator) -> Ends:
        env = bound(node, [], {parameter: ERROR}, evaluator, file.module.scope_of[node])
        found = Block(evaluator, scope, env).run(node.body)
        return found - {FALLS} | ({("return", "None")} if FALLS in found else set())

    ends, seen = attempt(file, run)
    if len(set(ends.values()) - {frozenset({RERAISE})}) < 2:
        return None
    if not (names_sdk(file, seen) or speaks_of_the_api(file, seen)):
        return None
    title = f"def {node.name}({', '.join(one.arg for one in node.args.args)})"
    return verdict(
        file, ends, seen, lambda _: Spot(node, title), calls=[], action=Action.DECIDES, function=scope.qualified_name
    )
