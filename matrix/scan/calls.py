"""What a call in a user's source comes to: the few functions by which people tell errors apart. Pure."""

import ast
from typing import Any, Final

from matrix.scan.names import Scope
from matrix.scan.parts import as_text, attribute, item
from matrix.scan.resolve import Env, Resolver, short
from matrix.scan.statements import Block
from matrix.scan.values import (
    NONE,
    Client,
    Facet,
    Method,
    Origin,
    OwnClass,
    OwnFunction,
    Part,
    Unknown,
    Value,
    flat,
    unknown,
)

CALLS: Final = 5
"""How many calls of the user's own functions are followed one within another."""

_PARTS: Final = frozenset({"status_code", "response", "type", "body"})
"""Parts that not every error of the SDK has."""

_KINDS: Final = {"int": int, "str": str, "dict": dict, "float": float, "bool": bool, "list": tuple, "tuple": tuple}


def call(self: Resolver, node: Any, scope: Scope, env: Env) -> Value:
    """What a call comes to."""
    function = self.of(node.func, scope, env)
    arguments = [self.of(one, scope, env) for one in node.args]
    named = {one.arg: self.of(one.value, scope, env) for one in node.keywords if one.arg}
    facets = NONE.union(*(value.facets for value in (*arguments, *named.values())))
    match function.data:
        case Origin(name) if name.startswith("builtins."):
            return _builtin(self, name.removeprefix("builtins."), node, scope, arguments)
        case Origin("json.dumps" | "pprint.pformat" | "copy.deepcopy") if arguments:
            return as_text(self, arguments[0])
        case Origin(name) if self.sdk.is_client(name):
            return Value(Client())
        case Origin("typing.cast") if len(arguments) > 1:
            return arguments[1]
        case Origin("http.HTTPStatus") if arguments:
            return arguments[0]
        case Method(of=of, name=name):
            return _method(self, node, scope, Value(of, function.facets), name, arguments)
        case OwnFunction() as own:
            return _own(self, own, node, arguments, named, facets)
        case OwnClass():
            return unknown(f"`{short(node)}` makes an object of its own", facets)
        case Origin(name):
            package, _, last = name.rpartition(".")
            return unknown(
                f"{last} comes from {package}, which was not scanned" if package else f"{last} is not known", facets
            )
        case Unknown(why):
            return unknown(why, function.facets | facets)
    return unknown(f"`{short(node)}` can't be worked out", facets)


def _builtin(self: Resolver, name: str, node: Any, scope: Scope, arguments: list[Value]) -> Value:
    """A function of Python's own."""
    facets = NONE.union(*(value.facets for value in arguments))
    match name, arguments:
        case "isinstance", [subject, kinds]:
            return _isinstance(self, subject, kinds)
        case "issubclass", [Value(data=Part("class")), kinds]:
            answer = self.is_a(kinds.data)
            return Value(answer, NONE) if isinstance(answer, bool) else unknown(answer.why, frozenset({Facet.ERROR}))
        case "getattr", [subject, Value(data=str(part)), *default]:
            return _getattr(self, subject, part, default)
        case "hasattr", [Value(data=Part("error")), Value(data=str(part))]:
            found = _PARTS if self.failure.status else frozenset()
            return Value(part in found | {"message", "args", "request"})
        case (("str" | "repr" | "format"), [subject, *_]):
            return as_text(self, subject)
        case "type", [Value(data=Part("error"))]:
            return Value(Part("class"), frozenset({Facet.ERROR}))
        case "int", [subject]:
            return subject
        case "bool", [subject]:
            truth = self.truth(subject)
            return subject if truth is None else Value(truth, subject.facets)
        case (("tuple" | "list" | "set" | "frozenset" | "sorted"), [subject, *_]):
            return Value(tuple(flat(subject.data)), facets) if subject.known else subject
        case (("tuple" | "list" | "set" | "frozenset"), []):
            return Value(())
        case "dict", []:
            return Value({})
        case "range", [Value(data=int(first)), Value(data=int(last))] if 0 <= last - first <= 2000:
            return Value(tuple(range(first, last)))
        case (("any" | "all"), [subject]) if isinstance(subject.data, tuple):
            truths = [self.truth(Value(one)) for one in subject.data]
            decides = name == "any"
            if decides in truths or None not in truths:
                return Value(any(truths) if decides else all(truths), facets)
            return unknown(subject.why, facets)
        case "len", [Value(data=str() | tuple() | dict() as data)]:
            return Value(len(data), facets)
    why = next((value.why for value in arguments if not value.known), f"`{short(node)}` can't be worked out")
    return unknown(why, facets)


def _isinstance(self: Resolver, subject: Value, kinds: Value) -> Value:
    if isinstance(subject.data, Part) and subject.data.name == "error":
        answer = self.is_a(kinds.data)
        return Value(answer) if isinstance(answer, bool) else unknown(answer.why, frozenset({Facet.ERROR}))
    names = [one.name.removeprefix("builtins.") for one in flat(kinds.data) if isinstance(one, Origin)]
    if subject.known and all(name in _KINDS for name in names) and names:
        return Value(isinstance(subject.data, tuple(_KINDS[name] for name in names)))
    return unknown(subject.why or "its class can't be seen", subject.facets)


