"""Calls functions and makes objects of the scanned files. Pure; nothing of the user's is run."""

import ast
from typing import Any, Final

from matrix.scan.block import Block
from matrix.scan.changed import forget_changed
from matrix.scan.context_managers import wrap_in_managers
from matrix.scan.dispatch import find_dispatched
from matrix.scan.ends import EndKind, is_same
from matrix.scan.error_parts import find_method, is_enum, list_fields
from matrix.scan.file_index import is_context_manager, is_decorated
from matrix.scan.resolver import ATTEMPTS, HANDLED, VARIES, Env, Resolver, Thrown
from matrix.scan.values import (
    BoundFunction,
    Client,
    EnumMember,
    Instance,
    Lazy,
    OwnClass,
    OwnFunction,
    Partial,
    Unknown,
    UnreadText,
    is_of_error,
    is_unknown,
    read_text,
)

_SHORT: Final = 3
"""How many statements a function has that is run before the call fails, though it does not lead there."""

CALLS: Final = 8
"""How deep calls of the user's own functions are followed."""


def call_function(
    self: Resolver,
    function: Any,
    arguments: list[Any],
    named: dict[str, Any],
    env: Env,
    *,
    is_awaited: bool = False,
) -> Any:
    """Call a function of the scanned files; a coroutine or a generator runs when it is awaited or iterated.

    Raises:
        Thrown: The function raises an exception for certain.
    """
    while isinstance(function, Partial):
        arguments, named = [*function.arguments, *arguments], {**function.named, **named}
        function = function.function
    if isinstance(function, BoundFunction):
        arguments, function = [function.owner, *arguments], function.function
    if isinstance(function, OwnClass):
        return make_instance(self, function, arguments, named, env)
    if not isinstance(function, OwnFunction):
        return Unknown("a function is not known", is_of_error(*arguments, *named.values()))
    if is_decorated(function.node, "singledispatch") and arguments:
        function = find_dispatched(self, function, read_text(arguments[0]))
    names = bind_arguments(self, function, arguments, named)
    if is_of_error(*arguments, *named.values()):
        self.record.functions.add(function.node)
    if isinstance(function.node, ast.Lambda):
        names[ATTEMPTS] = env.get(ATTEMPTS, 0)
        try:
            return self.evaluate(function.node.body, self.inner_scope(function.node, function.scope), names)
        finally:
            env[ATTEMPTS] = names[ATTEMPTS]
    index = self.calls.references.find_index(function.node)
    lazy = Lazy(function, names)
    if index.is_generator(function.node) or is_context_manager(function.node):
        return lazy
    if isinstance(function.node, ast.AsyncFunctionDef) and not is_awaited:
        return lazy
    return run_lazy(self, lazy, env)


def bind_arguments(self: Resolver, own: OwnFunction, arguments: list[Any], named: dict[str, Any]) -> Env:
    """Bind the parameters of a function to their arguments or defaults."""
    spec: ast.arguments = own.node.args
    parameters = [*spec.posonlyargs, *spec.args]
    names: Env = {}
    pairs = zip(parameters[len(parameters) - len(spec.defaults) :], spec.defaults, strict=True)
    for parameter, default in [*pairs, *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]:
        if default is not None:
            names[parameter.arg] = self.evaluate_safely(default, own.scope)
    names.update({parameter.arg: value for parameter, value in zip(parameters, arguments, strict=False)})
    if spec.vararg is not None:
        names[spec.vararg.arg] = tuple(map(read_text, arguments[len(parameters) :]))
    known = {parameter.arg for parameter in (*parameters, *spec.kwonlyargs)}
    names.update({name: value for name, value in named.items() if name in known})
    if spec.kwarg is not None:
        rest = {name: value for name, value in named.items() if name not in known}
        holds_texts = any(isinstance(value, UnreadText) for value in rest.values())
        if holds_texts and not _reads_by_key(own.node, spec.kwarg.arg):
            rest = {name: read_text(value) for name, value in rest.items()}
        names[spec.kwarg.arg] = rest
    for parameter in (*parameters, *spec.kwonlyargs):
        names.setdefault(parameter.arg, Unknown(f"the caller passes {parameter.arg}"))
    return names


def _reads_by_key(function: ast.AST, name: str) -> bool:
    """Return whether a function does nothing with a dict but read its items by their keys, and pass it on by `**`."""
    other_uses = 0
    for node in ast.walk(function):
        match node:
            case ast.Name(id=id_) if id_ == name:
                other_uses += 1
            case (
                ast.Subscript(value=ast.Name(id=id_))
                | ast.Attribute(value=ast.Name(id=id_), attr="get")
                | ast.keyword(arg=None, value=ast.Name(id=id_))
            ) if id_ == name:
                other_uses -= 1
    return other_uses == 0


