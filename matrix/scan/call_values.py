"""Evaluates calls in a user's source: of builtins, of a few libraries, and of the user's own functions. Pure."""

import ast
import json
import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from matrix.scan.builtin_calls import call_builtin
from matrix.scan.context_managers import call_stack, is_stack
from matrix.scan.error_parts import (
    convert_to_text,
    find_method,
    is_known_key,
    read_attribute,
    read_header,
)
from matrix.scan.file_index import name_of_called, walk_function
from matrix.scan.items import find_key
from matrix.scan.own_calls import call_function, make_instance
from matrix.scan.remedy_names import call_remedy, name_remedy_function
from matrix.scan.resolver import ATTEMPTS, HANDLED, Env, Resolver, Thrown, crash
from matrix.scan.scopes import Scope
from matrix.scan.tasks import (
    STARTERS,
    TASK_FUNCTIONS,
    call_method,
    call_task_function,
    read_group,
    start_task,
)
from matrix.scan.text_methods import PATTERNS, Pattern, PatternMatch, call_text_method, search, search_text
from matrix.scan.values import (
    MOST_STEPS,
    BoundFunction,
    CaughtError,
    Client,
    DottedName,
    ErrorNumber,
    ErrorPart,
    Instance,
    Lazy,
    LazyExpression,
    Method,
    OwnClass,
    OwnFunction,
    Partial,
    Task,
    Unknown,
    UnreadText,
    collect,
    is_of_error,
    is_unknown,
    mark,
    read_text,
    why_unknown,
)
from matrix.scan.wording import unparse_short
from matrix.verdicts.verdict import STREAM_STATUS

_STATUS_ARGUMENTS: Final = frozenset({"status_code", "status", "code", "http_status"})

_ANSWERS: Final = ("exception", "httperror", "abort", "response", "http_error", "httpproblem", "send_error")
"""The ends of the names, in lower case, of functions and classes that answer with a status."""

_AWAITED: Final = frozenset(
    {"asyncio.wait_for", "asyncio.shield", "asyncio.create_task", "asyncio.ensure_future", "asyncio.timeout"}
)
"""Functions that return what awaits their first argument."""

_RUN: Final = frozenset({"asyncio.run", "anyio.run", "trio.run", "asgiref.sync.async_to_sync"})


def evaluate_call(self: Resolver, node: Any, scope: Scope, env: Env) -> Any:
    """Evaluate a call.

    Raises:
        Thrown: The call raises an exception.
    """
    function = self.evaluate(node.func, scope, env)
    before = self.is_quiet
    self.is_quiet = before or (node in self.quiet_calls and not isinstance(function, _FOLLOWED))
    try:
        arguments, named = _evaluate_arguments(self, node, scope, env, reads=not _passes_on(function))
    finally:
        self.is_quiet = before
    if not isinstance(function, (*_FOLLOWED, OwnClass)):
        kinds = (LazyExpression, Lazy) if _consumes(function) else LazyExpression
        arguments = [self.run_lazy(each, env) if isinstance(each, kinds) else each for each in arguments]
    if not isinstance(function, _FOLLOWED):
        _note_status(self, node, arguments, named)
    if name_of_called(node) in STARTERS and (task := start_task(self, node, function, arguments, named, env)):
        return task
    if node in self.entry_calls:
        before, ended = env.get(ATTEMPTS, 0), len(self.pending)
        result = _apply(self, node, scope, env, function, arguments, named)
        failed = any(end.attempts > before for end in self.pending[ended:])  # on one of the ways through the function
        if env.get(ATTEMPTS, 0) == before and not failed and not isinstance(result, Lazy):
            if isinstance(function, _FOLLOWED) and _may_be_caught(self, node):
                self.doubt(Unknown("the scan can't follow the code between this call and that of the SDK", True))
            self.fail(node, env)
        return result
    return _apply(self, node, scope, env, function, arguments, named)


def _may_be_caught(self: Resolver, entry: ast.Call) -> bool:
    """Return whether a function between a call and the call of the SDK to which it leads may catch the error."""
    calls = self.calls
    failing = {calls.find_function(node) for node in self.failing}
    leading = self.leading - failing - {calls.find_function(entry)}
    if any(isinstance(node, ast.Try | ast.TryStar) for each in leading if each for node in walk_function(each)):
        return True
    return any(calls.references.find_index(node).is_in_try(node) for node in self.failing)


