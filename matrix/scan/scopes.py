"""The scopes of a parsed file: every binding of every name, by Python's rules of scope. Pure.

A name that is bound more than once has several bindings, in the order of the text; the caller decides what that means.

Most files of a project are only imported by others, which look up a few of their names. So the names of a file itself
are bound first, which takes a look at its outer statements; what is in its functions and classes is collected only when
something asks for it. The walks keep a stack of their own, since programs nest deeper than Python nests calls.
"""

import ast
import builtins
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from itertools import accumulate
from typing import Final

import msgspec

from matrix.scan.walks import BINDING, LEAVES, list_children, may_bind_from_inside, walk_statements

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

_OPENING: Final = frozenset({ast.ClassDef, *FUNCTIONS, *COMPREHENSIONS})


class BindingKind(Enum):
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


class Binding(msgspec.Struct, frozen=True, eq=False):
    """One place that binds a name.

    Attributes:
        kind: How the place binds it.
        scope: The scope in which the bound expression is looked up.
        node: The bound expression or definition, or the annotation of a parameter; None if it is not known.
        origin: The dotted name of an import; without the package if the import is relative.
        level: The number of dots before the name of an import.
    """

    kind: BindingKind
    scope: "Scope"
    node: ast.AST | None = None
    origin: str = ""
    level: int = 0


