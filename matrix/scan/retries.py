"""Retries by a library (tenacity, backoff, stamina, langchain), or by a function that is passed classes. Pure."""

import ast
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from matrix.scan.catches import Catch, Choice, Decision, PlaceRole
from matrix.scan.class_checks import are_classes
from matrix.scan.derived import find_derivation, judge_derivation
from matrix.scan.ended_streams import follow_ends
from matrix.scan.ends import EndKind
from matrix.scan.evaluator import Evaluator
from matrix.scan.file_index import body_of, name_of_called
from matrix.scan.frameworks import find_asked_framework
from matrix.scan.judging import (
    CodeSpot,
    TrialOutcome,
    decide,
    judge_code,
    make_unmeasured,
    run_block,
    run_function,
    try_failures,
)
from matrix.scan.reaches import Failure, Reach
from matrix.scan.resolver import Thrown
from matrix.scan.retried import find_retried
from matrix.scan.scopes import Scope
from matrix.scan.source_file import SourceFile
from matrix.scan.values import BoundFunction, CaughtError, DottedName, Instance, OwnFunction, Unknown, flatten
from matrix.scan.wording import unparse_short

_RETRYING: Final = frozenset({"retry", "Retrying", "AsyncRetrying"})
_LIBRARIES: Final = frozenset({"tenacity", "backoff", "stamina", "retry"})
_CLASS_ARGUMENTS: Final = frozenset(
    {"exceptions", "retry_on", "on", "retryable", "retryable_exceptions", "retry_exceptions", "retry_for", "errors"}
    | {"autoretry_for", "exception_types", "catch", "expected_exception", "transient_errors"}
    | {"retry_if_exception_type", "exceptions_to_handle", "retry_on_exceptions"}
)
"""The arguments that hold classes, in calls of users' own functions, of Celery, langchain and circuit breakers."""

Answer: TypeAlias = bool | Unknown
"""Whether an error is retried."""

Condition: TypeAlias = Callable[[Evaluator, Scope, Any], Answer]
"""Whether an error is retried, as a function of the evaluator, the scope and the error."""


def find_retries(file: SourceFile) -> Iterator[Catch]:
    """Find each call or decorator that sets up retries for errors of the SDK."""
    for node in list(file.module.parents):
        if isinstance(node, ast.Call):
            yield from _find_in_call(file, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Name | ast.Attribute) and _is_bare(file, decorator):
                    yield from _judge(file, decorator, decorator, _is_instance(None), node, is_known=True)


def _is_bare(file: SourceFile, decorator: ast.expr) -> bool:
    """Return whether a decorator is `tenacity.retry` without arguments, which retries any exception."""
    value = file.make_evaluator().evaluate_safely(decorator, file.module.scope_of[decorator])
    return isinstance(value, DottedName) and value.name in {"tenacity.retry", "retry.retry"}


def _find_in_call(file: SourceFile, node: ast.Call) -> Iterator[Catch]:
    named = _list_named(file, node)
    name = name_of_called(node)
    if name == "dict" or (name not in _CALLED and named.keys().isdisjoint(_CLASS_ARGUMENTS)):
        return
    function = file.make_evaluator().evaluate_safely(node.func, file.module.scope_of[node])
    if name == "on" and "RetryingCaller" in unparse_short(node.func):
        function = DottedName("stamina.retry")
    retry = _find_condition(function, node, named)
    if retry is None:
        return
    expression, condition = retry
    if method := find_derivation(file, node):
        spot, scope = CodeSpot(expression, file.code_of(expression)), file.module.scope_of[node]
        yield judge_derivation(file, node, spot, method, lambda run, error: _answer(run, condition(run, scope, error)))
        return
    found: list[ast.AST | None] = [*find_retried(file, node)]
    for retried in found or [None]:
        if not file.may_call_sdk(body_of(retried)):
            continue
        yield from _judge(
            file,
            node,
            expression,
            condition,
            retried,
            is_known=_is_of_library(function),
            is_stamina=_is_stamina(function),
        )


def _is_stamina(function: object) -> bool:
    return isinstance(function, DottedName) and function.name.startswith("stamina.")


_UNREAD: Final = "**"
"""The name of an argument that stands for named arguments that the source does not show."""