def _consumes(function: Any) -> bool:
    """Return whether a function reads the generators that it is passed: a builtin, or a method of text."""
    if isinstance(function, Method):
        return isinstance(function.owner, str)
    return isinstance(function, DottedName) and function.name.startswith("builtins.") and function.name.islower()


_FOLLOWED: Final = (OwnFunction, BoundFunction, Partial)
"""Functions of the scanned files, which may compare their arguments."""


def _passes_on(function: Any) -> bool:
    """Return whether a function reads no argument itself: the scan runs it, does not know it, or it only logs."""
    if isinstance(function, DottedName):
        return function.name.startswith("logging.") and function.name.islower()
    return isinstance(function, OwnFunction | BoundFunction | OwnClass | Unknown)


def _evaluate_arguments(
    self: Resolver, node: ast.Call, scope: Scope, env: Env, *, reads: bool
) -> tuple[list[Any], dict[str, Any]]:
    """Evaluate the arguments of a call: those by position, and those by name."""
    arguments: list[Any] = []
    for argument in node.args:
        value = self.evaluate(argument, scope, env, reads=reads)
        if isinstance(argument, ast.Starred) and isinstance(value, tuple):
            arguments.extend(value)
        else:
            arguments.append(value)
    named = {
        keyword.arg: self.evaluate(keyword.value, scope, env, reads=reads) for keyword in node.keywords if keyword.arg
    }
    for keyword in node.keywords:
        if keyword.arg is None and isinstance(more := self.evaluate(keyword.value, scope, env), dict):
            named.update({key: value for key, value in more.items() if isinstance(key, str)})
    return arguments, named


_ROUNDING: Final[dict[str, Callable[[float], int]]] = {
    "math.floor": math.floor,
    "math.ceil": math.ceil,
    "math.trunc": math.trunc,
}


def _note_status(self: Resolver, node: ast.Call, arguments: list[Any], named: dict[str, Any]) -> None:
    """Note that a call gets the status of an error inside a stream as the status of an answer."""
    if any(_is_stream_status(value) for name, value in named.items() if name in _STATUS_ARGUMENTS) or (
        any(map(_is_stream_status, arguments)) and unparse_short(node.func).lower().endswith(_ANSWERS)
    ):
        self.record.passes_status = True


def _is_stream_status(value: Any) -> bool:
    return isinstance(value, ErrorNumber) and value == STREAM_STATUS


