"""Evaluates calls in a user's source: the few functions with which people tell errors apart. Pure."""

import ast
from typing import Any, Final

from matrix.scan.block import Block
from matrix.scan.error_parts import convert_to_text, read_attribute, read_item
from matrix.scan.resolver import Env, Resolver, unparse_short
from matrix.scan.scopes import Scope
from matrix.scan.values import (
    NONE,
    Aspect,
    Client,
    DottedName,
    ErrorPart,
    Method,
    OwnClass,
    OwnFunction,
    Unknown,
    Value,
    flatten,
    make_unknown,
)

CALLS: Final = 5
"""How deep calls of the user's own functions are followed."""

_OPTIONAL: Final = frozenset({"status_code", "response", "type", "body"})
"""Attributes that not every error of the SDK has."""

_TYPES: Final = {"int": int, "str": str, "dict": dict, "float": float, "bool": bool, "list": tuple, "tuple": tuple}


def evaluate_call(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    """Evaluate a call."""
    function = self.evaluate(node.func, scope, env)
    arguments = [self.evaluate(argument, scope, env) for argument in node.args]
    named = {keyword.arg: self.evaluate(keyword.value, scope, env) for keyword in node.keywords if keyword.arg}
    aspects = NONE.union(*(value.aspects for value in (*arguments, *named.values())))
    match function.data:
        case DottedName(name) if name.startswith("builtins."):
            return _call_builtin(self, name.removeprefix("builtins."), node, scope, arguments)
        case DottedName("json.dumps" | "pprint.pformat" | "copy.deepcopy") if arguments:
            return convert_to_text(self, arguments[0])
        case DottedName(name) if self.sdk.is_client(name):
            return Value(Client())
        case DottedName("typing.cast") if len(arguments) > 1:
            return arguments[1]
        case DottedName("http.HTTPStatus") if arguments:
            return arguments[0]
        case Method(owner=owner, name=name):
            return _call_method(self, node, scope, Value(owner, function.aspects), name, arguments)
        case OwnFunction() as own:
            return _call_own(self, own, node, arguments, named, aspects)
        case OwnClass():
            return make_unknown(f"`{unparse_short(node)}` makes an object of the user's own class", aspects)
        case DottedName(name):
            package, _, last = name.rpartition(".")
            return make_unknown(
                f"{last} comes from {package}, which was not scanned" if package else f"{last} is not known", aspects
            )
        case Unknown(why):
            return make_unknown(why, function.aspects | aspects)
    return make_unknown(f"`{unparse_short(node)}` can't be evaluated", aspects)


def _call_builtin(self: Resolver, name: str, node: Any, scope: Scope, arguments: list[Value]) -> Value:
    """Evaluate a call of a builtin function."""
    aspects = NONE.union(*(value.aspects for value in arguments))
    match name, arguments:
        case "isinstance", [subject, classes]:
            return _isinstance(self, subject, classes)
        case "issubclass", [Value(data=ErrorPart("class")), classes]:
            answer = self.is_a(classes.data)
            return (
                Value(answer, NONE) if isinstance(answer, bool) else make_unknown(answer.why, frozenset({Aspect.ERROR}))
            )
        case "getattr", [subject, Value(data=str(part)), *default]:
            return _getattr(self, subject, part, default)
        case "hasattr", [Value(data=ErrorPart("error")), Value(data=str(part))]:
            optional = _OPTIONAL if self.failure.status else frozenset()
            return Value(part in optional | {"message", "args", "request"})
        case (("str" | "repr" | "format"), [subject, *_]):
            return convert_to_text(self, subject)
        case "type", [Value(data=ErrorPart("error"))]:
            return Value(ErrorPart("class"), frozenset({Aspect.ERROR}))
        case "int", [subject]:
            return subject
        case "bool", [subject]:
            truth = self.truth_of(subject)
            return subject if truth is None else Value(truth, subject.aspects)
        case (("tuple" | "list" | "set" | "frozenset" | "sorted"), [subject, *_]):
            return Value(tuple(flatten(subject.data)), aspects) if subject.known else subject
        case (("tuple" | "list" | "set" | "frozenset"), []):
            return Value(())
        case "dict", []:
            return Value({})
        case "range", [Value(data=int(first)), Value(data=int(last))] if 0 <= last - first <= 2000:
            return Value(tuple(range(first, last)))
        case (("any" | "all"), [subject]) if isinstance(subject.data, tuple):
            truths = [self.truth_of(Value(item)) for item in subject.data]
            decides = name == "any"
            if decides in truths or None not in truths:
                return Value(any(truths) if decides else all(truths), aspects)
            return make_unknown(subject.why, aspects)
        case "len", [Value(data=str() | tuple() | dict() as data)]:
            return Value(len(data), aspects)
    why = next((value.why for value in arguments if not value.known), f"`{unparse_short(node)}` can't be evaluated")
    return make_unknown(why, aspects)


def _isinstance(self: Resolver, subject: Value, classes: Value) -> Value:
    if isinstance(subject.data, ErrorPart) and subject.data.name == "error":
        answer = self.is_a(classes.data)
        return Value(answer) if isinstance(answer, bool) else make_unknown(answer.why, frozenset({Aspect.ERROR}))
    names = [each.name.removeprefix("builtins.") for each in flatten(classes.data) if isinstance(each, DottedName)]
    if subject.known and all(name in _TYPES for name in names) and names:
        return Value(isinstance(subject.data, tuple(_TYPES[name] for name in names)))
    return make_unknown(subject.why or "its class can't be known", subject.aspects)


def _getattr(self: Resolver, subject: Value, part: str, default: list[Value]) -> Value:
    """Evaluate `getattr(e, "status_code", None)` or `getattr(anthropic, "OverloadedError", X)`."""
    if isinstance(subject.data, DottedName):
        return Value(DottedName(f"{subject.data.name}.{part}", fallback=bool(default)))
    if subject.data is None and default:
        return Value(default[0].data, subject.aspects)
    value = read_attribute(self, subject, part, by_name=True)
    if value.data is None and default and part in _OPTIONAL:
        return Value(default[0].data, value.aspects)
    return value


def _call_method(self: Resolver, node: Any, scope: Scope, owner: Value, name: str, arguments: list[Value]) -> Value:
    """Evaluate a call of a method of text, of a dict, or of a client."""
    aspects = owner.aspects.union(*(value.aspects for value in arguments))
    match owner.data, name, arguments:
        case Client(), ("with_options" | "copy" | "__enter__" | "__aenter__"), _:
            return Value(Client())
        case str(text), ("lower" | "casefold"), []:
            return Value(text.lower(), aspects | {Aspect.LOWER} if aspects else aspects)
        case str(text), "upper", []:
            return Value(text.upper(), aspects | {Aspect.LOWER} if aspects else aspects)
        case str(text), "strip", []:
            return Value(text.strip(), aspects)
        case str(text), ("startswith" | "endswith" | "__contains__" | "count" | "find"), [searched] if searched.known:
            self.record_comparison(node, scope, aspects)
            words = searched.data if isinstance(searched.data, str) else tuple(flatten(searched.data))
            self.record.constants.update(word for word in flatten(words) if aspects and isinstance(word, str))
            if name in {"startswith", "endswith"} and all(isinstance(word, str) for word in flatten(words)):
                return Value(text.startswith(words) if name == "startswith" else text.endswith(words), aspects)
            if isinstance(words, str):
                return Value({"count": text.count(words), "find": text.find(words)}.get(name, words in text), aspects)
        case str(text), "replace", [Value(data=str(old)), Value(data=str(new))] if len(text) < 10_000:
            return Value(text.replace(old, new) if len(new) < 100 else text, aspects)
        case dict(), "get", [key, *default]:
            return read_item(owner, key, default[0] if default else None)
        case dict(data), "keys", []:
            return Value(tuple(data), aspects)
    return make_unknown(f"`{unparse_short(node)}` can't be evaluated", aspects)


def _call_own(
    self: Resolver,
    own: OwnFunction,
    node: Any,
    arguments: list[Value],
    named: dict[str, Value],
    aspects: frozenset[Aspect],
) -> Value:
    """Evaluate a call of a user's function: followed if it gets the error or a part of it, or makes a client."""
    function = own.node
    if function in self.entered or len(self.entered) >= CALLS:
        return make_unknown(f"`{unparse_short(node)}` calls itself, or too many others", aspects)
    self.entered.append(function)
    try:
        return _follow(self, own, node, arguments, named, aspects)
    finally:
        self.entered.pop()


def _follow(
    self: Resolver,
    own: OwnFunction,
    node: Any,
    arguments: list[Value],
    named: dict[str, Value],
    aspects: frozenset[Aspect],
) -> Value:
    function = own.node
    if not aspects and not any(isinstance(value.data, ErrorPart) for value in (*arguments, *named.values())):
        return _call_without_error(self, own, node)
    if isinstance(node.func, ast.Attribute) and _is_method(function):
        arguments = [make_unknown("`self` is an object"), *arguments]
    env = bind_arguments(function, arguments, named, self, own.scope)
    self.record.functions.add(function)
    inner = self.inner_scope(function, own.scope)
    if isinstance(function, ast.Lambda):
        return self.evaluate(function.body, inner, env)
    before = self.record.undecided.get(self.failure.id)
    block = Block(self, inner, env)
    ends = block.run(function.body)
    values = [value for value in block.returned if value.known]
    if len(ends) == 1 and len({repr(value.data) for value in values}) == 1:
        return values[0]
    if len(ends) == 1 and (only := next(iter(ends)))[0] == "return" and only[1] in {"True", "False", "None"}:
        return Value({"True": True, "False": False, "None": None}[only[1]], aspects)
    if before is None:
        why = self.record.undecided.pop(
            self.failure.id, f"the result of `{unparse_short(node)}` depends on more than the error"
        )
    else:
        why = before
    return make_unknown(why, aspects)


def _call_without_error(self: Resolver, own: OwnFunction, node: Any) -> Value:
    """Evaluate a call that does not get the error: a client if the function is annotated so or returns one."""
    function = own.node
    if isinstance(function, ast.Lambda):
        return self.evaluate(function.body, own.scope)
    if function.returns is not None and self.is_client(function.returns, own.scope):
        return Value(Client())
    inner = self.inner_scope(function, own.scope)
    returned = [
        statement.value
        for statement in ast.walk(function)
        if isinstance(statement, ast.Return) and statement.value is not None
    ]
    if len(returned) == 1 and len(function.body) < 20:
        return self.evaluate(returned[0], inner)
    return make_unknown(f"the result of `{unparse_short(node)}` can't be known")


def _is_method(function: ast.AST) -> bool:
    return (
        isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and bool(function.args.args)
        and function.args.args[0].arg in {"self", "cls"}
    )


def bind_arguments(
    function: Any, arguments: list[Value], named: dict[str, Value], resolver: Resolver, scope: Scope
) -> Env:
    """Bind the parameters of a function to their arguments or defaults."""
    parameters = [*function.args.posonlyargs, *function.args.args]
    env: Env = {}
    defaults = function.args.defaults
    for parameter, default in zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True):
        env[parameter.arg] = resolver.evaluate(default, scope)
    for parameter, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if default is not None:
            env[parameter.arg] = resolver.evaluate(default, scope)
    env.update({parameter.arg: value for parameter, value in zip(parameters, arguments, strict=False)})
    env.update(named)
    for parameter in [*parameters, *function.args.kwonlyargs]:
        env.setdefault(parameter.arg, make_unknown(f"the caller passes {parameter.arg}"))
    return env
