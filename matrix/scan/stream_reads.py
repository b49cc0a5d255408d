"""Follows the result of a call through a user's source: where a stream is opened, read, or given away. Pure."""

import ast
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from matrix.scan.file_index import (
    FileIndex,
    FunctionNode,
    find_owner,
    is_context_manager,
    name_of_called,
    walk_function,
)
from matrix.scan.references import References
from matrix.scan.referents import OwnObject
from matrix.scan.scopes import FUNCTIONS
from matrix.scan.values import OwnClass, OwnFunction

DEPTH: Final = 6
"""How many functions a stream is followed into as an argument."""

MOST_NAMES: Final = 40
"""How many names are followed that are bound to each other."""

MOST_READS: Final = 50
"""How many places that read a name are followed."""

RAW: Final = "raw"
"""How the bytes or lines of a response are read, of which no client reads the events."""

_RAW: Final = frozenset({"read", "iter_lines", "iter_bytes", "iter_text", "iter_raw", "json", "text"})
_SAME: Final = frozenset({"parse", "__enter__", "__aenter__", "__iter__", "__aiter__"})
"""The methods of a stream, of its manager, or of a raw response, that return the stream."""

_ASIDE: Final = frozenset(
    {"aclose", "close", "closed", "headers", "http_response", "http_request", "on"}
    | {"elapsed", "is_closed", "method", "request_id", "response", "retries_taken", "status_code", "url"}
)
"""The attributes that streams and raw responses have, and that read nothing of the stream."""

_CONSUMERS: Final = frozenset(
    {"list", "tuple", "set", "frozenset", "sorted", "sum", "any", "all", "max", "min", "join", "extend", "deque"}
    | {"next", "anext", "reduce", "Counter", "dict"}
)
"""The functions that read an iterable that they are given."""

_WRAPPERS: Final = frozenset(
    {"iter", "aiter", "enumerate", "zip", "map", "filter", "islice", "chain", "takewhile", "dropwhile", "tee"}
    | {"closing", "aclosing", "enter_context", "enter_async_context", "guard", "cast", "from_iterable"}
    | {"wait_for", "shield", "create_task", "ensure_future", "run", "run_until_complete", "run_coroutine_threadsafe"}
)
"""The functions that return an iterable or an awaitable that behaves like the one that they are given."""

_INDIFFERENT: Final = frozenset(
    {"print", "isinstance", "type", "hasattr", "id", "repr", "str", "bool", "callable"}
    | {"debug", "info", "warning", "error", "exception", "log"}
)
"""The functions that do not read a stream that they are given."""


@dataclass
class StreamUses:
    """What a function does with the result of a call.

    Attributes:
        reads: Each node that reads the result as a stream, and how: `get_final_message`, `text_stream`, ...; empty if
            it iterates the events. A node is in the function of the call.
        deep_reads: The nodes that read it in functions to which it is passed.
        weak_reads: The nodes that read what a function that was not scanned made of it.
        opens: The nodes that await it or enter it with `with`.
        is_message: Whether its attributes are read as those of a message.
        needs_message: Whether an attribute is read after the stream that raises if it had no message.
        returned: Whether the function returns it, or yields it from a context manager.
        passed: Whether it is passed to code that was not scanned.
        is_async: Whether it is awaited, or read by `async for` or `async with`; None if the source does not show it.
    """

    reads: list[tuple[ast.AST, str]] = field(default_factory=list)
    deep_reads: list[ast.AST] = field(default_factory=list)
    weak_reads: list[ast.AST] = field(default_factory=list)
    opens: list[ast.AST] = field(default_factory=list)
    is_message: bool = False
    needs_message: bool = False
    returned: bool = False
    passed: bool = False
    is_async: bool | None = None


class StreamReads:
    """The uses of the results of calls in some files.

    Args:
        references: Resolves the functions to which a result is passed.
    """

    def __init__(self, references: References) -> None:
        self._references = references
        self._uses: dict[ast.AST, StreamUses] = {}

    def trace(self, call: ast.AST) -> StreamUses:
        """Find what the function around a call does with its result."""
        if call not in self._uses:
            self._uses[call] = uses = StreamUses()
            name = name_of_called(call) if isinstance(call, ast.Call) else ""
            opening = self._references.sdk.target.calls.stepwise.get(name, "")
            _Trace(self._references, self._references.find_index(call), uses, opening=opening).follow(call)
        return self._uses[call]