def _apply(
    self: Resolver, node: Any, scope: Scope, env: Env, function: Any, arguments: list[Any], named: dict[str, Any]
) -> Any:
    of_error = is_of_error(*arguments, *named.values())
    if isinstance(node.func, ast.Attribute) and node.func.attr == "pop" and isinstance(node.func.value, ast.Name):
        held = env.get(node.func.value.id)
        if isinstance(held, tuple) and all(isinstance(each, int) for each in arguments):
            return _pop(node.func.value.id, held, arguments, env)
    if (remedy := name_remedy_function(function)) == "explain" and arguments:
        return call_remedy(self, function, arguments[0])
    if remedy == "guard":
        return arguments[0] if arguments else Unknown("guard has no stream")
    match function:
        case DottedName(name) if name.startswith("builtins."):
            return call_builtin(self, name.removeprefix("builtins."), node, scope, arguments, named, env)
        case DottedName("json.dumps" | "pprint.pformat") if arguments:
            return convert_to_text(self, arguments[0])
        case DottedName("json.loads") if arguments and isinstance(arguments[0], str):
            return load_json(arguments[0])
        case DottedName("importlib.import_module") if arguments and isinstance(arguments[0], str):
            return DottedName(arguments[0])
        case DottedName("os.environ.get" | "os.getenv") if len(arguments) > 1:
            return arguments[1]  # what the program says for itself
        case DottedName("operator.attrgetter" | "itertools.count"):
            return Instance(function, tuple(arguments))
        case DottedName("itertools.repeat") if len(arguments) > 1 and isinstance(arguments[1], int):
            return (arguments[0],) * min(arguments[1], 100)
        case Instance(of=DottedName("operator.attrgetter"), arguments=[str(path)]) if len(arguments) == 1:
            value = arguments[0]
            for name in path.split("."):
                value = read_attribute(self, value, name)
            return value
        case DottedName(name) if name in _ROUNDING and arguments and isinstance(arguments[0], int | float):
            return mark(_ROUNDING[name](arguments[0]))
        case DottedName("copy.deepcopy" | "copy.copy") if arguments:
            return arguments[0]
        case DottedName("functools.partial") if arguments:
            return Partial(arguments[0], tuple(arguments[1:]), named)
        case DottedName(name) if self.sdk.is_client(name) or name in self.sdk.target.calls.factories:
            return Client()
        case DottedName(name) if name in _AWAITED and arguments:
            return arguments[0]
        case DottedName(name) if name in _RUN and arguments:
            is_function = isinstance(arguments[0], OwnFunction | BoundFunction)
            started = self.call(arguments[0], arguments[1:], named, env) if is_function else arguments[0]
            return self.run_lazy(started, env)
        case DottedName(name) if name in TASK_FUNCTIONS:
            return call_task_function(name, arguments)
        case DottedName("asyncio.gather"):
            return _gather(self, arguments, named, env)
        case DottedName("asyncio.sleep" | "time.sleep" | "anyio.sleep"):
            return None
        case DottedName("typing.cast") if len(arguments) > 1:
            return arguments[1]
        case DottedName("typing.assert_never"):
            raise crash("AssertionError")
        case DottedName("http.HTTPStatus") if arguments:
            if isinstance(arguments[0], int) and arguments[0] not in {*HTTPStatus}:
                raise crash("ValueError")
            return arguments[0]
        case DottedName(name) if name in PATTERNS:
            return search(name, arguments, named)
        case DottedName("sys.exc_info" | "sys.exception" | "traceback.format_exc" as name):
            return _read_handled(name, env)
        case DottedName("sys.exit"):
            raise Thrown(Instance(DottedName("builtins.SystemExit"), tuple(arguments)))
        case DottedName(name) if (last := name.rpartition(".")[2].lstrip("_"))[:1].isupper() and not last.isupper():
            return Instance(function, tuple(arguments), dict(named))
        case DottedName("collections.namedtuple" | "types.SimpleNamespace" | "contextlib.suppress"):
            return Instance(function, tuple(arguments), dict(named))
        case Method(owner=owner, name=name):
            return _call_method(self, node, owner, name, arguments, named, env)
        case OwnFunction() | BoundFunction() | Partial():
            return call_function(self, function, arguments, named, env, is_awaited=_is_awaited(self, node))
        case OwnClass():
            return make_instance(self, function, arguments, named, env)
        case Instance(of=OwnClass() as own) if (method := find_method(self, own, "__call__")) is not None:
            return call_function(self, BoundFunction(method, function), arguments, named, env)
        case DottedName(name):
            package, _, last = name.rpartition(".")
            origin = f"{last} comes from {package}, which was not scanned" if package else f"{last} is not known"
            return Unknown(origin, of_error)
        case ErrorPart(name="class") | None:
            return Unknown(f"`{unparse_short(node)}` can't be evaluated", of_error=True)
        case Unknown(why, depends):
            return Unknown(why, depends or of_error)
    return Unknown(f"`{unparse_short(node)}` can't be evaluated", of_error)


def _read_handled(name: str, env: Env) -> Any:
    """Evaluate a function that returns the exception that is being handled, which needs no name for it."""
    handled = env.get(HANDLED)
    if handled is None:
        return Unknown("the scan does not know which exception is handled there", of_error=True)
    unknown = Unknown("a traceback is not known", of_error=True)
    match name:
        case "sys.exception":
            return handled
        case "sys.exc_info":
            is_sdk = isinstance(handled, CaughtError)
            kind = ErrorPart(handled.view, "class") if is_sdk else getattr(handled, "of", unknown)
            return (kind, handled, unknown)
    return unknown


def _is_awaited(self: Resolver, node: ast.Call) -> bool:
    return isinstance(self.calls.references.find_parent(node), ast.Await)


def _pop(name: str, held: tuple[Any, ...], arguments: list[Any], env: Env) -> Any:
    """Take an item out of a list that has a name."""
    index = arguments[0] if arguments else -1
    if not -len(held) <= index < len(held):
        raise crash("IndexError")
    items = list(held)
    item = items.pop(index)
    env[name] = tuple(items)
    return item