@dataclass(eq=False, repr=False)
class Scope:
    """A module, class, function or comprehension, and the names that it binds.

    Attributes:
        node: The node that opens it.
        parent: The scope around it; None for a module.
        path: The path of its file, which tells it from the scopes of other files.
        bindings: Its bindings by name.
        stars: The modules of its `import *`, with the number of dots before them.
        global_names: The names that are declared global in it.
        fields: The bindings of `self.name` in the methods of a class, by name.
        module: The file, if it is the scope of the file itself.
    """

    node: ast.AST
    parent: "Scope | None"
    path: str
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[tuple[str, int]] = field(default_factory=list)
    global_names: set[str] = field(default_factory=set)
    fields: dict[str, list[Binding]] = field(default_factory=dict)
    module: "Module | None" = None
    _children: dict[ast.AST, "Scope"] = field(default_factory=dict)

    @property
    def children(self) -> dict[ast.AST, "Scope"]:
        """The scopes in it, by the node that opens them."""
        if self.module is not None:
            self.module.collect()
        return self._children

    def clear(self) -> None:
        """Forget everything in it."""
        self.bindings.clear()
        self.fields.clear()
        self._children.clear()
        self.module = None

    @property
    def top(self) -> "Scope":
        """The scope of the module."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    @property
    def enclosing_class(self) -> "Scope | None":
        """The class around it; None if there is none."""
        scope: Scope | None = self
        while scope is not None and not isinstance(scope.node, ast.ClassDef):
            scope = scope.parent
        return scope

    def bind(self, name: str, binding: Binding) -> None:
        """Add a binding; a name that is declared global belongs to the module."""
        target = self.top if name in self.global_names else self
        target.bindings.setdefault(name, []).append(binding)

    def find_bindings(self, name: str) -> list[Binding]:
        """Return the bindings of a name that are visible here; those of a class are visible in its own body only."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings and (scope is self or not isinstance(scope.node, ast.ClassDef)):
                return scope.bindings[name]
            scope = scope.parent
        return []

    @property
    def qualified_name(self) -> str:
        """The name of its function with the classes and functions around it: `Gateway.ask`; empty for a module."""
        names, scope = [], self
        while scope.parent is not None:
            if isinstance(scope.node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names.append(scope.node.name)
            scope = scope.parent
        return ".".join(reversed(names))


class Module:
    """A parsed file.

    Args:
        path: Its path as it is shown.
        text: Its source.
        tree: Its syntax tree.
    """

    def __init__(self, path: str, text: str, tree: ast.Module) -> None:
        self.path = path
        self.text = text
        self.tree = tree
        self.top: Final = Scope(tree, None, path, module=self)
        """The scope of the module itself."""
        self.scope_of: Final = ScopeOf(self)
        """The scope around every node."""
        self.is_collected = False
        """Whether the scopes in it are collected."""
        self._scopes: dict[ast.AST, Scope] = {tree: self.top}
        self._parents: dict[ast.AST, ast.AST] = {}
        self._offsets: dict[int, list[int]] = {}
        self._is_bound = not may_bind_from_inside(tree, text)
        if self._is_bound:
            for node in walk_statements(tree):
                _bind(node, self.top)
        else:
            self.collect()

    @cached_property
    def scopes(self) -> dict[ast.AST, Scope]:
        """Every scope, by the node that opens it."""
        self.collect()
        return self._scopes

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of every node but contexts and operators, which are the same objects everywhere."""
        self.collect()
        return self._parents

    @cached_property
    def imported(self) -> frozenset[str]:
        """The dotted names that it imports anywhere, and the packages that they are of."""
        names: set[str] = set()
        for node in walk_statements(self.tree, inside=True):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
        return frozenset(names.union(name.partition(".")[0] for name in names))

    @cached_property
    def lines(self) -> list[str]:
        """Its lines as the parser counts them: a form feed ends no line."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def _index_of(self, line: int, offset: int) -> int:
        """Return the index of the character at an offset in bytes of a line, from 0."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return min(offset, len(text))
        if line not in self._offsets:
            sizes = (len(character.encode("utf-8", "replace")) for character in text)
            self._offsets[line] = list(accumulate(sizes, initial=0))
        return min(bisect_left(self._offsets[line], offset), len(text))

    def column_of(self, node: ast.stmt | ast.expr | ast.excepthandler | ast.keyword) -> int:
        """Return the column of a node, from 1 in characters; the parser counts bytes from 0."""
        return self._index_of(node.lineno, node.col_offset) + 1

    def code_of(self, node: ast.stmt | ast.expr) -> str:
        """Return the source of a node on one line."""
        last, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        lines = self.lines[node.lineno - 1 : last]
        if not lines:
            return ""
        lines[-1] = lines[-1][: self._index_of(last, end)]
        lines[0] = lines[0][self._index_of(node.lineno, node.col_offset) :]
        return " ".join("\n".join(lines).split())

    def find_ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the ancestors of a node, nearest first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def forget(self) -> None:
        """Free the tree and the scopes, which refer to each other, so that Python would not free them soon."""
        self.is_collected = True
        self.scope_of.clear()
        for scope in self._scopes.values():
            scope.clear()
        self._scopes.clear()
        self._parents.clear()
        self.tree.body.clear()
        self.text = ""
        vars(self).pop("lines", None)

    def collect(self) -> None:
        """Collect the scopes in the file, and the parents of its nodes, unless that is done."""
        if self.is_collected:
            return
        self.is_collected = True
        tree, parents, bound = self.tree, self._parents, self.top if self._is_bound else None
        parents.update(dict.fromkeys(tree.body, tree))
        stack: list[tuple[ast.AST, Scope]] = [(child, self.top) for child in reversed(tree.body)]
        while stack:
            node, scope = stack.pop()
            if scope is not bound and node.__class__ in BINDING:
                _bind(node, scope)
            opens = node.__class__ in _OPENING
            inner, outside = (_open_scope(node, scope), _list_outer_parts(node)) if opens else (scope, ())
            if opens:
                self._scopes[node] = scope.children[node] = inner
            for child in reversed(list_children(node)):
                parents[child] = node
                if child.__class__ not in LEAVES:
                    stack.append((child, scope if child in outside else inner))


def collect_scopes(text: str, path: str, tree: ast.Module) -> Module:
    """Collect the scopes of a parsed file, each when it is first needed."""
    return Module(path, text, tree)


class ScopeOf(Mapping[ast.AST, Scope]):
    """The scope around every node of a file, found when it is asked for.

    Args:
        module: The file.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._known: dict[ast.AST, Scope] = {}

    def __getitem__(self, node: ast.AST) -> Scope:
        if node not in self._known:
            parents, scopes = self._module.parents, self._module.scopes
            nodes, parent = [node], parents[node]
            while parent not in scopes and parent not in self._known:
                nodes.append(parent)
                parent = parents[parent]
            scope = scopes.get(parent) or self._known[parent]
            if nodes[-1] in _list_outer_parts(parent) and scope.parent is not None:
                scope = scope.parent
            self._known.update(dict.fromkeys(nodes, scope))
        return self._known[node]

    def clear(self) -> None:
        """Forget what was found."""
        self._known.clear()

    def __contains__(self, node: object) -> bool:
        return node in self._module.parents

    def __iter__(self) -> Iterator[ast.AST]:
        return iter(self._module.parents)

    def __len__(self) -> int:
        return len(self._module.parents)


def _open_scope(node: ast.AST, scope: Scope) -> Scope:
    """Return the scope that a node opens."""
    inner = Scope(node, scope, scope.path)
    if isinstance(node, FUNCTIONS):
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for parameter in named + [extra for extra in (arguments.vararg, arguments.kwarg) if extra]:
            inner.bind(parameter.arg, Binding(BindingKind.PARAMETER, scope, parameter.annotation))
        for child in node.body if isinstance(node.body, list) else ():
            if isinstance(child, ast.Global):
                inner.global_names.update(child.names)
    return inner


def _list_outer_parts(node: ast.AST) -> tuple[ast.AST, ...]:
    """List the parts of a scope's node that belong to the scope around it."""
    if isinstance(node, ast.ClassDef):
        return (*node.decorator_list, *node.bases, *node.keywords)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return (*node.decorator_list, *([node.returns] if node.returns else []))
    return ()


def _bind(node: ast.AST, scope: Scope) -> None:
    """Add the bindings of a node to its scope."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                origin = alias.name if alias.asname else alias.name.partition(".")[0]
                scope.bind(alias.asname or origin, Binding(BindingKind.IMPORT, scope, node, origin))
        case ast.ImportFrom(module=origin, names=names, level=level):
            for alias in names:
                if alias.name == "*":
                    scope.stars.append((origin or "", level))
                else:
                    dotted = f"{origin}.{alias.name}" if origin else alias.name
                    scope.bind(alias.asname or alias.name, Binding(BindingKind.IMPORT, scope, node, dotted, level))
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                _assign(target, value, scope)
        case ast.AnnAssign(target=target, value=value, annotation=annotation):
            if value is not None:
                _assign(target, value, scope)
            elif isinstance(target, ast.Name):
                scope.bind(target.id, Binding(BindingKind.PARAMETER, scope, annotation))
            else:
                _bind_field(target, Binding(BindingKind.PARAMETER, scope, annotation), scope)
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            scope.bind(name, Binding(BindingKind.ADDED, scope, value))
        case ast.NamedExpr(target=target, value=value):
            while isinstance(scope.node, COMPREHENSIONS) and scope.parent is not None:
                scope = scope.parent
            _assign(target, value, scope)
        case ast.withitem(context_expr=value, optional_vars=ast.AST() as target):
            _assign(target, value, scope, BindingKind.WITH)
        case ast.For(target=target) | ast.AsyncFor(target=target) | ast.comprehension(target=target):
            _assign(target, None, scope)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            scope.bind(name, Binding(BindingKind.OTHER, scope))
        case ast.MatchMapping(rest=str(name)):
            scope.bind(name, Binding(BindingKind.OTHER, scope))
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            scope.bind(name, Binding(BindingKind.FUNCTION, scope, node))
        case ast.ClassDef(name=name):
            scope.bind(name, Binding(BindingKind.CLASS, scope, node))


def _assign(target: ast.AST, value: ast.AST | None, scope: Scope, kind: BindingKind = BindingKind.VALUE) -> None:
    """Bind the names in a target; the value of each is known if both sides are written out."""
    match target:
        case ast.Name(id=name):
            scope.bind(name, Binding(kind if value is not None else BindingKind.OTHER, scope, value))
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            values: list[ast.AST | None] = [None] * len(targets)
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(targets):
                values = list(value.elts)
            for element, part in zip(targets, values, strict=True):
                starred = isinstance(element, ast.Starred) or isinstance(part, ast.Starred)
                _assign(element, None if starred else part, scope, kind)
        case ast.Starred(value=inner):
            _assign(inner, None, scope)
        case ast.Attribute():
            _bind_field(target, Binding(kind if value is not None else BindingKind.OTHER, scope, value), scope)


def _bind_field(target: ast.AST, binding: Binding, scope: Scope) -> None:
    """Bind `self.name`, which a method assigns, in its class."""
    match target:
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) if owner := scope.enclosing_class:
            owner.fields.setdefault(name, []).append(binding)


def is_builtin(name: str) -> bool:
    """Return whether Python has a builtin of this name."""
    return hasattr(builtins, name)
