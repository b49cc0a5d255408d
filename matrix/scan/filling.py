"""Runs what changes a collection that a function made, or that belongs to an object which it made. Pure."""

import ast
from typing import TYPE_CHECKING, Any

from matrix.scan.changed import CHANGING
from matrix.scan.values import (
    DottedName,
    Instance,
    NoTuple,
    OwnClass,
    Unknown,
    collect,
    flatten,
    is_of_error,
    is_unknown,
)
from matrix.scan.wording import unparse_short

if TYPE_CHECKING:
    from matrix.scan.block import Block


def run_change(block: "Block", node: ast.Call) -> bool:
    """Run a method that changes a collection whose items are known; return whether a call is one."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in CHANGING:
        return False
    target = node.func.value
    collection = _read(block, target)
    if not isinstance(collection, tuple | frozenset | dict):
        return False
    given = [block.evaluate(each) for each in node.args]
    changed = None if node.keywords else _change(collection, node.func.attr, given)
    block.assign(target, _forget(target, collection, *given) if changed is None else changed)
    return True


def set_item(block: "Block", target: ast.expr, key: Any, value: Any) -> None:
    """Set an item of a collection; if the scan can't, what it is then is unknown."""
    collection = _read(block, target)
    if isinstance(collection, dict) and isinstance(key, str | int | DottedName | OwnClass):
        block.assign(target, {**collection, key: value})
    elif collection is not None:
        block.assign(target, _forget(target, collection, value))


def delete_item(block: "Block", target: ast.expr) -> None:
    """Delete an item of a collection, which is unknown then."""
    if (collection := _read(block, target)) is not None:
        block.assign(target, _forget(target, collection))


def _read(block: "Block", target: ast.expr) -> Any:
    """Return the collection that a name of the function, or an attribute of its object, has; None if it has none."""
    match target:
        case ast.Name(id=name):
            return block.env.get(name)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            owner = block.env.get(name)
            own = owner.fields.get(attribute) if isinstance(owner, Instance) else None
            return block.env.get(f"{name}.{attribute}", own)
    return None


def _forget(target: ast.expr, *values: Any) -> Unknown:
    return Unknown(f"{unparse_short(target)} is changed", is_of_error(*values))


def _change(collection: Any, method: str, given: list[Any]) -> Any:
    """Return a collection after a call of a method that changes it; None if that can't be known."""
    match collection, method, given:
        case dict(), "update", [dict() as more]:
            return {**collection, **more}
        case dict(), _, _:
            return None
        case _, "append" | "add", [item]:
            items = [*collection, item]
        case _, "extend" | "update", [more]:
            items = [*collection, *flatten(more)]
        case _, "remove" | "discard", [item] if not is_unknown((collection, item)):
            items = [each for each in collection if each != item]
        case _, "clear", []:
            items = []
        case _:
            return None
    return collect(frozenset(items) if isinstance(collection, frozenset) else NoTuple(items))
