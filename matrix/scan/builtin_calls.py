"""Evaluates calls of Python's own functions. Pure."""

import ast
from typing import Any, Final

from matrix.scan.class_checks import are_classes
from matrix.scan.error_parts import convert_to_text, read_attribute, represent
from matrix.scan.resolver import Env, Resolver, Thrown, crash
from matrix.scan.scopes import Scope
from matrix.scan.values import (
    CaughtError,
    CauseClass,
    DottedName,
    ErrorPart,
    Instance,
    NoTuple,
    OwnClass,
    Unknown,
    collect,
    flatten,
    is_of_error,
    is_unknown,
    mark,
    why_unknown,
)
from matrix.scan.wording import unparse_short

_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "int": int, "str": str, "dict": dict, "float": (float, int), "bool": bool, "list": tuple, "tuple": tuple,
    "bytes": bytes, "set": (tuple, frozenset), "frozenset": (tuple, frozenset), "type": (DottedName, OwnClass),
}  # fmt: skip


def call_builtin(
    self: Resolver, name: str, node: Any, scope: Scope, arguments: list[Any], named: dict[str, Any], env: Env
) -> Any:
    """Evaluate a call of a builtin function or class."""
    of_error = is_of_error(*arguments)
    match name, arguments:
        case "isinstance", [subject, classes]:
            return _isinstance(self, subject, classes)
        case "issubclass", [subject, classes]:
            return _issubclass(self, subject, classes)
        case "getattr", [subject, str(part), *default]:
            return _getattr(self, subject, part, default)
        case "hasattr", [subject, str(part)]:
            return _hasattr(self, subject, part)
        case (("str" | "format"), [subject, *_]):
            return convert_to_text(self, subject)
        case "repr", [subject]:
            return represent(self, subject)
        case "type", [CaughtError(view)]:
            self.record.compares = True
            return ErrorPart(view, "class")
        case "type", [Instance(of=of)]:
            return of
        case "type", [int() | str() | None | tuple() | dict() as subject]:
            return DottedName(f"builtins.{type(subject).__name__}")
        case (("int" | "float"), [subject]):
            return _convert_to_number(name, subject)
        case "bool", [subject]:
            truth = self.truth_of(subject)
            return subject if truth is None else truth
        case (("tuple" | "list" | "set" | "frozenset" | "sorted" | "reversed"), [subject, *_]):
            subject = self.run_lazy(subject, env)
            if isinstance(subject, tuple | frozenset | dict | str):
                items = tuple(reversed(tuple(subject))) if name == "reversed" else tuple(subject)
                return items if name == "tuple" else NoTuple(items)
            return subject if isinstance(subject, Unknown) else Unknown("a collection can't be known", of_error)
        case (("tuple" | "list" | "set" | "frozenset"), []):
            return () if name == "tuple" else NoTuple()
        case "dict", []:
            return dict(named)
        case "dict", [ErrorPart(view, "headers")]:
            return mark(view.headers)
        case "dict", [dict() as subject]:
            return {**subject, **named}
        case "range", [*numbers] if numbers and all(isinstance(each, int) for each in numbers):
            whole = range(*numbers[:3]) if 0 not in numbers[2:3] else range(0)
            return tuple(whole) if len(whole) <= 2000 else Unknown("a range is too long")
        case (("any" | "all"), [tuple() as subject]):
            truths = [self.truth_of(item) for item in subject]
            decides = name == "any"
            if decides in truths or None not in truths:
                return any(truths) if decides else all(truths)
            return Unknown(why_unknown(subject), is_of_error(subject))
        case "len", [str() | tuple() | dict() | frozenset() as data]:
            return len(data)
        case (("min" | "max"), [*numbers]) if numbers and all(isinstance(each, int | float) for each in numbers):
            return min(numbers) if name == "min" else max(numbers)
        case "next", [tuple() as items, *default]:
            return items[0] if items else default[0] if default else _stop()
        case (("iter" | "aiter"), [subject]):
            return subject
        case "divmod", [int() as first, int() as second] if second:
            return mark(divmod(first, second))
        case "enumerate", [tuple() as items, *rest]:
            first = rest[0] if rest else named.get("start", 0)
            return tuple(enumerate(items, first)) if isinstance(first, int) else Unknown("where it begins is not known")
        case "zip", [*several] if several and all(isinstance(each, tuple) for each in several):
            return tuple(zip(*several, strict=False))
        case "map", [function, tuple() as items]:
            return collect(tuple(_call_value(self, function, [item], env) for item in items))
        case "filter", [function, tuple() as items]:
            answers = [self.truth_of(_call_value(self, function, [item], env)) for item in items]
            if None not in answers:
                return tuple(item for item, answer in zip(items, answers, strict=True) if answer)
        case "super", _:
            return Unknown("`super()` is not followed")
        case (("exit" | "quit"), _):
            raise Thrown(Instance(DottedName("builtins.SystemExit"), tuple(arguments)))
        case "object", []:
            return Instance(DottedName("builtins.object"))
    if name[:1].isupper():
        return Instance(DottedName(f"builtins.{name}"), tuple(arguments), dict(named))
    why = next((why_unknown(value) for value in arguments if is_unknown(value)), "")
    return Unknown(why or f"`{unparse_short(node)}` can't be evaluated", of_error)