def _list_named(file: SourceFile, node: ast.Call) -> dict[str, ast.expr]:
    """List the named arguments of a call, also those of a dictionary that is written out elsewhere."""
    named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    for value in (keyword.value for keyword in node.keywords if keyword.arg is None):
        bindings = file.module.scope_of[node].find_bindings(value.id) if isinstance(value, ast.Name) else []
        match bindings[0].node if len(bindings) == 1 else value:
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                named |= {each.arg or _UNREAD: each.value for each in keywords}
            case ast.Dict(keys=keys, values=values):
                named |= {
                    key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else _UNREAD: item
                    for key, item in zip(keys, values, strict=True)
                }
            case _:
                named[_UNREAD] = value
    return named


_CALLED: Final = frozenset({"retry", "Retrying", "AsyncRetrying", "on_exception", "retry_context", "with_retry", "on"})


def _judge(
    file: SourceFile,
    node: ast.expr,
    expression: ast.expr,
    condition: Condition,
    retried: ast.AST | None,
    *,
    is_known: bool,
    is_stamina: bool = False,
) -> Iterator[Catch]:
    scope = file.module.scope_of[node]
    reach = Reach(file, body_of(retried)) if retried is not None else Reach(file, [], calls=[])
    shown = expression if node in file.module.find_ancestors(expression) else node
    spot = CodeSpot(shown, file.code_of(shown))
    is_generator = (
        not is_stamina  # it retries generators from their beginning
        and isinstance(retried, ast.FunctionDef | ast.AsyncFunctionDef)
        and file.calls.references.find_index(retried).is_generator(retried)
    )
    is_function = retried in file.module.scopes and not isinstance(retried, ast.Lambda)
    function = file.module.scopes[retried].qualified_name if is_function and retried is not None else None
    unmeasured = reach.unmeasured or ("" if reach.calls else find_asked_framework(file, body_of(retried)))
    if unmeasured:
        yield make_unmeasured(file, spot, PlaceRole.RETRIES, unmeasured, function)
        return

    def run(evaluator: Evaluator, failure: Failure, error: Any) -> TrialOutcome:
        if is_generator:  # its body runs where its result is iterated, which the decorator never sees
            return TrialOutcome(Decision(Choice.FAIL))
        if retried is None or not reach.calls:
            return _answer(evaluator, condition(evaluator, scope, error))
        if isinstance(retried, ast.For | ast.AsyncFor | ast.Lambda):
            evaluator.failing = dict.fromkeys(failure.nodes, error)
            evaluator.entry_calls = dict.fromkeys(failure.entries - failure.nodes, error)
            ends = run_block(evaluator, *_list_repeated(file, retried))
        else:
            ends = run_function(file, retried, evaluator, failure, error)
        raised = [end for end in ends if end.kind is EndKind.RAISE]
        inner = decide(evaluator, ends)
        if len(raised) != len(ends) or not ends or inner.decision.choice in (Choice.UNDECIDED, Choice.RETRY):
            return inner
        answers = [condition(evaluator, scope, end.value) for end in raised]
        if evaluator.record.undecided:
            return TrialOutcome(Decision(Choice.UNDECIDED, evaluator.record.undecided))
        if all(answer is False for answer in answers):
            return inner
        return _answer(evaluator, next((each for each in answers if isinstance(each, Unknown)), True))

    trial = try_failures(file, reach, run)
    if reach.calls and not is_generator:
        follow_ends(file, trial, run)
    if not (trial.names_sdk or reach.calls or file.says_overload(trial.record.functions)):
        return
    if reach.calls or is_known or trial.names_sdk:
        file.covered.update(call.node for call in reach.calls)
        name = unparse_short(node.func) if isinstance(node, ast.Call) else ""
        note = "" if is_known else f"the scan does not follow what {name} does with the classes"
        yield judge_code(trial, spot, PlaceRole.RETRIES, function=function, note=note)


def _list_repeated(file: SourceFile, node: ast.For | ast.AsyncFor | ast.Lambda) -> tuple[list[ast.stmt], Scope]:
    """List the statements of a loop or of a lambda, with their scope."""
    if isinstance(node, ast.Lambda):
        return [ast.copy_location(ast.Return(node.body), node.body)], file.module.scopes[node]
    return node.body, file.module.scope_of[node]


def _answer(evaluator: Evaluator, answer: Answer) -> TrialOutcome:
    if evaluator.record.undecided:
        return TrialOutcome(Decision(Choice.UNDECIDED, evaluator.record.undecided))
    if isinstance(answer, Unknown):
        return TrialOutcome(Decision(Choice.UNDECIDED, answer.why))
    return TrialOutcome(Decision(Choice.RETRY if answer else Choice.FAIL))