def make_instance(self: Resolver, own: OwnClass, arguments: list[Any], named: dict[str, Any], env: Env) -> Any:
    """Make an object of a class of the scanned files."""
    if is_enum(self, own):
        arguments = [*map(read_text, arguments)]
        scope = self.inner_scope(own.node, own.scope)
        for name, bindings in scope.bindings.items():
            value = self.value_of(bindings[0], name)
            if arguments and not isinstance(arguments[0], Unknown) and arguments[0] == value:
                return EnumMember(own, name, value)
        if arguments and isinstance(arguments[0], EnumMember):
            return arguments[0]
        return Unknown("an enum's member can't be known", is_of_error(*arguments))
    instance = Instance(own, tuple(arguments))
    if self.calls.references.makes_client(own):
        return Client()
    fields = list_fields(self, own)
    if fields is not None:
        given = zip((name for name, _ in fields), arguments, strict=False)
        instance.fields = dict(fields) | dict(given) | named
        return instance
    constructor = find_method(self, own, "__init__")
    if constructor is not None and constructor.node not in self.entered and len(self.entered) < CALLS:
        instance.arguments = tuple(arguments)
        names = bind_arguments(self, constructor, [instance, *arguments], named)
        block = Block(self, self.inner_scope(constructor.node, constructor.scope), names)
        self.entered.append(constructor.node)
        try:
            block.run(constructor.node.body if isinstance(constructor.node.body, list) else [])
        finally:
            self.entered.pop()
    return instance


def run_lazy(self: Resolver, value: Any, env: Env) -> Any:
    """Run a coroutine or a generator of the scanned files; return anything else as it is.

    Raises:
        Thrown: It raises an exception for certain.
    """
    if not isinstance(value, Lazy):
        return value
    function = value.function
    if self.entered.count(function.node) > 2 or len(self.entered) >= CALLS:
        return Unknown("functions call each other too deeply", of_error=True)
    body = wrap_in_managers(self, function.node, function.scope) if isinstance(function.node.body, list) else []
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]  # its docstring
    is_aside = bool(self.failing) and not env.get(ATTEMPTS) and function.node not in self.leading
    if is_aside and (self.is_aside or len(body) > _SHORT):
        for each in value.names.values():
            forget_changed(self, each)
        return Unknown("the result of a function that runs before the call is not followed")
    undecided = self.record.undecided
    self.repeats |= function.node in self.entered and bool(env.get(ATTEMPTS))
    names = {**value.names, ATTEMPTS: env.get(ATTEMPTS, 0), HANDLED: env.get(HANDLED)}
    block = Block(self, self.inner_scope(function.node, function.scope), names)
    self.entered.append(function.node)
    before, self.is_aside = self.is_aside, self.is_aside or is_aside
    try:
        ends = block.run(body)
    finally:
        self.entered.pop()
        self.is_aside = before
    returned = [end for end in ends if end.kind in (EndKind.FALLS, EndKind.RETURN, EndKind.NEXT)]
    raised = [end for end in ends if end.kind in (EndKind.RAISE, EndKind.RETRY)]
    if raised and not returned:
        self.pending.extend(raised[1:])
        env[ATTEMPTS] = raised[0].attempts
        raise Thrown(raised[0].value, by_mistake=raised[0].by_mistake)
    self.pending.extend(raised)
    if returned:
        attempts = {end.attempts for end in returned}
        env[ATTEMPTS] = max(attempts)
        if len(attempts - {0}) > 1:
            env[VARIES] = True
    doubt = self.record.undecided
    if not raised:
        self.record.undecided = undecided
    if self.calls.references.find_index(function.node).is_generator(function.node):
        return Unknown("the items of a generator can't be known", is_of_error(*value.names.values()))
    values = [end.value for end in returned]
    if values and all(is_same(each, values[0]) for each in values):
        return values[0]
    truths = {self.truth_of(each) if isinstance(each, bool | None) else None for each in values}
    if len(truths) == 1 and None not in truths and not is_unknown(tuple(values)):
        return values[0]
    why = doubt or next((each.why for each in values if isinstance(each, Unknown)), "")
    of_error = bool(doubt != undecided) or is_of_error(*values)
    return Unknown(why or "the result of a function depends on more than the error", of_error)
