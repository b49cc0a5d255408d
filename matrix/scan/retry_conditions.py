"""The conditions by which libraries for retries repeat a call, as functions of the error. Pure."""

import ast
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from matrix.scan.class_checks import are_classes
from matrix.scan.evaluator import Evaluator
from matrix.scan.resolver import Env, Thrown
from matrix.scan.scopes import Scope
from matrix.scan.tasks import make_failed_task
from matrix.scan.values import BoundFunction, CaughtError, DottedName, Instance, OwnFunction, Unknown, flatten
from matrix.scan.wording import unparse_short

CLASS_ARGUMENTS: Final = frozenset(
    {"exceptions", "retry_on", "on", "retryable", "retryable_exceptions", "retry_exceptions", "retry_for", "errors"}
    | {"autoretry_for", "exception_types", "catch", "transient_errors"}
    | {"retry_if_exception_type", "exceptions_to_handle", "retry_on_exceptions"}
)
"""The arguments that hold classes, in calls of users' own functions, of Celery and of langchain."""

UNREAD: Final = "**"
"""The name of an argument that stands for named arguments that the source does not show."""

Answer: TypeAlias = bool | Unknown
"""Whether an error is retried."""

Condition: TypeAlias = Callable[[Evaluator, Scope, Any], Answer]
"""Whether an error is retried, as a function of the evaluator, the scope and the error."""

Named: TypeAlias = dict[str, ast.expr]
"""The named arguments of a call."""

_KNOWN: Final = frozenset(
    {"tenacity", "backoff", "stamina", "retry", "retrying", "celery", "dramatiq", "prefect", "google", "huey"}
)
_RETRYING: Final = frozenset({"retry", "Retrying", "AsyncRetrying"})
_OF_GOOGLE: Final = frozenset({"Retry", "AsyncRetry", "StreamingRetry", "AsyncStreamingRetry"})
_HINTS: Final = ("retr", "again", "attempt", "backoff", "fallback", "resilien")
"""Parts of the names of functions and arguments that say that something is tried again."""

BARE: Final = frozenset({"tenacity.retry", "retry.retry", "retry.api.retry", "retrying.retry", "dramatiq.actor"})
"""The decorators that retry any exception if they have no arguments."""

_SYNC_ONLY: Final = ("retry.", "retrying.")
"""The libraries that return the coroutine of an asynchronous function before it raises anything."""


def is_of_library(function: object, named: Named) -> bool:
    """Return whether it is known what a call of a function does with its classes; only Celery has `autoretry_for`."""
    is_known = isinstance(function, DottedName) and function.name.partition(".")[0] in _KNOWN
    return is_known or "autoretry_for" in named


def restarts_generators(function: object) -> bool:
    """Return whether a function retries a generator from its beginning."""
    if not isinstance(function, DottedName):
        return False
    return function.name.startswith("stamina.") or function.name.endswith((".StreamingRetry", ".AsyncStreamingRetry"))


def ignores_coroutines(function: object) -> bool:
    """Return whether a function never sees what an asynchronous function raises."""
    if not isinstance(function, DottedName):
        return False
    is_of_google = function.name.startswith("google.api_core.retry") and function.name.endswith(
        (".Retry", ".StreamingRetry")
    )
    return is_of_google or function.name.startswith(_SYNC_ONLY)


def find_condition(function: object, node: ast.Call, named: Named) -> tuple[ast.expr, Condition] | None:
    """Find the expression and the condition by which a call retries; None if it sets up no retries."""
    name = function.name if isinstance(function, DottedName) else ""
    package, _, last = name.rpartition(".")
    root = package.partition(".")[0]
    if root == "tenacity" and last in _RETRYING:
        kind = "tenacity"
    elif package.startswith("google.api_core.retry") and last in _OF_GOOGLE:
        kind = "google"
    else:
        kind = "celery" if "autoretry_for" in named else name
    if (find := _LIBRARIES.get(kind)) is not None:
        return find(node, named)
    argument = next((each for each in sorted(CLASS_ARGUMENTS) if each in named), None)
    if argument is None or root in {"tenacity", "backoff", "stamina", "retry"}:
        return None
    called = unparse_short(node.func)
    is_shown = any(word in f"{called} {argument}".lower() for word in _HINTS)
    return named[argument], _is_instance_of_known(named[argument], "" if is_shown else called)


def _unless_unread(named: Named, condition: Condition) -> Condition:
    """Return a condition, or that of options that the source does not show."""
    return _is_unread(named[UNREAD]) if UNREAD in named else condition