def _is_of_library(function: object) -> bool:
    return isinstance(function, DottedName) and function.name.partition(".")[0] in {*_LIBRARIES, "retrying"}


def _find_condition(function: object, node: ast.Call, named: dict[str, ast.expr]) -> tuple[ast.expr, Condition] | None:
    """Find the expression and the condition by which a call retries; None if it sets up no retries."""
    name = function.name if isinstance(function, DottedName) else ""
    package, _, last = name.rpartition(".")
    if package.partition(".")[0] == "tenacity" and last in _RETRYING:
        if "retry" not in named:
            return node, _is_unread(named[_UNREAD]) if _UNREAD in named else _is_instance(None)
        condition = named["retry"]
        return condition, lambda evaluator, scope, error: _tenacity(evaluator, scope, condition, error)
    if name == "backoff.on_exception":
        classes = named.get("exception") or (node.args[1] if len(node.args) > 1 else None)
        return (classes, _unless(_is_instance(classes), named.get("giveup"))) if classes is not None else None
    if package == "stamina" and last in {"retry", "retry_context"}:
        on = named.get("on") or (node.args[0] if node.args else None)
        return (on, _is_instance_or_predicate(on)) if on is not None else None
    if package in {"retry", "retry.api"} and last == "retry":
        classes = named.get("exceptions") or (node.args[0] if node.args else None)
        return (classes or node), _is_unread(named[_UNREAD]) if _UNREAD in named else _is_instance(classes)
    if name == "retrying.retry" and "retry_on_exception" in named:
        return named["retry_on_exception"], _predicate(named["retry_on_exception"])
    arguments = (named[each] for each in sorted(_CLASS_ARGUMENTS) if each in named)
    argument = None if package in _LIBRARIES else next(arguments, None)
    return (argument, _is_instance_of_known(argument)) if argument is not None else None


def _is_instance(classes: ast.expr | None) -> Condition:
    """Make the condition that retries instances of classes; of any exception if no class is named."""

    def condition(evaluator: Evaluator, scope: Scope, error: Any) -> Answer:
        known = DottedName("builtins.Exception") if classes is None else evaluator.evaluate_safely(classes, scope)
        if classes is not None and not are_classes(known, in_clause=False):
            return Unknown(f"`{unparse_short(classes)}` is no class, and no tuple of classes", True)
        return evaluator.is_instance(error, known)

    return condition


def _is_unread(options: ast.expr) -> Condition:
    """Make the condition of options that the source does not show."""
    return lambda *_: Unknown(f"the options in `{unparse_short(options)}` are not known", True)


def _is_instance_of_known(argument: ast.expr) -> Condition:
    """Make the condition of an argument whose name only suggests classes: unknown values are ignored."""

    def condition(evaluator: Evaluator, scope: Scope, error: Any) -> Answer:
        value = evaluator.evaluate_safely(argument, scope)
        return (
            evaluator.is_instance(error, tuple(each for each in flatten(value) if isinstance(each, DottedName))) is True
        )

    return condition


def _unless(retried: Condition, giveup: ast.expr | None) -> Condition:
    """Make the condition that retries what another one does, unless the predicate `giveup` is true."""

    def condition(evaluator: Evaluator, scope: Scope, error: Any) -> Answer:
        answer = retried(evaluator, scope, error)
        if giveup is None or answer is False:
            return answer
        stop = _call(evaluator, scope, giveup, error)
        return stop if isinstance(stop, Unknown) else (answer if not stop else False)

    return condition


def _predicate(function: ast.expr) -> Condition:
    return lambda evaluator, scope, error: _call(evaluator, scope, function, error)


def _is_instance_or_predicate(node: ast.expr) -> Condition:
    def condition(evaluator: Evaluator, scope: Scope, error: Any) -> Answer:
        value = evaluator.evaluate_safely(node, scope)
        if isinstance(value, OwnFunction | BoundFunction):
            return _call(evaluator, scope, node, error)
        return evaluator.is_instance(error, value)

    return condition


_CAUGHT: Final = "#caught"
"""A name that no program can have."""


