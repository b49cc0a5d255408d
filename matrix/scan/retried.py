"""Finds the code that a library for retries repeats: functions that are decorated or passed, and loops. Pure."""

import ast

from matrix.scan.source_file import SourceFile
from matrix.scan.values import OwnFunction


def find_retried(file: SourceFile, node: ast.Call) -> list[ast.AST]:
    """Find what the retries that a call sets up repeat, where it stands or by the name that its result has."""
    parent = file.module.parents.get(node)
    match parent:
        case ast.FunctionDef() | ast.AsyncFunctionDef() if node in parent.decorator_list:
            return [parent]
        case ast.For() | ast.AsyncFor():
            return [parent]
        case ast.Assign(targets=[ast.Name() | ast.Attribute() as target]):
            return _find_by_name(file, ast.unparse(target))
        case ast.Return():
            made_by = getattr(file.calls.find_function(node), "name", "")
            return _find_by_name(file, made_by, f"self.{made_by}") if made_by else []
        case ast.Call(func=func) if func is node:
            return _find_passed(file, parent)
    return []


def _find_by_name(file: SourceFile, *names: str) -> list[ast.AST]:
    """Find what an object repeats that has a name, or that a function of a name makes."""
    found: list[ast.AST] = []
    for node in file.module.parents:
        match node:
            case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
                found += [node] if any(_is_named(each, names, "wraps") for each in decorators) else []
            case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated) if _is_named(iterated, names, "copy"):
                found.append(node)
            case ast.Call(func=func) if _is_named(func, names, "call", "copy", "wraps"):
                found += _find_passed(file, node)
    return found


def _is_named(node: ast.expr, names: tuple[str, ...], *methods: str) -> bool:
    """Return whether an expression is the object, what its function returns, or one of some methods, called or not."""
    node = node.func if isinstance(node, ast.Call) else node
    if isinstance(node, ast.Attribute) and node.attr in methods:
        node = node.value
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in names


def _find_passed(file: SourceFile, call: ast.Call) -> list[ast.AST]:
    """Find the function of the file that a call is passed first."""
    match call.args:
        case [ast.Lambda() as passed, *_]:
            return [passed]
        case [ast.Name() | ast.Attribute() as passed, *_]:
            function = file.make_evaluator().evaluate_safely(passed, file.module.scope_of[call])
            own = getattr(function, "function", function)
            return [own.node] if isinstance(own, OwnFunction) and own.node in file.module.parents else []
    return []