def _find_of_tenacity(node: ast.Call, named: Named) -> tuple[ast.expr, Condition]:
    if "retry" not in named:
        return node, _unless_unread(named, is_any_of(None))
    condition = named["retry"]
    return condition, lambda evaluator, scope, error: _tenacity(evaluator, scope, condition, error)


def _find_of_backoff(node: ast.Call, named: Named) -> tuple[ast.expr, Condition] | None:
    classes = named.get("exception") or (node.args[1] if len(node.args) > 1 else None)
    return (classes, _unless(is_any_of(classes), named.get("giveup"))) if classes is not None else None


def _find_of_stamina(node: ast.Call, named: Named) -> tuple[ast.expr, Condition] | None:
    on = named.get("on") or (node.args[0] if node.args else None)
    return (on, _is_instance_or_predicate(on)) if on is not None else None


def _find_of_retry(node: ast.Call, named: Named) -> tuple[ast.expr, Condition]:
    classes = named.get("exceptions") or (node.args[0] if node.args else None)
    return classes or node, _unless_unread(named, is_any_of(classes))


def _find_of_retrying(node: ast.Call, named: Named) -> tuple[ast.expr, Condition]:
    on = named.get("retry_on_exception")
    condition = is_any_of(None) if on is None else _is_instance_or_predicate(on)
    return on or node, _unless_unread(named, condition)


def _find_of_google(node: ast.Call, named: Named) -> tuple[ast.expr, Condition]:
    predicate = named.get("predicate") or (node.args[0] if node.args else None)
    if predicate is None:  # errors of Google's own, by default
        return node, _unless_unread(named, lambda *_: False)
    return predicate, lambda evaluator, scope, error: _google(evaluator, scope, predicate, error)


def _find_of_celery(_: ast.Call, named: Named) -> tuple[ast.expr, Condition]:
    classes, others = named["autoretry_for"], named.get("dont_autoretry_for")
    return classes, _but(_is_any_in(classes), _is_any_in(others) if others is not None else None)


def _find_of_dramatiq(node: ast.Call, named: Named) -> tuple[ast.expr, Condition]:
    throws, when, most = named.get("throws"), named.get("retry_when"), named.get("max_retries")
    condition = is_any_of(None)
    if when is not None:
        condition = _predicate(when, ast.Constant(0))
    elif isinstance(most, ast.Constant) and most.value == 0:
        condition = _never
    return when or throws or node, _unless_unread(named, _but(condition, is_any_of(throws) if throws else None))


def _find_of_prefect(node: ast.Call, named: Named) -> tuple[ast.expr, Condition] | None:
    retries, function = named.get("retries"), named.get("retry_condition_fn")
    if retries is None or (isinstance(retries, ast.Constant) and not retries.value):
        return None
    if function is None:
        return node, is_any_of(None)

    def condition(evaluator: Evaluator, scope: Scope, error: Any) -> Answer:
        names = {_CAUGHT: make_failed_task(error)}
        return _call(evaluator, scope, function, names, ast.Constant(None), ast.Constant(None), _READ_CAUGHT)

    return function, condition


_LIBRARIES: Final[dict[str, Callable[[ast.Call, Named], tuple[ast.expr, Condition] | None]]] = {
    "tenacity": _find_of_tenacity,
    "backoff.on_exception": _find_of_backoff,
    "stamina.retry": _find_of_stamina,
    "stamina.retry_context": _find_of_stamina,
    "retry.retry": _find_of_retry,
    "retry.api.retry": _find_of_retry,
    "retrying.retry": _find_of_retrying,
    "google": _find_of_google,
    "celery": _find_of_celery,
    "dramatiq.actor": _find_of_dramatiq,
    "prefect.task": _find_of_prefect,
    "prefect.flow": _find_of_prefect,
    "huey.task": _find_of_prefect,
}
"""What finds the condition of a function of a library, by its dotted name, or by that of the library."""


def is_any_of(classes: ast.expr | None) -> Condition:
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


def _is_any_in(classes: ast.expr) -> Condition:
    """Make the condition that retries instances of classes in any collection."""
    return lambda evaluator, scope, error: evaluator.is_instance(error, evaluator.evaluate_safely(classes, scope))


def _is_instance_of_known(argument: ast.expr, function: str) -> Condition:
    """Make the condition of an argument whose name only suggests classes: unknown values are ignored.

    Args:
        argument: The argument.
        function: The function, if its name does not say that it retries; empty otherwise.
    """

    def condition(evaluator: Evaluator, scope: Scope, error: Any) -> Answer:
        value = evaluator.evaluate_safely(argument, scope)
        known = tuple(each for each in flatten(value) if isinstance(each, DottedName))
        is_known = evaluator.is_instance(error, known) is True
        return (
            Unknown(f"the scan does not follow what {function} does with the classes")
            if is_known and function
            else is_known
        )

    return condition