def _call(evaluator: Evaluator, scope: Scope, function: ast.expr, error: Any) -> Answer:
    """Call a predicate with an error; one that crashes is not followed."""
    call = ast.Call(func=function, args=[ast.Name(id=_CAUGHT, ctx=ast.Load())], keywords=[])
    try:
        value = evaluator.evaluate(call, scope, {_CAUGHT: error})
    except Thrown as thrown:
        crashed = isinstance(thrown.error, Instance) and thrown.by_mistake
        return Unknown("the predicate crashes" if crashed else "the predicate raises an exception", True)
    truth = evaluator.truth_of(value)
    return truth if truth is not None else Unknown(getattr(value, "why", "its answer can't be known"), True)


def _tenacity(evaluator: Evaluator, scope: Scope, node: ast.expr, error: Any, depth: int = 0) -> Answer:
    """Evaluate a condition of tenacity, or a combination of several."""
    if depth > 10:
        return Unknown("the condition is nested too deeply", True)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd):
        answers = [_tenacity(evaluator, scope, side, error, depth + 1) for side in (node.left, node.right)]
        return _combine(answers, isinstance(node.op, ast.BitOr))
    if isinstance(node, ast.Name):
        bindings = scope.find_bindings(node.id)
        bound = bindings[0].node if len(bindings) == 1 else None
        if isinstance(bound, ast.expr) and not isinstance(bound, ast.Lambda):
            return _tenacity(evaluator, bindings[0].scope, bound, error, depth + 1)
    if not isinstance(node, ast.Call):
        value = evaluator.evaluate_safely(node, scope)
        if isinstance(value, DottedName) and value.name.endswith("retry_if_exception_type"):
            return evaluator.is_instance(error, DottedName("builtins.Exception"))
        if isinstance(value, OwnFunction | BoundFunction):  # it gets the state of the call, whose outcome has the error
            return Unknown(f"`{unparse_short(node)}` gets the state of tenacity", True)
        return Unknown(f"`{unparse_short(node)}` can't be evaluated", True)
    function = evaluator.evaluate_safely(node.func, scope)
    name = function.name.rpartition(".")[2] if isinstance(function, DottedName) else ""
    argument = node.args[0] if node.args else next((keyword.value for keyword in node.keywords), None)
    match name:
        case "retry_if_exception_type":
            return _is_instance(argument)(evaluator, scope, error)
        case "retry_if_not_exception_type" | "retry_unless_exception_type":
            answer = _is_instance(argument)(evaluator, scope, error)
            if isinstance(answer, Unknown):
                return answer
            return not answer and evaluator.is_instance(error, DottedName("builtins.Exception")) is True
        case "retry_if_exception" if argument is not None:
            return _call(evaluator, scope, argument, error)
        case "retry_if_exception_message":
            return _matches_message(evaluator, scope, node, error)
        case "retry_if_exception_cause_type" if isinstance(error, CaughtError):
            return Unknown("the causes of the error are not compared", True)
        case "retry_any" | "retry_all":
            answers = [_tenacity(evaluator, scope, each, error, depth + 1) for each in node.args]
            return _combine(answers, name == "retry_any")
        case "retry_if_result" | "retry_if_not_result" | "retry_never":
            return False
        case "retry_always":
            return True
    return Unknown(f"`{unparse_short(node)}` can't be evaluated", True)


def _matches_message(evaluator: Evaluator, scope: Scope, node: ast.Call, error: Any) -> Answer:
    """Evaluate `retry_if_exception_message(match=...)` or `(message=...)`."""
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    text = ast.Call(ast.Name("str", ast.Load()), [ast.Name(_CAUGHT, ast.Load())], [])
    if "match" in named:
        module = ast.Name("#re", ast.Load())
        test: ast.expr = ast.Call(ast.Attribute(module, "match", ast.Load()), [named["match"], text], [])
    else:
        message = named.get("message") or (node.args[0] if node.args else ast.Constant(""))
        test = ast.Compare(text, [ast.Eq()], [message])
    try:
        value = evaluator.evaluate(test, scope, {_CAUGHT: error, "#re": DottedName("re")})
    except Thrown:
        return Unknown("the message can't be compared", True)
    truth = evaluator.truth_of(value)
    return truth if truth is not None else Unknown("the message can't be compared", True)


def _combine(answers: list[Answer], any_of: bool) -> Answer:
    """Combine answers with `or` if `any_of`, else with `and`."""
    if any(answer is any_of for answer in answers):
        return any_of
    return next((answer for answer in answers if isinstance(answer, Unknown)), not any_of)
