"""Finds what of a call was not measured on any release: its method, an argument, or the model that it names. Pure."""

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from matrix.scan.file_index import find_owner, name_of_called
from matrix.scan.referents import Container
from matrix.scan.scopes import FUNCTIONS, BindingKind, Scope
from matrix.scan.values import DottedName, OwnFunction
from matrix.scan.wording import unparse_short

if TYPE_CHECKING:
    from matrix.scan.references import References

DEPTH: Final = 8
"""How many names and expressions are followed to the name of a model."""


def name_unmeasured(references: "References", node: ast.Call, path: list[str]) -> str:
    """Name what of a call was not measured: `embedding`, `completion(num_retries=...)`; empty if nothing is known.

    Args:
        references: Resolves names.
        node: The call.
        path: The names of its method from the client on.
    """
    syntax, method = references.sdk.target.calls, path[-1]
    if len(path) == 1 and not syntax.own.get(method, method):
        return method
    if not (syntax.options or syntax.models or syntax.objects):
        return ""
    scope = references.scope_of(node)
    arguments = dict(_list_arguments(references, node, scope))
    if not syntax.names_model and node.args and not isinstance(node.args[0], ast.Starred):
        arguments = {"model": node.args[0]} | arguments
    if (name := _find_other_stream(references, arguments)) or (name := _find_object(references, arguments)):
        return f"{method}({name}=...)"
    given = (name for name in arguments if name in syntax.options and not _is_nothing(arguments[name]))
    if option := next(given, "") or _find_setting(references, node):
        return f"{method}({option}=...)"
    if model := _name_other_model(references, arguments.get("model")):
        return f"{method} of {model}"
    reader = arguments.get(syntax.stream_argument) if method in syntax.readers else None
    return f"{method}({syntax.stream_argument}=...) that catches errors" if _catches(references, reader) else ""


def _catches(references: "References", function: ast.expr | None) -> bool:
    """Return whether a function to which a call gives its stream may catch what the stream raises."""
    given = references.find(function, references.scope_of(function)) if function is not None else ()
    return any(isinstance(each, OwnFunction) and any(map(_may_catch, ast.walk(each.node))) for each in given)


def _may_catch(node: ast.AST) -> bool:
    is_suppressing = isinstance(node, ast.Call) and name_of_called(node) == "suppress"
    return is_suppressing or (isinstance(node, ast.Try | ast.TryStar) and bool(node.handlers))


def name_unmeasured_client(references: "References", node: ast.Call, name: str) -> str:
    """Name what of a client was not measured on any release: `Client(vertexai=True)`; empty if nothing is known.

    Args:
        references: Resolves names.
        node: The call that makes the client.
        name: The name of its class.
    """
    syntax = references.sdk.target.calls
    given = (each for each in node.keywords if each.arg in syntax.other_options and not _is_nothing(each.value))
    option = next((f"{name}({unparse_short(each)})" for each in given), "")
    if option or not syntax.names_model or references.sdk.target.find_client(name) is None:
        return option
    arguments = dict(_list_arguments(references, node, references.scope_of(node)))
    first = node.args[0] if node.args and not isinstance(node.args[0], ast.Starred) else None
    is_shown = all(each.arg for each in node.keywords) and not any(isinstance(each, ast.Starred) for each in node.args)
    if "model" not in arguments and first is None and is_shown and syntax.default_model:
        return f"{name} of {syntax.default_model}"
    if model := _name_other_model(references, arguments.get("model", first)):
        return f"{name} of {model}"
    added = _find_added(references, node)
    return f"{name}.{added}" if added else ""


def _find_added(references: "References", node: ast.Call) -> str:
    """Find what the file of a client adds to it that was not measured, such as a tool, by the name of the client."""
    index = references.find_index(node)
    parent = index.module.parents.get(node)
    targets = parent.targets if isinstance(parent, ast.Assign) else [getattr(parent, "target", None)]
    names, methods = {_last_name(each) for each in targets}, references.sdk.target.calls.other_methods
    called = (call.func for method in methods for call in index.calls_by_name.get(method, ()))
    used = (
        each for each in (*called, *(decorator for _, decorator in index.decorated)) if isinstance(each, ast.Attribute)
    )
    return next((each.attr for each in used if each.attr in methods and _last_name(each.value) in names), "")


def _last_name(node: ast.AST | None) -> str:
    """Return the last name of an expression such as `self.agent`; empty if it has none."""
    return str(getattr(node, "attr", "") or getattr(node, "id", ""))


