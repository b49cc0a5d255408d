"""Walks over a syntax tree: over all nodes, or only over those that bind names; and the names in some code. Pure."""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

LEAVES: Final = frozenset({ast.Name, ast.Constant, ast.alias})
"""The nodes without children, which are half of a tree."""

BINDING: Final = frozenset(
    {ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.withitem}
    | {ast.For, ast.AsyncFor, ast.comprehension, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping}
    | {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef}
)
"""The nodes that may bind a name, which are a tenth of a tree."""

_BLOCKS: Final = ("items", "pattern", "patterns", "kwd_patterns", "body", "handlers", "orelse", "finalbody", "cases")
"""The fields of statements that have statements, or parts that bind names, in the order of the text."""

_NO_NODES: Final = frozenset(
    {"ctx", "op", "ops", "id", "attr", "arg", "kind", "type_comment", "level", "module", "conversion", "simple"}
)
"""The fields that have a text, a number, or a context or operator, which is the same object everywhere."""

_MIXED: Final = frozenset({"keys", "kw_defaults", "kwd_attrs", "names"})
"""The fields whose lists have texts or gaps, in some classes of nodes."""

_GLOBAL: Final = re.compile(r"(?:^|[;:])[ \t\f]*global\b", re.MULTILINE)

_fields: Final[dict[type[ast.AST], tuple[str, ...]]] = dict.fromkeys(LEAVES, ())
"""Class of nodes to its fields that have nodes."""

_blocks: Final[dict[type[ast.AST], tuple[str, ...]]] = {}
"""Class of nodes to its fields that have statements, or parts that bind names."""


def list_children(node: ast.AST) -> list[ast.AST]:
    """List the children of a node but contexts and operators, in the order of the text."""
    kind = node.__class__
    names = _fields.get(kind)
    if names is None:
        names = _fields[kind] = tuple(name for name in kind._fields if name not in _NO_NODES)
    children: list[ast.AST] = []
    for name in names:
        value = getattr(node, name, None)
        if value.__class__ is list:
            children += [each for each in value if isinstance(each, ast.AST)] if name in _MIXED else value
        elif isinstance(value, ast.AST):
            children.append(value)
    return children


def walk_statements(tree: ast.AST, *, inside: bool = False) -> Iterator[ast.AST]:
    """Yield the statements of a file and their parts that bind names; with `inside`, also in functions and classes."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if node is not tree:
            yield node
            if not inside and isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
        kind = node.__class__
        names = _blocks.get(kind)
        if names is None:
            names = _blocks[kind] = tuple(name for name in _BLOCKS if name in kind._fields)
        parts: list[ast.AST] = []
        for name in names:
            value = getattr(node, name, None)
            parts += value if isinstance(value, list) else [value] if isinstance(value, ast.AST) else []
        stack += reversed(parts)


def may_bind_from_inside(tree: ast.AST, text: str) -> bool:
    """Return whether something other than an outer statement may bind a name of the file: `global` or `:=`."""
    if "global" in text and _GLOBAL.search(text):
        return True
    return ":=" in text and any(
        isinstance(part, ast.NamedExpr)
        for node in walk_statements(tree)
        for child in ast.iter_child_nodes(node)
        if isinstance(child, ast.expr | ast.keyword)
        for part in ast.walk(child)
    )


def names_in(code: ast.AST) -> frozenset[str]:
    """Return every name in some code."""
    return frozenset(node.id for node in ast.walk(code) if isinstance(node, ast.Name))


def find_set(nodes: Iterable[ast.AST]) -> set[str]:
    """Find the names that some nodes set, and those of the collections that they add to."""
    found = set[str]()
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "add" | "extend" | "update")):
                found.add(name)
    return found
