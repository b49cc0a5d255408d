"""Finds what of a call was not measured on any release: its method, an argument, or the model that it names. Pure."""

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from matrix.scan.file_index import find_owner
from matrix.scan.references import References
from matrix.scan.referents import Container
from matrix.scan.scopes import FUNCTIONS, BindingKind, Scope
from matrix.scan.values import DottedName

DEPTH: Final = 8
"""How many names and expressions are followed to the name of a model."""


def name_unmeasured(references: References, node: ast.Call, path: list[str]) -> str:
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
    if (name := _find_other_stream(references, arguments)) or (name := _find_object(references, arguments)):
        return f"{method}({name}=...)"
    given = (name for name in arguments if name in syntax.options and not _is_nothing(arguments[name]))
    if option := next(given, "") or _find_setting(references, node):
        return f"{method}({option}=...)"
    model = arguments.get("model")
    models = {*_find_texts(references, model, references.scope_of(model), 0)} if model is not None else {None}
    if not syntax.models or any(each is None or each.startswith(syntax.models) for each in models):
        return ""
    return f"{method} of {min(filter(None, models))}"


def _list_arguments(references: References, node: ast.Call, scope: Scope) -> Iterator[tuple[str, ast.expr]]:
    """List the named arguments of a call, also those of a dict that is written out, and the first one as the model."""
    if node.args and not isinstance(node.args[0], ast.Starred):
        yield "model", node.args[0]
    for keyword in node.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value
            continue
        for each in references.find(keyword.value, scope):
            if isinstance(each, Container) and isinstance(each.node, ast.Dict):
                for key, value in zip(each.node.keys, each.node.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value


def _find_other_stream(references: References, arguments: Mapping[str, ast.expr]) -> str:
    """Return `stream` if a call streams, and what decides is not made of the class with which that was measured."""
    deciding, kind = references.sdk.target.calls.stream_model
    if not deciding or "stream" not in arguments or _is_nothing(arguments["stream"]):
        return ""
    given = arguments.get(deciding)
    made = references.find(given, references.scope_of(given)) if given is not None else ()
    names = (each.name.rpartition(".")[2] for each in made if isinstance(each, DottedName))
    return "" if kind in names else "stream"


def _find_object(references: References, arguments: Mapping[str, ast.expr]) -> str:
    """Return the first argument that is an object, of those that were measured with a number only; empty if none is."""
    for name in references.sdk.target.calls.objects.intersection(arguments):
        value = arguments[name]
        bindings = references.scope_of(value).find_bindings(value.id) if isinstance(value, ast.Name) else []
        if any(isinstance(each, ast.Call) for each in (value, *(binding.node for binding in bindings))):
            return name
    return ""


def _is_nothing(value: ast.expr) -> bool:
    """Return whether an option is not set: it is 0, None or False, or an empty list."""
    return (isinstance(value, ast.Constant) and not value.value) or (isinstance(value, ast.List) and not value.elts)


def _find_setting(references: References, node: ast.Call) -> str:
    """Find an option that the file of a call sets on the module, such as `litellm.num_retries = 3`."""
    options, module = references.sdk.target.calls.options, references.sdk.module
    for target, value in references.find_index(node).attributes_set:
        is_option = target.attr in options and not _is_nothing(value)
        if is_option and DottedName(module) in references.find(target.value, references.scope_of(target)):
            return target.attr
    return ""


def _find_texts(references: References, node: ast.expr, scope: Scope, depth: int) -> Iterator[str | None]:
    """Find the texts that an expression may be, or with which it begins; None for what the source does not show."""
    references.work.spend()
    match node:
        case ast.Constant(value=str(text)) | ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield text
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