def _name_other_model(references: "References", model: ast.expr | None) -> str:
    """Name the model that an expression is, if it is certainly none that was measured; empty otherwise."""
    known = references.sdk.target.calls.models
    if model is None or not known:
        return ""
    models = {*_find_texts(references, model, references.scope_of(model), 0)}
    is_known = any(each is None or each.startswith(known) for each in models)
    return "" if is_known else min(filter(None, models), default="")


def _list_arguments(references: "References", node: ast.Call, scope: Scope) -> Iterator[tuple[str, ast.expr]]:
    """List the named arguments of a call, also those of a dict that is written out."""
    for keyword in node.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value
            continue
        for each in references.find(keyword.value, scope):
            if isinstance(each, Container) and isinstance(each.node, ast.Dict):
                for key, value in zip(each.node.keys, each.node.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value


def _find_other_stream(references: "References", arguments: Mapping[str, ast.expr]) -> str:
    """Return `stream` if a call streams, and what decides is not made of the class with which that was measured."""
    deciding, kind = references.sdk.target.calls.stream_model
    if not deciding or "stream" not in arguments or _is_nothing(arguments["stream"]):
        return ""
    given = arguments.get(deciding)
    made = references.find(given, references.scope_of(given)) if given is not None else ()
    names = (each.name.rpartition(".")[2] for each in made if isinstance(each, DottedName))
    return "" if kind in names else "stream"


def _find_object(references: "References", arguments: Mapping[str, ast.expr]) -> str:
    """Return the first argument that is an object, of those that were measured with a number only; empty if none is."""
    for name in references.sdk.target.calls.objects.intersection(arguments):
        value = arguments[name]
        bindings = references.scope_of(value).find_bindings(value.id) if isinstance(value, ast.Name) else []
        if any(isinstance(each, ast.Call) for each in (value, *(binding.node for binding in bindings))):
            return name
    return ""


def _is_nothing(value: ast.expr) -> bool:
    """Return whether an option is not set, or as if it were not: it is 0, None or False, an empty list, or `str`."""
    match value:
        case ast.Constant(value=constant):
            return not constant
        case ast.List(elts=elements):
            return not elements
    return isinstance(value, ast.Name) and value.id == "str"


def _find_setting(references: "References", node: ast.Call) -> str:
    """Find an option that the file of a call sets on the module, such as `litellm.num_retries = 3`."""
    options, module = references.sdk.target.calls.options, references.sdk.module
    for target, value in references.find_index(node).attributes_set:
        is_option = target.attr in options and not _is_nothing(value)
        if is_option and DottedName(module) in references.find(target.value, references.scope_of(target)):
            return target.attr
    return ""


def _find_texts(references: "References", node: ast.expr, scope: Scope, depth: int) -> Iterator[str | None]:
    """Find the texts that an expression may be, or with which it begins; None for what the source does not show.

    An object of a class of the package stands for a model by the dotted name of its class.
    """
    references.work.spend()
    match node:
        case ast.Constant(value=str(text)) | ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield text
        case ast.Call() as call if classes := _find_classes(references, call, scope):
            yield from classes
        case ast.IfExp(body=first, orelse=second) if depth < DEPTH:
            yield from _find_texts(references, first, scope, depth + 1)
            yield from _find_texts(references, second, scope, depth + 1)
        case ast.Name(id=name) if depth < DEPTH and (owner := find_owner(scope, name)) is not None:
            for binding in owner.bindings[name]:
                if binding.kind is BindingKind.VALUE and isinstance(binding.node, ast.expr):
                    yield from _find_texts(references, binding.node, binding.scope, depth + 1)
                elif binding.kind is BindingKind.PARAMETER and isinstance(owner.node, FUNCTIONS):
                    given = [*references.find_arguments(owner.node, name)]
                    for argument, around in given:
                        yield from _find_texts(references, argument, around, depth + 1)
                    if not given:
                        yield None
                else:
                    yield None
        case _:
            yield None


def _find_classes(references: "References", call: ast.Call, scope: Scope) -> list[str]:
    """Find the classes of the package of which a call may make an object, without its name: `models.x.Model`.

    One that is made with an option that was not measured has this before its name.
    """
    sdk = references.sdk
    called = (each.name for each in references.find(call.func, scope) if isinstance(each, DottedName))
    names = [name.removeprefix(f"{sdk.module}.") for name in called if sdk.owns(name)]
    given = (
        each for each in call.keywords if each.arg in sdk.target.calls.other_options and not _is_nothing(each.value)
    )
    option = next((f"{unparse_short(each)} in " for each in given), "")
    return [f"{option}{name}" for name in names if name.rpartition(".")[2][:1].isupper()]