def _stop() -> Any:
    raise crash("StopIteration")


def _call_value(self: Resolver, function: Any, arguments: list[Any], env: Env) -> Any:
    """Call a function that is a value."""
    names = {**env, "#function": function, **{f"#{number}": value for number, value in enumerate(arguments)}}
    read: list[ast.expr] = [ast.Name(f"#{number}", ast.Load()) for number in range(len(arguments))]
    call = ast.Call(func=ast.Name("#function", ast.Load()), args=read, keywords=[])
    return self.evaluate(call, self.calls.top, names)


def _isinstance(self: Resolver, subject: Any, classes: Any) -> Any:
    if not are_classes(classes, in_clause=False):
        raise crash("TypeError")
    if isinstance(subject, CaughtError):
        return self.is_instance(subject, classes)
    if isinstance(subject, ErrorPart | CauseClass):
        own = any(isinstance(each, DottedName) and each.name == "builtins.type" for each in flatten(classes))
        return own if isinstance(subject, CauseClass) or subject.name == "class" else Unknown("it is not known", True)
    if isinstance(subject, Instance):
        return self.is_instance(subject, classes)
    if isinstance(subject, Unknown):
        return subject
    names = [each.name.removeprefix("builtins.") for each in flatten(classes) if isinstance(each, DottedName)]
    if names and all(name in _TYPES for name in names):
        return any(_is_of_type(subject, name) for name in names)
    if names and all(name[:1].isupper() or "." in name for name in names):
        return _is_mapping(subject, names)
    return Unknown("its class can't be known", is_of_error(subject))


def _is_of_type(subject: Any, name: str) -> bool:
    return isinstance(subject, _TYPES[name]) and not (name == "float" and isinstance(subject, int))


def _is_mapping(subject: Any, names: list[str]) -> bool:
    """Return whether plain data is an instance of an abstract class: any other class is none of plain data."""
    last = {name.rpartition(".")[2] for name in names}
    if isinstance(subject, dict):
        return bool(last & {"Mapping", "MutableMapping", "Dict", "Collection", "Iterable"})
    if isinstance(subject, tuple | frozenset):
        return bool(last & {"Sequence", "Iterable", "Collection", "List", "Set", "Tuple"})
    return isinstance(subject, str) and bool(last & {"Sequence", "Iterable", "Collection"})


def _issubclass(self: Resolver, subject: Any, classes: Any) -> Any:
    if isinstance(subject, ErrorPart) and subject.name == "class":
        return self.is_instance(CaughtError(subject.view), classes)
    if isinstance(subject, OwnClass | DottedName):
        answers = [self.is_subclass(subject, each) for each in flatten(classes)]
        return True if True in answers else next((each for each in answers if isinstance(each, Unknown)), False)
    return Unknown("its class can't be known", is_of_error(subject))


def _getattr(self: Resolver, subject: Any, part: str, default: list[Any]) -> Any:
    """Evaluate `getattr(e, "status_code", None)` or `getattr(anthropic, "OverloadedError", X)`."""
    if subject is None and default:
        return default[0]
    if isinstance(subject, int | str | tuple | dict) and default:
        return default[0]
    try:
        value = read_attribute(self, subject, part)
    except Thrown as thrown:
        if default and thrown.by_mistake:
            return default[0]
        raise
    if isinstance(value, Unknown) and default and isinstance(subject, Instance):
        return Unknown(value.why, is_of_error(value))
    return DottedName(value.name, fallback=True) if isinstance(value, DottedName) and default else value


def _hasattr(self: Resolver, subject: Any, part: str) -> Any:
    if isinstance(subject, Unknown):
        return subject
    if isinstance(subject, int | str | tuple | dict | None):
        return hasattr(subject, part)
    if isinstance(subject, ErrorPart) and subject.name in {"response", "headers"}:
        return True
    try:
        value = read_attribute(self, subject, part)
    except Thrown:
        return False
    if isinstance(value, Unknown):
        return False if isinstance(subject, Instance) else Unknown(value.why, is_of_error(subject, value))
    return True


def _convert_to_number(name: str, subject: Any) -> Any:
    convert = int if name == "int" else float
    if isinstance(subject, str):
        try:
            return convert(subject)
        except (ValueError, OverflowError):
            raise crash("ValueError") from None
    if isinstance(subject, int | float):
        return convert(subject) if abs(subject) < 1e15 else subject
    if subject is None or isinstance(subject, tuple | dict):
        raise crash("TypeError")
    return subject if isinstance(subject, Unknown) else Unknown("a number can't be known", is_of_error(subject))
