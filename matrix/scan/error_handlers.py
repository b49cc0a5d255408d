"""Error handlers of web frameworks: `@app.exception_handler(anthropic.APIError)` and the like. Pure.

Of several that are registered with one application, the one of the nearest class gets an error.
"""

import ast
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from matrix.scan.block import Block
from matrix.scan.catches import Catch, Choice, Decision, PlaceRole
from matrix.scan.ends import End, EndKind
from matrix.scan.evaluator import Evaluator
from matrix.scan.factories import follow_name
from matrix.scan.judging import CodeSpot, TrialOutcome, decide, ends_with_none, judge_code, try_failures
from matrix.scan.own_calls import bind_arguments
from matrix.scan.reaches import Failure, Reach
from matrix.scan.resolver import ATTEMPTS
from matrix.scan.source_file import SourceFile, shorten
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


_SEVERAL: Final = frozenset({"exception"})
"""The methods, of Sanic, that take several classes."""


class _Registered(NamedTuple):
    """An error handler that is registered for some classes.

    Attributes:
        by: What it is registered with: an application, or a dict of handlers.
        classes: The expressions of the classes; none if it is called with every exception.
        function: The function.
    """

    by: str
    classes: list[ast.expr]
    function: Any


def find_error_handlers(file: SourceFile) -> Iterator[Catch]:
    """Find each error handler that a web application registers for classes of the SDK, or that tells them apart."""
    found = [*_find_registered(file)]
    for each in found:
        others = [other for other in found if other.by == each.by and other is not each]
        yield from _judge(file, each, others)
    for node in [*file.module.scopes]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == _OF_DJANGO:
            yield from _judge(file, _Registered("", [], OwnFunction(node, file.module.scope_of[node])), [])


_OF_DJANGO: Final = "process_exception"
"""The method of a middleware of Django that is called with every exception; None lets it pass."""


def _find_registered(file: SourceFile) -> Iterator[_Registered]:
    """Find each error handler that is registered."""
    for node in list(file.module.parents):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _REGISTERING:
            yield from _find_in_call(file, node, node.func)
        elif isinstance(node, ast.keyword) and node.arg == "exception_handlers":
            pairs = _read_dict(file, node.value)
            for key, value in zip(pairs.keys, pairs.values, strict=True) if pairs is not None else ():
                if key is not None:
                    yield _Registered(str(id(pairs)), [key], _function_of(file, value))


def _read_dict(file: SourceFile, node: ast.expr) -> ast.Dict | None:
    """Return the dict that an expression is, or that its name has; None if the source does not show it."""
    bound, _ = follow_name(node, file.module.scope_of[node])
    return bound if isinstance(bound, ast.Dict) else None


def _find_in_call(file: SourceFile, node: ast.Call, method: ast.Attribute) -> Iterator[_Registered]:
    parent, by = file.module.parents.get(node), ast.unparse(method.value)
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and node in parent.decorator_list:
        classes = node.args if method.attr in _SEVERAL else node.args[:1]
        if classes:
            yield _Registered(by, classes, OwnFunction(parent, file.module.scope_of[parent]))
    elif len(node.args) > 1:
        yield _Registered(by, node.args[:1], _function_of(file, node.args[1]))


def _function_of(file: SourceFile, node: ast.expr) -> Any:
    return file.make_evaluator().evaluate_safely(node, file.module.scope_of[node])


def _read_classes(file: SourceFile, handler: _Registered) -> list[Any]:
    values = (_function_of(file, each) for each in handler.classes)
    return [each for value in values for each in flatten(value)] or [_EVERY]


_EVERY: Final = DottedName("builtins.Exception")


def _judge(file: SourceFile, handler: _Registered, others: list[_Registered]) -> Iterator[Catch]:
    """Judge a function that handles errors of some classes, unless another one is nearer."""
    classes = _read_classes(file, handler)
    names_sdk = any(isinstance(each, DottedName) and file.sdk.is_error(each.name) for each in classes)
    if not names_sdk and _EVERY not in classes:
        return
    other_classes = [each for other in others for each in _read_classes(file, other)]

    def run(evaluator: Evaluator, _: Failure, error: Any) -> TrialOutcome:
        answers = {each: evaluator.is_instance(error, each) for each in classes if not isinstance(each, Unknown)}
        own = [each for each, answer in answers.items() if answer is True]
        doubts = [each for each in (*classes, *answers.values()) if isinstance(each, Unknown)]
        if not own and doubts:
            return TrialOutcome(Decision(Choice.UNDECIDED, doubts[0].why))
        nearer = (each for each in other_classes if evaluator.is_instance(error, each) is True and each not in own)
        if not own or any(all(evaluator.is_subclass(other, each) is True for each in own) for other in nearer):
            return TrialOutcome(Decision(Choice.FAIL))
        return _run_handler(evaluator, handler, error)

    trial = try_failures(file, Reach(file, [], calls=[]), run)
    trial.drop_accepted()
    if not (names_sdk or trial.names_sdk):
        return
    node = handler.function.node if isinstance(handler.function, OwnFunction) else None
    name = getattr(node, "name", None)
    if handler.classes:
        code = ", ".join(file.code_of(each) for each in handler.classes)
        yield judge_code(trial, CodeSpot(handler.classes[0], shorten(code)), PlaceRole.CATCH, function=name)
    elif isinstance(node, ast.stmt):
        around = file.module.scopes[node].qualified_name
        yield judge_code(trial, CodeSpot(node, f"def {name}"), PlaceRole.CATCH, function=around)


def _run_handler(evaluator: Evaluator, handler: _Registered, error: Any) -> TrialOutcome:
    """Run the function of a handler on an error."""
    function = handler.function
    if not isinstance(function, OwnFunction) or isinstance(function.node, ast.Lambda):
        return TrialOutcome(Decision(Choice.FAIL, "returns a value"))
    parameters = [each.arg for each in (*function.node.args.posonlyargs, *function.node.args.args)]
    taking = "exception" if "exception" in parameters else "".join(parameters[-1:])
    names = bind_arguments(evaluator, function, [], {taking: error}) | {ATTEMPTS: 1}
    evaluator.entered.append(function.node)
    inner = evaluator.inner_scope(function.node, function.scope)
    ends = Block(evaluator, inner, names).run(function.node.body)
    if not handler.classes:
        ends = [End(EndKind.RAISE, each.env, error) if ends_with_none(each) else each for each in ends]
    return decide(evaluator, ends)
