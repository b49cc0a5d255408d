"""Which name means what, by Python's rules of scope: every binding of every name of a module. Pure.

A name that is bound more than once has several bindings, in the order of the text; who asks decides what that means.
The walk keeps a stack of its own, for real programs nest expressions deeper than Python's.
"""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from typing import Final

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Kind(Enum):
    """How a name is bound."""

    IMPORT = auto()
    VALUE = auto()
    ADDED = auto()
    """By `+=` or `|=`."""
    WITH = auto()
    FUNCTION = auto()
    CLASS = auto()
    PARAMETER = auto()
    OTHER = auto()


@dataclass(frozen=True, eq=False, slots=True)
class Binding:
    """One place that binds a name.

    Attributes:
        kind: How.
        scope: Where what is bound is looked up.
        node: What is bound: an expression, a definition, or the annotation of a parameter; None if that is not known.
        origin: Of an import: the dotted name; of a relative one, without its package.
        level: Of an import: how many dots stand before it.
    """

    kind: Kind
    scope: "Scope"
    node: ast.AST | None = None
    origin: str = ""
    level: int = 0


@dataclass(eq=False)
class Scope:
    """A module, class, function or comprehension, and the names that it binds.

    Attributes:
        node: What it is.
        parent: What it stands in.
        path: Of the file, so that what comes from another one is known.
        bindings: By name.
        stars: The modules of which everything was imported, with the number of dots before them.
        elsewhere: Names that are declared global or nonlocal.
        fields: Of a class: what its methods assign to `self.name`.
        children: The scopes in it, by the node that opens them.
    """

    node: ast.AST
    parent: "Scope | None"
    path: str
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[tuple[str, int]] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    fields: dict[str, list[Binding]] = field(default_factory=dict)
    children: dict[ast.AST, "Scope"] = field(default_factory=dict)

    @property
    def top(self) -> "Scope":
        """The module."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    @property
    def enclosing_class(self) -> "Scope | None":
        """The class whose method this is in."""
        scope: Scope | None = self
        while scope is not None and not isinstance(scope.node, ast.ClassDef):
            scope = scope.parent
        return scope

    def bind(self, name: str, binding: Binding) -> None:
        """Add a binding; one that is declared global belongs to the module."""
        target = self.top if name in self.elsewhere else self
        target.bindings.setdefault(name, []).append(binding)

    def find(self, name: str) -> list[Binding]:
        """The bindings of a name as it is seen from here; a class is seen from its own body only."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings and (scope is self or not isinstance(scope.node, ast.ClassDef)):
                return scope.bindings[name]
            scope = scope.parent
        return []

    @property
    def qualified_name(self) -> str:
        """The function it is, with what that stands in: `Gateway.ask`; empty for a module."""
        names, scope = [], self
        while scope.parent is not None:
            if isinstance(scope.node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names.append(scope.node.name)
            scope = scope.parent
        return ".".join(reversed(names))


@dataclass(eq=False)
class Module:
    """A file that was parsed.

    Attributes:
        path: As it is shown.
        text: Its source.
        tree: The same, parsed.
        scopes: Every scope, by the node that opens it.
        parents: What every node stands in.
        scope_of: The scope in which every statement, handler and call stands.
    """

    path: str
    text: str
    tree: ast.Module
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    scope_of: dict[ast.AST, Scope] = field(default_factory=dict)

    @property
    def top(self) -> Scope:
        """The scope of the module itself."""
        return self.scopes[self.tree]

    @cached_property
    def imported_roots(self) -> frozenset[str]:
        """The packages that are imported, wherever they are."""
        return frozenset(
            name.partition(".")[0]
            for scope in self.scopes.values()
            for name in (
                *(origin for origin, level in scope.stars if not level),
                *(
                    one.origin
                    for found in scope.bindings.values()
                    for one in found
                    if one.kind is Kind.IMPORT
                    if not one.level
                ),
            )
        )

    @cached_property
    def lines(self) -> list[str]:
        """As the parser counts them: form feeds and the like end none."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def column(self, node: ast.stmt | ast.expr | ast.excepthandler | ast.keyword) -> int:
        """From 1, in characters; the parser counts bytes from 0."""
        line = self.lines[node.lineno - 1] if node.lineno <= len(self.lines) else ""
        return len(line.encode("utf-8", "replace")[: node.col_offset].decode("utf-8", "replace")) + 1

    def code(self, node: ast.stmt | ast.expr) -> str:
        """What stands there, on one line."""
        last, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        lines = [line.encode("utf-8", "replace") for line in self.lines[node.lineno - 1 : last]]
        if not lines:
            return ""
        lines[-1] = lines[-1][:end]
        lines[0] = lines[0][node.col_offset :]
        return " ".join(b"\n".join(lines).decode("utf-8", "replace").split())

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, from the inside."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent


def read(text: str, path: str, tree: ast.Module) -> Module:
    """A module with all its scopes."""
    module = Module(path, text, tree)
    top = Scope(tree, None, path)
    module.scopes[tree] = top
    stack: list[tuple[ast.AST, Scope]] = [(child, top) for child in reversed(tree.body)]
    module.parents.update(dict.fromkeys(tree.body, tree))
    while stack:
        node, scope = stack.pop()
        module.scope_of[node] = scope
        _bind(node, scope)
        inner = _inner(node, scope)
        if inner is not scope:
            module.scopes[node] = inner
            scope.children[node] = inner
        outside = _outside(node) if inner is not scope else ()
        children = list(ast.iter_child_nodes(node))
        for child in reversed(children):
            module.parents[child] = node
            stack.append((child, scope if child in outside else inner))
    return module


def _inner(node: ast.AST, scope: Scope) -> Scope:
    """The scope that a node opens for what is in it."""
    if not isinstance(node, (ast.ClassDef, *FUNCTIONS, *COMPREHENSIONS)):
        return scope
    inner = Scope(node, scope, scope.path)
    if isinstance(node, FUNCTIONS):
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for one in named + [extra for extra in (arguments.vararg, arguments.kwarg) if extra]:
            inner.bind(one.arg, Binding(Kind.PARAMETER, scope, one.annotation))
        for child in node.body if isinstance(node.body, list) else ():
            if isinstance(child, ast.Global):
                inner.elsewhere.update(child.names)
    return inner


def _outside(node: ast.AST) -> tuple[ast.AST, ...]:
    """The parts of a scope's node that are looked up where it stands."""
    if isinstance(node, ast.ClassDef):
        return (*node.decorator_list, *node.bases, *node.keywords)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return (*node.decorator_list, *([node.returns] if node.returns else []))
    return ()


def _bind(node: ast.AST, scope: Scope) -> None:
    """Bind what a node binds."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                origin = alias.name if alias.asname else alias.name.partition(".")[0]
                scope.bind(alias.asname or origin, Binding(Kind.IMPORT, scope, node, origin))
        case ast.ImportFrom(module=origin, names=names, level=level):
            for alias in names:
                if alias.name == "*":
                    scope.stars.append((origin or "", level))
                else:
                    dotted = f"{origin}.{alias.name}" if origin else alias.name
                    scope.bind(alias.asname or alias.name, Binding(Kind.IMPORT, scope, node, dotted, level))
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                _assign(target, value, scope)
        case ast.AnnAssign(target=target, value=value, annotation=annotation):
            if value is not None:
                _assign(target, value, scope)
            elif isinstance(target, ast.Name):
                scope.bind(target.id, Binding(Kind.PARAMETER, scope, annotation))
            else:
                _field(target, Binding(Kind.PARAMETER, scope, annotation), scope)
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            scope.bind(name, Binding(Kind.ADDED, scope, value))
        case ast.NamedExpr(target=target, value=value):
            while isinstance(scope.node, COMPREHENSIONS) and scope.parent is not None:
                scope = scope.parent
            _assign(target, value, scope)
        case ast.withitem(context_expr=value, optional_vars=ast.AST() as target):
            _assign(target, value, scope, Kind.WITH)
        case ast.For(target=target) | ast.AsyncFor(target=target) | ast.comprehension(target=target):
            _assign(target, None, scope)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            scope.bind(name, Binding(Kind.OTHER, scope))
        case ast.MatchMapping(rest=str(name)):
            scope.bind(name, Binding(Kind.OTHER, scope))
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            scope.bind(name, Binding(Kind.FUNCTION, scope, node))
        case ast.ClassDef(name=name):
            scope.bind(name, Binding(Kind.CLASS, scope, node))


def _assign(target: ast.AST, value: ast.AST | None, scope: Scope, kind: Kind = Kind.VALUE) -> None:
    """Bind the names in a target; what a part of it gets is known where both sides are written out."""
    match target:
        case ast.Name(id=name):
            scope.bind(name, Binding(kind if value is not None else Kind.OTHER, scope, value))
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            values: list[ast.AST | None] = [None] * len(targets)
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(targets):
                values = list(value.elts)
            for one, part in zip(targets, values, strict=True):
                starred = isinstance(one, ast.Starred) or isinstance(part, ast.Starred)
                _assign(one, None if starred else part, scope, kind)
        case ast.Starred(value=inner):
            _assign(inner, None, scope)
        case ast.Attribute():
            _field(target, Binding(kind if value is not None else Kind.OTHER, scope, value), scope)


def _field(target: ast.AST, binding: Binding, scope: Scope) -> None:
    """Keep what a method assigns to `self.name`, with its class."""
    match target:
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) if owner := scope.enclosing_class:
            owner.fields.setdefault(name, []).append(binding)


def is_builtin(name: str) -> bool:
    """Whether a name that nothing binds is one of Python's own."""
    return hasattr(builtins, name)
