"""Finds code that may notice that an answer is empty, which the scan does not follow. Pure."""

import ast
from collections.abc import Collection, Iterator
from typing import Final

from matrix.scan.walks import find_set, names_in

EMPTINESS: Final = "the scan does not follow what the code does with an empty answer"


def notices_emptiness(function: ast.AST, sources: Collection[ast.AST]) -> bool:
    """Return whether a function tests whether something that it has of an answer is empty.

    Tests in its clauses see an error, and those in a loop over the events of a stream see one event after the other.

    Args:
        function: The function.
        sources: The nodes at which it asks for the answer, and reads its stream.
    """
    loops = [
        node for node in ast.walk(function) if isinstance(node, ast.For | ast.AsyncFor) and _has(node.iter, sources)
    ]
    inside = {node for loop in loops for statement in loop.body for node in ast.walk(statement)}
    clauses = [node for node in ast.walk(function) if isinstance(node, ast.ExceptHandler)]
    outside = set(ast.walk(function)).difference(inside, *map(ast.walk, clauses))
    names = find_set(inside)
    known = -1
    while known < len(names):
        known = len(names)
        names |= {name for node in outside for name in _list_named(node, names, sources)}
    tests = (getattr(node, "test", None) for node in outside)
    return any(_is_about_emptiness(test, names) for test in tests if isinstance(test, ast.expr))


def _has(code: ast.AST, sources: Collection[ast.AST]) -> bool:
    return any(node in sources for node in ast.walk(code))


def _list_named(node: ast.AST, names: Collection[str], sources: Collection[ast.AST]) -> Iterator[str]:
    """List the names that a node gives to something of the answer."""
    match node:
        case ast.withitem(context_expr=value, optional_vars=ast.AST() as target):
            targets = [target]
        case ast.Assign(targets=[*targets], value=value):
            pass
        case ast.AnnAssign(target=target, value=ast.AST() as value) | ast.NamedExpr(target=target, value=value):
            targets = [target]
        case _:
            return
    if _has(value, sources) or not names_in(value).isdisjoint(names):
        for target in targets:
            yield from names_in(target)


def _is_about_emptiness(test: ast.expr, names: Collection[str]) -> bool:
    """Return whether a test has another result where one of some variables is empty."""
    match test:
        case ast.Name(id=name):
            return name in names
        case ast.NamedExpr(target=target):
            return _is_about_emptiness(target, names)
        case ast.UnaryOp(op=ast.Not(), operand=inner) | ast.Attribute(value=inner):
            return _is_about_emptiness(inner, names)
        case ast.BoolOp(values=values):
            return any(_is_about_emptiness(each, names) for each in values)
        case ast.Call(func=ast.Name(id="len" | "bool" | "any"), args=[inner]):
            return _is_about_emptiness(inner, names)
        case ast.Call(func=ast.Attribute(value=inner, attr="strip")):
            return _is_about_emptiness(inner, names)
        case ast.Compare(left=inner, comparators=[ast.Constant(value=0 | 1 | "" | None)]):
            return _is_about_emptiness(inner, names)
    return False