def _getattr(self: Resolver, subject: Value, part: str, default: list[Value]) -> Value:
    """`getattr(e, "status_code", None)`, and `getattr(anthropic, "OverloadedError", X)`."""
    if isinstance(subject.data, Origin):
        return Value(Origin(f"{subject.data.name}.{part}", fallback=bool(default)))
    if subject.data is None and default:
        return Value(default[0].data, subject.facets)
    found = attribute(self, subject, part, by_name=True)
    if found.data is None and default and part in _PARTS:
        return Value(default[0].data, found.facets)
    return found


def _method(self: Resolver, node: Any, scope: Scope, of: Value, name: str, arguments: list[Value]) -> Value:
    """A method of text, of a dict, or of a client."""
    facets = of.facets.union(*(value.facets for value in arguments))
    match of.data, name, arguments:
        case Client(), ("with_options" | "copy" | "__enter__" | "__aenter__"), _:
            return Value(Client())
        case str(text), ("lower" | "casefold"), []:
            return Value(text.lower(), facets | {Facet.LOWER} if facets else facets)
        case str(text), "upper", []:
            return Value(text.upper(), facets | {Facet.LOWER} if facets else facets)
        case str(text), "strip", []:
            return Value(text.strip(), facets)
        case str(text), ("startswith" | "endswith" | "__contains__" | "count" | "find"), [found] if found.known:
            self.note(node, scope, facets)
            self.seen.constants.update(one for one in flat(found.data) if facets and isinstance(one, str))
            words = found.data if isinstance(found.data, str) else tuple(one for one in flat(found.data))
            if name in {"startswith", "endswith"} and all(isinstance(one, str) for one in flat(words)):
                return Value(text.startswith(words) if name == "startswith" else text.endswith(words), facets)
            if isinstance(words, str):
                return Value({"count": text.count(words), "find": text.find(words)}.get(name, words in text), facets)
        case str(text), "replace", [Value(data=str(old)), Value(data=str(new))] if len(text) < 10_000:
            return Value(text.replace(old, new) if len(new) < 100 else text, facets)
        case dict(), "get", [key, *default]:
            return item(of, key, default[0] if default else None)
        case dict(data), "keys", []:
            return Value(tuple(data), facets)
    return unknown(f"`{short(node)}` can't be worked out", facets)


def _own(
    self: Resolver,
    own: OwnFunction,
    node: Any,
    arguments: list[Value],
    named: dict[str, Value],
    facets: frozenset[Facet],
) -> Value:
    """A call of a function that was scanned: followed if it is given the error or a part of it, or makes a client."""
    function = own.node
    if function in self.entered or len(self.entered) >= CALLS:
        return unknown(f"`{short(node)}` calls itself, or too many others", facets)
    self.entered.append(function)
    try:
        return _followed(self, own, node, arguments, named, facets)
    finally:
        self.entered.pop()


def _followed(
    self: Resolver,
    own: OwnFunction,
    node: Any,
    arguments: list[Value],
    named: dict[str, Value],
    facets: frozenset[Facet],
) -> Value:
    function = own.node
    if not facets and not any(isinstance(value.data, Part) for value in (*arguments, *named.values())):
        return _made(self, own, node)
    if isinstance(node.func, ast.Attribute) and _is_method(function):
        arguments = [unknown("it is an object"), *arguments]
    env = bound(function, arguments, named, self, own.scope)
    self.seen.functions.add(function)
    inner = self.inner_scope(function, own.scope)
    if isinstance(function, ast.Lambda):
        return self.of(function.body, inner, env)
    before = self.seen.blind.get(self.failure.id)
    block = Block(self, inner, env)
    ends = block.run(function.body)
    values = [value for value in block.returned if value.known]
    if len(ends) == 1 and len({repr(value.data) for value in values}) == 1:
        return values[0]
    if len(ends) == 1 and (only := next(iter(ends)))[0] == "return" and only[1] in {"True", "False", "None"}:
        return Value({"True": True, "False": False, "None": None}[only[1]], facets)
    if before is None:
        why = self.seen.blind.pop(self.failure.id, f"what `{short(node)}` gives depends on more than the error")
    else:
        why = before
    return unknown(why, facets)


def _made(self: Resolver, own: OwnFunction, node: Any) -> Value:
    """What a function gives that has nothing to do with the error: a client, if it says so or can be seen to."""
    function = own.node
    if isinstance(function, ast.Lambda):
        return self.of(function.body, own.scope)
    if function.returns is not None and self.is_client(function.returns, own.scope):
        return Value(Client())
    inner = self.inner_scope(function, own.scope)
    returned = [one.value for one in ast.walk(function) if isinstance(one, ast.Return) and one.value is not None]
    if len(returned) == 1 and len(function.body) < 20:
        return self.of(returned[0], inner)
    return unknown(f"what `{short(node)}` gives can't be seen")


def _is_method(function: ast.AST) -> bool:
    return (
        isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and bool(function.args.args)
        and function.args.args[0].arg in {"self", "cls"}
    )


def bound(function: Any, arguments: list[Value], named: dict[str, Value], resolver: Resolver, scope: Scope) -> Env:
    """The parameters of a function with what they are given, or their defaults."""
    parameters = [*function.args.posonlyargs, *function.args.args]
    env: Env = {}
    defaults = function.args.defaults
    for parameter, default in zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True):
        env[parameter.arg] = resolver.of(default, scope)
    for parameter, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if default is not None:
            env[parameter.arg] = resolver.of(default, scope)
    env.update({parameter.arg: value for parameter, value in zip(parameters, arguments, strict=False)})
    env.update(named)
    for parameter in [*parameters, *function.args.kwonlyargs]:
        env.setdefault(parameter.arg, unknown(f"{parameter.arg} is what the caller gives"))
    return env
