"""Reads what a program changes after it has made it: what is written first is not what a name stands for. Pure."""

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from matrix.scan.scopes import FUNCTIONS, Binding, BindingKind, Module, Scope
from matrix.scan.values import Instance, OwnClass, Unknown

if TYPE_CHECKING:
    from matrix.scan.resolver import Resolver

_KINDS: Final = frozenset({"list", "set", "dict", "defaultdict", "deque", "OrderedDict", "Counter"})
CHANGING: Final = frozenset(
    {"append", "appendleft", "add", "extend", "insert", "update", "setdefault"}
    | {"pop", "popitem", "remove", "discard", "clear"}
)
"""The methods that change a collection."""

_CONSTRUCTORS: Final = frozenset({"__init__", "__new__", "__post_init__", "__attrs_post_init__"})
_CHANGES: Final = frozenset({ast.Attribute, ast.Subscript, ast.AugAssign, ast.Call})
"""The classes of the nodes that may change something."""


class Changes(NamedTuple):
    """What a file changes.

    Attributes:
        at_top: The collections of the module that its statements change while it is imported, by name.
        in_functions: Those that functions change, or what is passed one of their methods.
        of_objects: The attributes that are collections and are changed.
        set_elsewhere: The attributes that code outside the class sets.
        set_later: The attributes that methods of a class set after the object was made.
    """

    at_top: frozenset[str]
    in_functions: frozenset[str]
    of_objects: frozenset[str]
    set_elsewhere: frozenset[str]
    set_later: frozenset[str]

    @property
    def of_shared(self) -> frozenset[str]:
        """The attributes that an object of the module may have lost since it was made."""
        return self.of_objects | self.set_elsewhere | self.set_later


def find_changes(module: Module) -> Changes:
    """Find what a file changes."""
    at_top, in_functions, of_objects = set[str](), set[str](), set[str]()
    set_elsewhere, set_later = set[str](), set[str]()
    for node in module.parents:
        if node.__class__ not in _CHANGES:
            continue
        is_passed = False
        match node:
            case ast.Attribute(value=changed, attr=method) if method in CHANGING:
                parent = module.parents[node]
                is_passed = not isinstance(parent, ast.Call) or parent.func is not node
            case ast.Subscript(value=changed, ctx=ast.Store() | ast.Del()) | ast.AugAssign(target=changed):
                pass
            case ast.Attribute(value=owner, attr=name, ctx=ast.Store()):
                if not isinstance(owner, ast.Name) or owner.id not in {"self", "cls"}:
                    set_elsewhere.add(name)
                elif getattr(module.scope_of[node].node, "name", "") not in _CONSTRUCTORS:
                    set_later.add(name)
                continue
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str(name)), _]):
                set_elsewhere.add(name)
                continue
            case _:
                continue
        if isinstance(changed, ast.Attribute):
            of_objects.add(changed.attr)
        elif isinstance(changed, ast.Name):
            scope = module.scope_of[node]
            if not _is_in_function(scope) and not is_passed:
                at_top.add(changed.id)
            elif not _is_local(scope, changed.id):
                in_functions.add(changed.id)
    return Changes(*map(frozenset, (at_top, in_functions, of_objects, set_elsewhere, set_later)))


def _is_in_function(scope: Scope | None) -> bool:
    while scope is not None and not isinstance(scope.node, FUNCTIONS):
        scope = scope.parent
    return scope is not None


def _is_local(scope: Scope | None, name: str) -> bool:
    """Return whether a name that is seen from a scope belongs to a function."""
    while scope is not None and scope.parent is not None:
        if name in scope.bindings:
            return True
        scope = scope.parent
    return False


def read_changed(self: "Resolver", bindings: Sequence[Binding], name: str) -> Any:
    """Read a value of a module or of an object that changes after it was made; None if it does not.

    A collection is known if only the statements of the module fill it. Something fills one that is empty at first.
    """
    made = [each.node for each in bindings if each.kind is BindingKind.VALUE and _makes_collection(each.node)]
    scope = bindings[0].scope
    if isinstance(scope.node, FUNCTIONS) and name in scope.bindings:
        return None
    is_of_module = scope.parent is None
    if is_of_module and not made and all(each.kind is not BindingKind.ADDED for each in bindings):
        return None
    changes = self.calls.references.index_of(scope).changes
    unknown = Unknown(f"{name} is changed while the program runs")
    if not is_of_module:
        is_changed = name in changes.set_elsewhere or (made and name in changes.of_objects)
        return unknown if is_changed or any(map(_is_empty, made)) else None
    if name in changes.in_functions:
        return unknown
    if name in changes.at_top:
        return self.run_module(scope).get(name, unknown)
    return unknown if len(bindings) == len(made) == 1 and _is_empty(made[0]) else None


def forget_changed(self: "Resolver", value: Any, scope: Scope | None = None) -> Any:
    """Forget what code that is not run may change of an object of the program, and return the object.

    An object that a function makes is known there, because the function is run; `scope` is where the object is made.
    """
    if isinstance(value, Instance) and isinstance(value.of, OwnClass) and not _is_in_function(scope):
        for name in self.calls.references.index_of(value.of.scope).changes.of_shared.intersection(value.fields):
            value.fields[name] = Unknown(f"{name} is changed while the program runs")
    return value


def _makes_collection(node: ast.AST | None) -> bool:
    """Return whether an expression makes a collection that can be changed."""
    return isinstance(node, ast.List | ast.Set | ast.Dict) or _kind_of(node) in _KINDS


def _is_empty(node: ast.AST | None) -> bool:
    match node:
        case ast.List(elts=items) | ast.Dict(keys=items):
            return not items
        case ast.Call(args=arguments, keywords=keywords):
            return not keywords and (not arguments or _kind_of(node) == "defaultdict")
    return False


def _kind_of(node: ast.AST | None) -> str:
    """Return the last name of a class that is called."""
    match node:
        case ast.Call(func=ast.Name(id=kind) | ast.Attribute(attr=kind)):
            return kind
    return ""
