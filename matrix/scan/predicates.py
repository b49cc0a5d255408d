"""Functions that classify an error that they are passed: `def is_retryable(e): ...`. Pure.

A function counts only if it evidently means errors of the SDK: it names a class of the SDK, or what only an overloaded
server of the API says.
"""

import ast
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from matrix.scan.block import Block
from matrix.scan.catches import Catch, Choice, Decision, PlaceRole
from matrix.scan.ends import End, EndKind
from matrix.scan.error_parts import find_method
from matrix.scan.evaluator import Evaluator
from matrix.scan.judging import CodeSpot, TrialOutcome, decide, judge_code, try_failures
from matrix.scan.own_calls import bind_arguments
from matrix.scan.reaches import Failure, Reach
from matrix.scan.resolver import ATTEMPTS
from matrix.scan.scopes import Scope
from matrix.scan.source_file import SourceFile
from matrix.scan.values import DottedName, Instance, OwnClass, OwnFunction, flatten
from matrix.scan.wording import unparse_short

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_ERROR_NAMES: Final = ("e", "ex", "exc", "err", "error", "exception")
"""The names that people give to a parameter that is an error."""


def find_predicates(file: SourceFile) -> Iterator[Catch]:
    """Find each predicate that no handler in the file calls with the error that it caught."""
    for node, scope in list(file.module.scopes.items()):
        if not isinstance(node, _Function) or node in file.called_functions or _is_hook(node):
            continue
        parameter = _find_error_parameter(file, node) if _may_be_predicate(file, node) else None
        if parameter is None:
            continue
        catch = _judge(file, node, scope, parameter)
        if catch is not None:
            yield catch


def _is_hook(node: _Function) -> bool:
    """Return whether a function is called with every exception: one that gets a traceback, or a middleware's."""
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    return node.name in {"__exit__", "__aexit__", "process_exception"} or bool(names and names[-1] in _TRACEBACKS)


_TRACEBACKS: Final = frozenset({"tb", "traceback", "trace", "exc_tb", "exc_traceback"})


def _may_be_predicate(file: SourceFile, node: _Function) -> bool:
    """Return whether a function has a word that every predicate needs: trying every function is slow."""
    text = "\n".join(file.module.lines[node.lineno - 1 : node.end_lineno])
    if "yield" in text and any(isinstance(each, ast.Yield | ast.YieldFrom) for each in ast.walk(node)):
        return False
    words = (*file.sdk.overload_words, "isinstance", "status", "__name__", "type", "body", "match ")
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
    scope, names = file.module.scopes[node], {each.arg for each in parameters}
    calls = file.calls.references.index_of(scope).calls_by_name.get("isinstance", ())
    tested = {
        call.args[0].id
        for call in calls
        if isinstance(call.func, ast.Name)
        and len(call.args) > 1
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id in names
        and node in file.module.find_ancestors(call)
        and _has_sdk_class(file, file.make_evaluator().evaluate_safely(call.args[1], scope))
    }
    return next((parameter.arg for parameter in parameters if parameter.arg in tested), None)


def _has_sdk_class(file: SourceFile, classes: Any) -> bool:
    return any(isinstance(each, DottedName) and file.sdk.is_error(each.name) for each in flatten(classes))


def _judge(file: SourceFile, node: _Function, scope: Scope, parameter: str) -> Catch | None:
    own = OwnFunction(node, file.module.scope_of[node])

    def run(evaluator: Evaluator, _: Failure, error: Any) -> TrialOutcome:
        evaluator.entered.append(node)
        names = bind_arguments(evaluator, own, [], {parameter: error}) | {ATTEMPTS: 1}
        ends = Block(evaluator, scope, names).run(node.body)
        return _decide(evaluator, ends)

    trial = try_failures(file, Reach(file, [], calls=[]), run)
    trial.drop_accepted()
    answers = {decision for decision in trial.decisions.values() if decision.choice is not Choice.ACCEPT}
    if len(answers - {Decision(Choice.FAIL)}) < 2 and not (len(answers) > 1 and Decision(Choice.RETRY) in answers):
        return None
    if any(each.detail.startswith("returns") and each.detail != "returns False" for each in answers):
        return None  # a function that gives an answer, a text or None is no predicate
    if not (trial.names_sdk or file.says_overload([node])):
        return None
    title = f"def {node.name}({', '.join(parameter.arg for parameter in node.args.args)})"
    taken = [id_ for id_, each in trial.decisions.items() if each.choice is Choice.RETRY]
    return judge_code(trial, CodeSpot(node, title), PlaceRole.PREDICATE, function=scope.qualified_name, taken=taken)


def _decide(evaluator: Evaluator, ends: list[End]) -> TrialOutcome:
    """Decide what a predicate says: an error is retried if it returns true, or an object that says so."""
    values = [_read_answer(evaluator, end.value) for end in ends if end.kind is EndKind.RETURN]
    truths = {evaluator.truth_of(value) for value in values} | {False for end in ends if end.kind is EndKind.FALLS}
    if evaluator.record.undecided or any(end.kind is EndKind.RAISE for end in ends) or not ends:
        return decide(evaluator, ends)
    if None in truths:
        why = next((getattr(value, "why", "") for value in values if evaluator.truth_of(value) is None), "")
        return TrialOutcome(Decision(Choice.UNDECIDED, why or "its answer depends on more than the error"))
    if all(isinstance(value, bool | None) for value in values):
        if len(truths) > 1:
            return TrialOutcome(Decision(Choice.UNDECIDED, "its answer depends on more than the error"))
        return TrialOutcome(
            Decision(Choice.RETRY if truths == {True} else Choice.FAIL, "" if truths == {True} else "returns False")
        )
    return decide(evaluator, ends)


def _read_answer(evaluator: Evaluator, value: Any) -> Any:
    """Return what an answer says of retries: an object of the user by its truth, or by its only flag about them."""
    if not (isinstance(value, Instance) and isinstance(value.of, OwnClass)):
        return value
    if find_method(evaluator, value.of, "__bool__") is not None:
        return evaluator.truth_of(value)
    flags = [each for name, each in value.fields.items() if "retr" in name and isinstance(each, bool)]
    return flags[0] if len(flags) == 1 else value