def _never(*_: Any) -> Answer:
    return False


def _but(retried: Condition, others: Condition | None) -> Condition:
    """Make the condition that retries what one does, unless another one is true."""

    def condition(evaluator: Evaluator, scope: Scope, error: Any) -> Answer:
        answer = retried(evaluator, scope, error)
        if others is None or answer is False:
            return answer
        stop = others(evaluator, scope, error)
        return stop if isinstance(stop, Unknown) else (answer if not stop else False)

    return condition


def _unless(retried: Condition, giveup: ast.expr | None) -> Condition:
    """Make the condition that retries what another one does, unless the predicate `giveup` is true."""
    return _but(retried, _predicate(giveup) if giveup is not None else None)


def _predicate(function: ast.expr, *before: ast.expr) -> Condition:
    """Make the condition that calls a predicate with an error, after other arguments."""
    return lambda evaluator, scope, error: _call(evaluator, scope, function, {_CAUGHT: error}, *before, _READ_CAUGHT)


def _is_instance_or_predicate(node: ast.expr) -> Condition:
    def condition(evaluator: Evaluator, scope: Scope, error: Any) -> Answer:
        value = evaluator.evaluate_safely(node, scope)
        if isinstance(value, OwnFunction | BoundFunction):
            return _predicate(node)(evaluator, scope, error)
        return evaluator.is_instance(error, value)

    return condition


_CAUGHT: Final = "#caught"
"""A name that no program can have."""

_READ_CAUGHT: Final = ast.Name(id=_CAUGHT, ctx=ast.Load())


def _call(evaluator: Evaluator, scope: Scope, function: ast.expr, names: Env, *arguments: ast.expr) -> Answer:
    """Call a predicate with arguments; one that crashes is not followed."""
    call = ast.Call(func=function, args=[*arguments], keywords=[])
    try:
        value = evaluator.evaluate(call, scope, names)
    except Thrown as thrown:
        crashed = isinstance(thrown.error, Instance) and thrown.by_mistake
        return Unknown("the predicate crashes" if crashed else "the predicate raises an exception", True)
    truth = evaluator.truth_of(value)
    return truth if truth is not None else Unknown(getattr(value, "why", "its answer can't be known"), True)


def _google(evaluator: Evaluator, scope: Scope, node: ast.expr, error: Any) -> Answer:
    """Evaluate a predicate of `google.api_core.retry`."""
    if isinstance(node, ast.Name) and len(bindings := scope.find_bindings(node.id)) == 1:
        bound = bindings[0].node
        if isinstance(bound, ast.Call):
            return _google(evaluator, bindings[0].scope, bound, error)
    value = evaluator.evaluate_safely(node.func if isinstance(node, ast.Call) else node, scope)
    name = value.name.rpartition(".")[2] if isinstance(value, DottedName) else ""
    if isinstance(node, ast.Call) and name == "if_exception_type":
        classes = ast.Tuple([*node.args], ast.Load())
        return evaluator.is_instance(error, evaluator.evaluate_safely(classes, scope))
    return False if name == "if_transient_error" else _predicate(node)(evaluator, scope, error)


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
            fields = {"outcome": make_failed_task(error), "attempt_number": 1}
            state = Instance(DottedName("tenacity.RetryCallState"), (), fields)
            return _call(evaluator, scope, node, {_CAUGHT: state}, _READ_CAUGHT)
        return Unknown(f"`{unparse_short(node)}` can't be evaluated", True)
    function = evaluator.evaluate_safely(node.func, scope)
    name = function.name.rpartition(".")[2] if isinstance(function, DottedName) else ""
    argument = node.args[0] if node.args else next((keyword.value for keyword in node.keywords), None)
    match name:
        case "retry_if_exception_type":
            return is_any_of(argument)(evaluator, scope, error)
        case "retry_if_not_exception_type" | "retry_unless_exception_type":
            answer = is_any_of(argument)(evaluator, scope, error)
            if isinstance(answer, Unknown):
                return answer
            return not answer and evaluator.is_instance(error, DottedName("builtins.Exception")) is True
        case "retry_if_exception" if argument is not None:
            return _predicate(argument)(evaluator, scope, error)
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
    text = ast.Call(ast.Name("str", ast.Load()), [_READ_CAUGHT], [])
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