class _Trace:
    """The uses of one result in one file, and in the functions to which it is passed.

    Args:
        references: Resolves functions.
        index: The index of the file.
        uses: Takes the uses.
        depth: How many functions the result was followed into.
        opening: The method of an item of the result that opens a stream; empty if the result is a stream itself.
    """

    def __init__(
        self, references: References, index: FileIndex, uses: StreamUses, depth: int = 0, opening: str = ""
    ) -> None:
        self._references = references
        self._index = index
        self._module = index.module
        self._uses = uses
        self._depth = depth
        self._opening = opening
        self._syntax = references.sdk.target.stream
        self._finals = frozenset({*self._syntax.finals, *self._syntax.others})
        self._followed: set[ast.AST] = set()
        self._nested = 0

    def follow(self, node: ast.AST, how: str = "") -> None:
        """Follow an expression to what is done with its value."""
        if self._nested > MOST_NAMES:
            self._uses.passed = True
            return
        self._nested += 1
        following: tuple[ast.AST, str] | None = (node, how)
        while following is not None and following[0] not in self._followed:
            self._references.work.spend()
            self._followed.add(following[0])
            following = self._step(*following)
        self._nested -= 1

    def _step(self, node: ast.AST, how: str) -> tuple[ast.AST, str] | None:
        """Go to the expression around one; None where its value ends, or is bound to a name."""
        parent = self._module.parents.get(node)
        match parent:
            case ast.Await():
                self._open(parent, is_async=True)
                return parent, how
            case ast.Attribute():
                return self._read_attribute(parent, how)
            case ast.AsyncFor(iter=iterable) if iterable is node and self._opening:
                self._follow_steps(parent, how)
            case ast.For(iter=iterable) | ast.AsyncFor(iter=iterable) if iterable is node:
                self._read(node, how, is_async=isinstance(parent, ast.AsyncFor))
            case ast.comprehension(iter=iterable) if iterable is node:
                return self._read_in_comprehension(parent, how)
            case ast.YieldFrom() | ast.Starred():
                self._read(node, how)
            case ast.Return() | ast.Lambda():
                self._uses.returned = True
            case ast.Yield() if (function := self._index.find_function(node)) and is_context_manager(function):
                self._uses.returned = True
            case ast.Assign(targets=targets):
                for target in targets:
                    self._follow_target(target, parent, how)
            case ast.AnnAssign(target=target):
                self._follow_target(target, parent, how)
            case ast.NamedExpr(target=target):
                self._follow_target(target, parent, how)
                return parent, how
            case ast.withitem():
                self._enter(node, parent, how)
            case ast.Call():
                return self._pass(node, parent, how)
            case ast.keyword() if isinstance(call := self._module.parents.get(parent), ast.Call):
                return self._pass(parent, call, how)
            case ast.IfExp() | ast.BoolOp():
                return parent, how
        return None

    def _follow_steps(self, loop: ast.AsyncFor, how: str) -> None:
        """Follow the streams that a loop over steps opens; if it opens none, its requests are made by the loop."""
        opening, self._opening = self._opening, ""
        name = getattr(loop.target, "id", "")
        self._uses.opens[:] = [loop.iter]
        for step in self._index.names.get(name, ()):
            parent = self._module.parents[step]
            call = self._module.parents[parent]
            if loop not in self._module.find_ancestors(step) or step is loop.target:
                continue
            if isinstance(parent, ast.Attribute) and parent.attr == opening and isinstance(call, ast.Call):
                self._uses.opens.clear()
                self.follow(call, how)
            elif isinstance(parent, ast.Call):
                functions = self._references.find(parent.func, self._module.scope_of[parent])
                self._uses.passed |= any(isinstance(each, OwnFunction) for each in functions)
        self._uses.is_message |= not self._uses.reads

    def _take_step(self, call: ast.Call) -> None:
        """Note that a method takes the next step, which makes a request, and may give a stream or not."""
        self._uses.opens[:] = [call]
        self._uses.passed = self._uses.is_message = True

    def _open(self, node: ast.AST, *, is_async: bool) -> None:
        self._uses.opens.append(node)
        if self._uses.is_async is None:
            self._uses.is_async = is_async

    def _read(self, node: ast.AST, how: str, *, is_async: bool | None = None) -> None:
        self._uses.reads.append((node, how))
        if self._uses.is_async is None:
            self._uses.is_async = is_async

    def _read_attribute(self, node: ast.Attribute, how: str) -> tuple[ast.AST, str] | None:
        parent = self._module.parents.get(node)
        call = parent if isinstance(parent, ast.Call) and parent.func is node else None
        if self._opening and node.attr == "next" and call is not None:
            self._take_step(call)
        elif node.attr in self._finals:
            self._read(call or node, node.attr)
        elif node.attr in self._syntax.texts:  # that of our remedy's guard reads the events
            is_guarded = isinstance(node.value, ast.Call) and name_of_called(node.value) == "guard"
            return call or node, how if is_guarded else node.attr
        elif node.attr in {"__enter__", "__aenter__"} and call is not None:
            self._open(call, is_async=node.attr == "__aenter__")
            return call, how
        elif node.attr in _SAME:
            return (call, how) if call is not None else None
        elif node.attr in {"__next__", "__anext__"}:
            self._read(call or node, how)
        elif call is not None and node.attr in _RAW:
            self._read(call, RAW)
        elif node.attr == self._syntax.snapshot:
            self._uses.needs_message |= not self._is_in_loop(node)
        elif node.attr not in _ASIDE:
            self._uses.is_message = True
        return None

    def _is_in_loop(self, node: ast.AST) -> bool:
        """Return whether a loop is around a node in its function: over the events, it runs only if there are some."""
        for parent in self._module.find_ancestors(node):
            if isinstance(parent, ast.For | ast.AsyncFor | ast.While | ast.comprehension):
                return True
            if isinstance(parent, FUNCTIONS):
                break
        return False

    def _read_in_comprehension(self, node: ast.comprehension, how: str) -> tuple[ast.AST, str] | None:
        """A generator expression reads when it is read itself; any other comprehension reads at once."""
        whole = self._module.parents[node]
        if isinstance(whole, ast.GeneratorExp):
            if node.is_async and self._uses.is_async is None:
                self._uses.is_async = True
            return whole, how
        self._read(whole, how, is_async=bool(node.is_async))
        return None

    # Names.

    def _follow_target(self, target: ast.expr, statement: ast.AST, how: str) -> None:
        """Follow a name, or an attribute of `self`, from its assignment to where the function reads it."""
        if isinstance(target, ast.Name):
            self._follow_name(target, statement, how)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            function = self._index.find_function(target)
            for node in walk_function(function) if function is not None else ():
                match node:
                    case ast.Attribute(value=ast.Name(id=name), attr=attr, ctx=ast.Load()) if (
                        name == target.value.id and attr == target.attr
                    ):
                        self.follow(node, how)

    def _follow_name(self, target: ast.Name, statement: ast.AST, how: str, *, within: ast.AST | None = None) -> None:
        owner = find_owner(self._module.scope_of[target], target.id)
        names = [
            name
            for name in self._index.names.get(target.id, ())
            if find_owner(self._module.scope_of[name], target.id) is owner
        ]
        self._references.work.spend(len(names))
        function = self._index.find_function(target)
        stores = [name for name in names if isinstance(name.ctx, ast.Store) and name is not target]
        for name in [each for each in names if isinstance(each.ctx, ast.Load)][:MOST_READS]:
            if within is not None and within not in self._module.find_ancestors(name):
                continue
            is_near = self._index.find_function(name) is function
            if not (is_near and (_is_before(name, target) or self._is_replaced(statement, name, stores))):
                self.follow(name, how)

    def _is_replaced(self, statement: ast.AST, read: ast.Name, stores: list[ast.Name]) -> bool:
        """Return whether another value is assigned for certain between an assignment and a read."""
        around = {statement, *self._module.find_ancestors(statement)}
        for store in stores:
            if not _is_before(store, read) or not (isinstance(statement, ast.stmt) and _is_before(statement, store)):
                continue
            other: ast.AST = store
            while not isinstance(other, ast.stmt):
                other = self._module.parents[other]
            if other in self._module.find_ancestors(read) or other is statement:
                continue
            parent = self._module.parents[other]
            for block in (getattr(parent, name, None) for name in ("body", "orelse", "finalbody")):
                if isinstance(block, list) and other in block and not around.isdisjoint(block):
                    return True
        return False

    def _enter(self, node: ast.AST, item: ast.withitem, how: str) -> None:
        """Follow a stream that `with` enters: what is done with it happens in the body."""
        statement = self._module.parents[item]
        self._open(node, is_async=isinstance(statement, ast.AsyncWith))
        if isinstance(item.optional_vars, ast.Name):
            self._follow_name(item.optional_vars, statement, how, within=statement)
        elif item.optional_vars is not None:
            self._follow_target(item.optional_vars, statement, how)
        if item.optional_vars is not None and not self._uses.is_message:
            self._uses.weak_reads.append(node)

    # Functions.

    def _pass(self, argument: ast.AST, call: ast.Call, how: str) -> tuple[ast.AST, str] | None:
        """Follow a stream that is passed to a function."""
        if argument is call.func:
            return None
        name = name_of_called(call)
        functions = self._references.find(call.func, self._module.scope_of[call])
        own = next((each for each in functions if isinstance(each, OwnFunction)), None)
        if own is not None and name not in {"enter_context", "enter_async_context"}:
            return self._pass_to_own(argument, call, own, how)
        if name in _CONSUMERS:
            self._read(call, how)
            return None
        if name in _WRAPPERS:
            return call, how
        if name not in _INDIFFERENT:
            is_class = name[:1].isupper() or any(isinstance(each, OwnClass) for each in functions)
            self._pass_outside(call, how, is_class=is_class)
        return None

    def _pass_outside(self, call: ast.Call, how: str, *, is_class: bool) -> None:
        """Follow the result of code that was not scanned: reading it may read the stream, as reading an object does."""
        result = StreamUses()
        if self._depth < DEPTH:
            _Trace(self._references, self._index, result, self._depth + 1).follow(call, how)
        self._uses.weak_reads.extend([*(node for node, _ in result.reads), *result.weak_reads])
        self._uses.returned |= is_class and result.returned
        self._uses.passed |= result.passed or not is_class or result.is_message  # a method of its object may read it

    def _pass_to_own(self, argument: ast.AST, call: ast.Call, own: OwnFunction, how: str) -> tuple[ast.AST, str] | None:
        """Follow a stream into a function that was scanned."""
        index = self._references.find_index(own.node)
        parameter = self._find_parameter(argument, call, own.node)
        inner = StreamUses()
        if parameter is None or self._depth >= DEPTH:
            self._uses.passed = True
            return None
        scope = index.module.scopes[own.node]
        trace = _Trace(self._references, index, inner, self._depth + 1)
        for name in index.names.get(parameter, ()):
            if isinstance(name.ctx, ast.Load) and find_owner(index.module.scope_of[name], parameter) is scope:
                trace.follow(name, how)
        self._uses.deep_reads.extend([*(node for node, _ in inner.reads), *inner.deep_reads])
        self._uses.is_message |= inner.is_message
        self._uses.needs_message |= inner.needs_message
        self._uses.passed |= inner.passed
        if inner.reads and not index.is_generator(own.node):
            self._uses.reads.extend((call, how_read) for _, how_read in inner.reads)
        if inner.reads and index.is_generator(own.node):
            return call, inner.reads[0][1]
        return (call, how) if inner.returned else None

    def _find_parameter(self, argument: ast.AST, call: ast.Call, function: FunctionNode) -> str | None:
        if isinstance(argument, ast.keyword):
            return argument.arg
        if argument not in call.args or isinstance(argument, ast.Starred):
            return None
        around = self._references.find_index(function).module.scope_of[function]
        bound = isinstance(around.node, ast.ClassDef) and isinstance(call.func, ast.Attribute)
        if bound and isinstance(call.func, ast.Attribute):
            bases = self._references.find(call.func.value, self._module.scope_of[call])
            bound = not bases or any(isinstance(base, OwnObject) for base in bases)
        position = call.args.index(argument) + (1 if bound else 0)
        parameters = [*function.args.posonlyargs, *function.args.args]
        return parameters[position].arg if position < len(parameters) else None


def _is_before(first: ast.expr | ast.stmt, second: ast.expr | ast.stmt) -> bool:
    return (first.lineno, first.col_offset) < (second.lineno, second.col_offset)


def contains(nodes: Collection[ast.AST], node: ast.AST, index: FileIndex) -> bool:
    """Return whether a node is one of some nodes or in one of them."""
    return node in nodes or any(ancestor in nodes for ancestor in index.module.find_ancestors(node))