def load_json(text: str) -> Any:
    """Evaluate `json.loads` of a known text.

    Raises:
        Thrown: The text is no JSON.
    """
    try:
        return mark(json.loads(text))
    except ValueError:
        raise Thrown(Instance(DottedName("json.decoder.JSONDecodeError")), by_mistake=True) from None
    except RecursionError:
        return Unknown("a text is nested too deeply", is_of_error(text))


def _gather(self: Resolver, arguments: list[Any], named: dict[str, Any], env: Env) -> Any:
    """Evaluate `asyncio.gather`, which returns exceptions instead of raising them if it is told so."""
    results = []
    before = most = env.get(ATTEMPTS, 0)
    for argument in arguments:
        env[ATTEMPTS] = before  # none of them repeats another
        try:
            results.append(self.run_lazy(argument, env))
        except Thrown as thrown:
            if named.get("return_exceptions") is not True:
                raise
            results.append(thrown.error)
        most = max(most, env[ATTEMPTS])
    env[ATTEMPTS] = most
    return tuple(results) if results else Unknown("the results of `gather` can't be known")


def _call_method(
    self: Resolver, node: Any, owner: Any, name: str, arguments: list[Any], named: dict[str, Any], env: Env
) -> Any:
    """Evaluate a call of a method of text, of a collection, of an error's part, or of a client."""
    of_error = is_of_error(owner, *arguments, *named.values())
    match owner, name, arguments:
        case Instance(), _, _ if is_stack(owner):
            return call_stack(self, owner, name, arguments, env)
        case Task(), _, _:
            return call_method(self, owner, name, named, env)
        case Client(), ("with_options" | "copy" | "__enter__" | "__aenter__"), _:
            return Client()
        case UnreadText() as text, _, []:
            return text.add(name) if len(text.steps) < MOST_STEPS else call_text_method(text.read(), name, [])
        case UnreadText() as text, _, _:
            return call_text_method(text.read(), name, arguments)
        case str() as text, "format", _:
            return call_text_method(text, name, [read_text(convert_to_text(self, each)) for each in arguments])
        case str() as text, _, _:
            return call_text_method(text, name, arguments)
        case Pattern() as pattern, _, [text, *_]:
            return search_text(pattern, name, text)
        case PatternMatch() as found, ("group" | "groups"), _:
            return mark(found.group(*arguments))
        case dict() as data, "get", [key, *default]:
            found = find_key(self, data, key)
            if not is_known_key(found):
                return Unknown(why_unknown(key) or "a key can't be known", of_error)
            return data.get(found, default[0] if default else named.get("default"))
        case dict() as data, ("keys" | "values" | "items"), []:
            return {"keys": tuple(data), "values": tuple(data.values()), "items": tuple(data.items())}[name]
        case (tuple() | frozenset()) as data, ("union" | "difference" | "intersection" | "isdisjoint"), [
            tuple() as other
        ]:
            return _combine(data, name, other)
        case (tuple() | frozenset()) as data, ("count" | "index"), [item] if not is_unknown((data, item)):
            return data.count(item) if isinstance(data, tuple) and name == "count" else Unknown("an index is not known")
        case ErrorPart(name="headers"), "get", [str() as key, *default]:
            self.record.compares = True
            return read_header(owner, key, default[0] if default else None)
        case ErrorPart(name="response"), "json", []:
            return _parse(owner.view.read_response("text"))
        case ErrorPart(name="class"), "mro", []:
            return read_attribute(self, owner, "__mro__")
        case CaughtError(), "with_traceback", _:
            return owner
        case CaughtError(), "add_note", _:
            return None
        case Instance(), ("split" | "subgroup"), _:
            return read_group(self, owner, name, arguments)
        case Instance(), ("with_traceback" | "add_note"), _:
            return owner if name == "with_traceback" else None
    return Unknown(f"`{unparse_short(node)}` can't be evaluated", of_error)


def _parse(answer: Any) -> Any:
    """Parse the text of a response as its `json()` does."""
    try:
        return mark(json.loads(answer))
    except (TypeError, ValueError):
        return Unknown("the response's text is not known", of_error=True)


def _combine(data: Any, name: str, other: tuple[Any, ...]) -> Any:
    first, second = tuple(data), tuple(other)
    if is_unknown((first, second)):
        return Unknown(why_unknown((first, second)), is_of_error(first, second))
    match name:
        case "union":
            return collect((*first, *second))
        case "difference":
            return tuple(each for each in first if each not in second)
        case "intersection":
            return tuple(each for each in first if each in second)
    return not any(each in second for each in first)
