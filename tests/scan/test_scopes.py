"""The scopes of a file are the same whether its functions are looked into at once, later, or never."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from matrix.scan.scopes import FUNCTIONS, Module, Scope, collect_scopes
from tests.support.paths import ROOT

SOURCES: Final = {
    "global": """\
def set_it():
    global client, other
    client = 1
    import other
client = 2
""",
    "global behind a colon": """\
x = 1
def f(): global x; x = 2
""",
    "walrus": """\
if (a := 1) and [b := c for c in ()]:
    pass
f = lambda: (d := 1)
""",
    "walrus in a decorator": """\
@(d := print)
def f(x=(e := 1)): (g := 1)
class A((h := object), m=(i := 1)): (j := 1)
""",
    "blocks": """\
for a, b in x:
    import c
else:
    d = 1
while e:
    f = 1
with g as h, i as (j, k):
    l = 1
try:
    m = 1
except E as n:
    o = 1
else:
    p = 1
finally:
    q = 1
""",
    "match": """\
match a:
    case {'x': b, **c} | [b, *c] if (e := b):
        f = 1
    case A(g, h=i) as j:
        pass
""",
    "classes": """\
class A(B, metaclass=C):
    x: int
    def f(self, y):
        self.z = y
        return [y for y in self.z]
""",
    "stars": """\
from a import *
if b:
    from .c import *
from d import e as f
import g.h, i.j as k
l += 1
m: int
n: int = 1
""",
}
"""Name of a case to its source."""

FILES: Final = sorted((ROOT / "matrix").rglob("*.py"))[::4]


def read(text: str) -> Module:
    """Parse a source and collect its scopes."""
    return collect_scopes(text, "a.py", ast.parse(text))


def shape(scope: Scope) -> dict[str, object]:
    """Return the names that a scope binds, each with the kinds and the lines of its bindings in their order."""
    return {
        name: [
            (each.kind, each.origin, each.level, getattr(each.node, "lineno", 0), each.scope.node.__class__)
            for each in bindings
        ]
        for table in (scope.bindings, scope.fields)
        for name, bindings in table.items()
    } | {"*": scope.stars}


def walk(node: ast.AST, around: ast.AST) -> Iterator[tuple[ast.AST, ast.AST, ast.AST]]:
    """Yield each node below a node with its parent and with the node of the scope around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr_context | ast.operator | ast.unaryop | ast.boolop | ast.cmpop):
            continue
        opens = isinstance(node, (ast.ClassDef, *FUNCTIONS, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
        outer = [*getattr(node, "decorator_list", ()), getattr(node, "returns", None)]
        outer += [*getattr(node, "bases", ()), *getattr(node, "keywords", ())] if isinstance(node, ast.ClassDef) else []
        scope = node if opens and child not in outer else around
        yield child, node, scope
        yield from walk(child, scope)


@pytest.mark.parametrize("text", [*SOURCES.values(), *FILES], ids=[*SOURCES, *(path.stem for path in FILES)])
def test_what_is_bound_first_is_what_is_bound_in_the_end(monkeypatch: pytest.MonkeyPatch, text: str | Path) -> None:
    """Check every scope, parent and scope around a node."""
    source = text.read_text(encoding="utf-8") if isinstance(text, Path) else text
    module = read(source)
    before = shape(module.top)
    monkeypatch.setattr("matrix.scan.scopes.may_bind_from_inside", lambda *_: True)
    at_once = read(source)
    assert shape(at_once.top) == before
    assert [shape(scope) for scope in at_once.scopes.values()] == [shape(scope) for scope in module.scopes.values()]
    assert [*map(ast.dump, at_once.parents)] == [*map(ast.dump, module.parents)]
    nodes = list(walk(module.tree, module.tree))
    assert {(child, parent) for child, parent, _ in nodes} == set(module.parents.items())
    assert {child: around for child, _, around in nodes} == {
        node: scope.node for node, scope in module.scope_of.items()
    }


def test_a_file_that_is_imported_is_not_looked_into() -> None:
    """Only its own names are bound."""
    module = read("import a\ndef f(b):\n    c = 1\n    class D: pass\n")
    assert ["a", "f"] == list(module.top.bindings)
    assert not module.is_collected
    assert frozenset({"a"}) == module.imported
    assert not module.is_collected
    assert ["f", "f.D"] == [scope.qualified_name for scope in module.scopes.values() if scope.parent is not None]


def test_the_imported_names_are_those_of_all_scopes() -> None:
    """A relative import names no package."""
    module = read(
        "import a.b as c\nfrom d.e import *\ndef f():\n    from g import h\n    class A:\n        from .i import j\n"
    )
    assert frozenset({"a", "a.b", "d", "d.e.*", "g", "g.h"}) == module.imported
