"""Calls of the SDK in a user's source, and what their source shows of them. Pure."""

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final, TypeAlias

from matrix.scan.file_index import (
    FunctionNode,
    body_of,
    find_argument,
    find_position,
    is_context_manager,
    name_of_called,
    walk_code,
)
from matrix.scan.project import Project
from matrix.scan.references import References
from matrix.scan.referents import ClientMember, OwnObject, PartialCall, Referent
from matrix.scan.scopes import Module, Scope
from matrix.scan.sdk import Sdk
from matrix.scan.sdk_methods import Chain, SdkCall, SdkMethods
from matrix.scan.stream_reads import StreamUses, contains
from matrix.scan.values import DottedName, OwnClass, OwnFunction
from matrix.scan.work import Work

DEPTH: Final = 5
"""How many functions are followed into each other in search of a call."""

MOST_CHAINS: Final = 8
"""How often a function that leads to a call is searched: it may stream for one of its callers only."""

MOST_READERS: Final = 20
"""How many calls are looked at through which one stream goes."""

Entered: TypeAlias = tuple[FunctionNode, frozenset[tuple[str, tuple[Referent, ...]]]]
"""A function with the functions that its parameters are."""

_CALLERS: Final = frozenset(
    {"to_thread", "run_in_executor", "submit", "run_sync", "run_in_threadpool", "retry_call", "run", "start_soon"}
)
"""The functions of well-known libraries that call a function that they are given."""


class SdkCalls:
    """The calls of the SDK in one file.

    Args:
        sdk: The SDK.
        module: The file.
        project: The files that are scanned with it.
        work: The work of judging the file so far.
        uses_sdk: Whether the file uses the SDK; only then is a client recognised by the methods that are called on it.
    """

    def __init__(self, sdk: Sdk, module: Module, project: Project, work: Work, *, uses_sdk: bool) -> None:
        self._sdk = sdk
        self._module = module
        self._work = work
        self.references = References(sdk, module, project, work)
        self._methods = SdkMethods(sdk, self.references, uses_sdk=uses_sdk)
        self._reads = self._methods.reads
        self._registered: set[ast.AST | None] = set()
        self._calls_by_reader: dict[ast.AST, dict[SdkCall, None]] = {}
        self._calls_inside: dict[ast.AST, list[ast.Call]] = {}
        self._entered: dict[tuple[ast.Call, tuple[Referent, ...]], list[Entered]] = {}
        self._barren: set[Entered] = set()
        """The functions that lead to no call of the SDK."""
        self._cuts = 0
        """How often a search did not enter a function, so that its result says nothing of others."""
        self._with_bodies: dict[tuple[ast.AST, ...], dict[ast.AST, None]] = {}

    @property
    def top(self) -> Scope:
        """The scope of the file."""
        return self._module.top

    def trace(self, node: ast.AST) -> StreamUses:
        """Find what the function around a call does with its result."""
        return self._reads.trace(node)

    def describe(self, node: ast.Call) -> SdkCall | None:
        """Describe a call; None if it is no call of the SDK."""
        return self._methods.describe(node)

    # Calls in some code.

    @cached_property
    def all_calls(self) -> list[SdkCall]:
        """The calls of the SDK that are written in the file."""
        calls = self.references.index_of(self._module.top).calls
        self._work.spend(len(calls) // 10)
        return [call for node in calls if (call := self.describe(node)) is not None]

    def find_sdk_calls(self, nodes: Iterable[ast.AST], *, follow: bool = True) -> list[SdkCall]:
        """Find the calls of the SDK in some code; with `follow`, also in the functions that it calls.

        The `yield` of a context manager stands for the code of the file that runs inside it.
        """
        return list(self._search(self._add_bodies(nodes), (), {}, {}, follow=follow))

    def find_bodies(self, manager: ast.AST) -> list[ast.AST]:
        """Find the statements of the file that run inside a context manager: a function or a class."""
        index = self.references.index_of(self._module.top)
        scope_of = self._module.scope_of
        bodies: list[ast.AST] = []
        for manager_made, inside in index.managed:
            if self._makes(manager_made, scope_of[manager_made], manager):
                bodies.extend(inside)
        return bodies

    def _makes(self, expression: ast.expr, scope: Scope, manager: ast.AST) -> bool:
        """Return whether an expression calls a function, or makes an object of a class."""
        referents: tuple[Referent, ...] = self.references.find(expression, scope)
        if isinstance(expression, ast.Call):
            referents = (*referents, *self.references.find(expression.func, scope))
        nodes = {each.own.node if isinstance(each, OwnObject) else getattr(each, "node", None) for each in referents}
        return manager in nodes

    def _add_bodies(self, nodes: Iterable[ast.AST]) -> dict[ast.AST, None]:
        """Add the code that runs inside a context manager to code that has its `yield`, in their order."""
        inside = tuple(nodes)
        if inside not in self._with_bodies:
            added: list[ast.AST] = []
            for function in dict.fromkeys(self.find_function(node) for node in inside):
                if function is not None and is_context_manager(function):
                    parts = (part for node in inside for part in ast.walk(node))
                    added += self.find_bodies(function) if any(isinstance(part, ast.Yield) for part in parts) else []
            self._with_bodies[inside] = dict.fromkeys((*inside, *added))
        return self._with_bodies[inside]

    def _search(
        self,
        nodes: Iterable[ast.AST],
        via: Chain,
        left: dict[Entered, int],
        passed: dict[str, tuple[Referent, ...]],
        *,
        follow: bool,
    ) -> Iterator[SdkCall]:
        """Search some code.

        Args:
            nodes: The code.
            via: The calls that lead to it.
            left: How often each function is still entered.
            passed: The functions that the parameters of this code are.
            follow: Whether functions are entered.
        """
        for node in self._walk_calls(nodes):
            call = self._describe_passed(node, passed, via) or self._methods.describe(node, via)
            if call is not None:
                yield call
            if (call := self._describe_helper(node, via)) is not None:
                yield call
            if not follow or len(via) >= DEPTH:
                self._cuts += 1
                continue
            for key in self._find_entered(node, passed):
                if key in self._barren:
                    continue
                if left.setdefault(key, MOST_CHAINS) < 1 or self._is_recursive(key[0], (*via, node)):
                    self._cuts += 1
                    continue
                left[key] -= 1
                before = self._cuts
                calls = list(self._search(body_of(key[0]), (*via, node), left, dict(key[1]), follow=True))
                yield from calls
                if not calls:
                    left[key] = 0
                if not calls and self._cuts == before:
                    self._barren.add(key)

    def _is_recursive(self, function: FunctionNode, chain: Chain) -> bool:
        """Return whether one of the calls that lead to a function is in that function."""
        return any(self.find_function(each) is function for each in chain)

    def _walk_calls(self, nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
        """Yield the calls in some code, except in functions that it only defines."""
        for node in reversed(list(nodes)):
            if node not in self._calls_inside:
                inside = list(walk_code([node]))
                self._work.spend(len(inside) // 10)
                self._calls_inside[node] = [each for each in inside if isinstance(each, ast.Call)]
            yield from self._calls_inside[node]

    def _describe_passed(self, node: ast.Call, passed: dict[str, tuple[Referent, ...]], via: Chain) -> SdkCall | None:
        """Describe the call of a parameter to which the caller gives a method of a client."""
        if not passed or not isinstance(node.func, ast.Name):
            return None
        described = (self._methods.describe_method(node, each, via) for each in passed.get(node.func.id, ()))
        return next((call for call in described if call is not None), None)

    def _describe_helper(self, node: ast.Call, via: Chain) -> SdkCall | None:
        """Describe the call of a helper, such as `asyncio.to_thread`, to which a method of a client is passed."""
        if name_of_called(node) not in _CALLERS:
            return None
        scope = self.references.scope_of(node)
        for argument in node.args[:2]:
            for referent in self.references.find(argument, scope):
                if (call := self._methods.describe_method(node, referent, via)) is not None:
                    return replace(call, is_async=False)
        return None

    def _find_entered(self, node: ast.Call, passed: dict[str, tuple[Referent, ...]]) -> list[Entered]:
        """Find the functions of the scanned files that a call enters; `passed` has those that parameters are."""
        known = passed.get(node.func.id, ()) if isinstance(node.func, ast.Name) else ()
        if (node, known) not in self._entered:
            functions = self._find_own_functions(node, known)
            self._entered[node, known] = [(each, self._find_passed(node, each)) for each in functions]
        return self._entered[node, known]

    def _find_own_functions(self, node: ast.Call, known: tuple[Referent, ...]) -> Iterator[FunctionNode]:
        """Find the functions of the scanned files that a call runs: what it calls, or passes to a helper."""
        scope = self.references.scope_of(node)
        referents: list[Referent] = []
        if isinstance(node.func, ast.Name | ast.Attribute | ast.Call):
            referents.extend(known or self.references.find(node.func, scope))
        if name_of_called(node) in _CALLERS:
            referents.extend(each for argument in node.args[:2] for each in self.references.find(argument, scope))
        for referent in referents:
            target = referent.target if isinstance(referent, PartialCall) else referent
            if isinstance(target, OwnFunction):
                yield target.node
            elif isinstance(target, OwnClass):
                yield from self._find_constructors(target)

    def _find_constructors(self, own: OwnClass) -> Iterator[FunctionNode]:
        for statement in own.node.body:
            if isinstance(statement, ast.FunctionDef) and statement.name in {"__init__", "__post_init__"}:
                yield statement

    def _find_passed(self, call: ast.Call, function: FunctionNode) -> frozenset[tuple[str, tuple[Referent, ...]]]:
        """Find the functions that a call passes to the parameters that another function calls."""
        passed: dict[str, tuple[Referent, ...]] = {}
        called = {name_of_called(each) for each in self._walk_calls(body_of(function))}
        scope = self.references.scope_of(call)
        around = self.references.scope_of(function)
        bound = isinstance(around.node, ast.ClassDef) and isinstance(call.func, ast.Attribute)
        for parameter in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
            argument = find_argument(call, parameter.arg, find_position(function, parameter.arg, is_bound=bound))
            if parameter.arg in called and isinstance(argument, ast.Name | ast.Attribute | ast.Lambda | ast.Call):
                referents = self.references.find(argument, scope)
                kinds = ClientMember | PartialCall | OwnFunction
                if functions := tuple(each for each in referents if isinstance(each, kinds)):
                    passed[parameter.arg] = functions
        return frozenset(passed.items())

    # Where requests are made and streams are read.

    def find_streams_read(self, nodes: Iterable[ast.AST]) -> list[SdkCall]:
        """Find the calls outside some code whose stream is read inside it."""
        inside = self._add_bodies(nodes)
        for node in inside:
            self._register_calls(self.find_function(node))
        calls = {call: None for node in inside for call in self._calls_by_reader.get(node, ())}
        read = {
            call.node: call
            for call in calls
            if not self._is_inside((*call.via, call.node)[0], inside)
            and (self.read_inside(call, inside) or self._is_read_deep(call, inside))
        }
        return list(read.values())

    def _register_calls(self, function: ast.AST | None) -> None:
        """Register the calls of the file, and those to which a function leads, by the code that reads their streams."""
        if function in self._registered:
            return
        calls = self.find_sdk_calls(body_of(function)) if function is not None else []
        for call in calls if self._registered else [*self.all_calls, *calls]:
            for each in (*call.via, call.node) if call.streams is not False else ():
                uses = self._reads.trace(each)
                for site in (*(node for node, _ in uses.reads), *uses.weak_reads, *uses.deep_reads):
                    for node in (site, *self.references.find_index(site).module.find_ancestors(site)):
                        self._calls_by_reader.setdefault(node, {})[call] = None
        self._registered.add(function)

    def _is_read_deep(self, call: SdkCall, nodes: Collection[ast.AST]) -> bool:
        chain = (*call.via, call.node)
        return any(self._is_inside(node, nodes) for each in chain for node in self._reads.trace(each).deep_reads)

    def read_inside(self, call: SdkCall, nodes: Iterable[ast.AST]) -> bool | None:
        """Return whether the stream that a call opens is read inside some code; None if the source does not show it.

        Args:
            call: A call from `find_sdk_calls` of that code, or of code around it.
            nodes: The code: statements or expressions.
        """
        if call.is_whole:
            return self.opened_inside(call, nodes)
        chain = (*call.via, call.node)
        return self._is_read_inside(chain, len(chain) - 1, self._add_bodies(nodes))

    def _is_read_inside(self, chain: tuple[ast.Call, ...], position: int, inside: Collection[ast.AST]) -> bool | None:
        """Return whether the stream that a call of a chain returns is read inside some code."""
        uses = self._reads.trace(chain[position])
        if position == 0:
            return self._is_used_inside(chain[0], inside)
        if uses.reads or uses.weak_reads:
            return self._runs_inside(chain, position, inside)
        if uses.returned:
            return self._is_read_inside(chain, position - 1, inside)
        return None if uses.passed else False

    def _runs_inside(self, chain: tuple[ast.Call, ...], position: int, inside: Collection[ast.AST]) -> bool | None:
        """Return whether the function around a call of a chain runs inside some code.

        The body of a generator runs where its result is iterated.
        """
        while position > 0:
            index = self.references.find_index(chain[position])
            function = index.find_function(chain[position])
            position -= 1
            if function is not None and index.is_generator(function) and not is_context_manager(function):
                return self._is_read_inside(chain, position, inside)
        return self._is_inside(chain[0], inside)

    def _is_used_inside(self, call: ast.Call, inside: Collection[ast.AST]) -> bool | None:
        uses = self._reads.trace(call)
        sites = [*(node for node, _ in uses.reads), *uses.weak_reads]
        if any(self._is_inside(node, inside) for node in sites):
            return True
        return None if uses.passed and not sites else False

    def opened_inside(self, call: SdkCall, nodes: Iterable[ast.AST]) -> bool:
        """Return whether the request of a call is made inside some code.

        A manager makes it when it is entered, a coroutine when it is awaited, and a generator when it is iterated.

        Args:
            call: A call from `find_sdk_calls` of that code, or of code around it.
            nodes: The code: statements or expressions.
        """
        inside = self._add_bodies(nodes)
        chain = (*call.via, call.node)
        position = len(chain) - 1
        while position > 0 and call.sends_later:
            uses = self._reads.trace(chain[position])
            if uses.opens or uses.reads or not uses.returned:
                break
            position -= 1
        if position > 0:
            return self._runs_inside(chain, position, inside) is not False
        if call.sends_later:
            uses = self._reads.trace(chain[0])
            sites = [node for node, _ in uses.reads]
            sites = sites if call.is_lazy and sites else [*uses.opens, *sites]
            if sites or uses.returned:
                return any(self._is_inside(node, inside) for node in sites)
        return self._is_inside(chain[0], inside)

    def find_function(self, node: ast.AST) -> FunctionNode | None:
        """Find the function around a node; None at the top of a file."""
        return self.references.find_index(node).find_function(node)

    def find_readers(self, call: SdkCall) -> list[ast.AST]:
        """Find the functions, or the file's top, through which the stream of a call goes; none if nothing reads it.

        They are the function of the call, its callers, and the functions to which the stream is passed.
        """
        functions: dict[ast.AST, None] = {}
        pending, entered, is_read = [call.node], set[ast.AST](), call.is_whole
        while pending and len(entered) < MOST_READERS:
            node = pending.pop()
            entered.add(node)
            uses = self._reads.trace(node)
            is_read = is_read or bool(uses.reads or uses.weak_reads)
            index = self.references.find_index(node)
            function = index.find_function(node)
            for reader in (node, *uses.deep_reads):
                around = self.find_function(reader) or self.references.find_index(reader).module.tree
                functions.setdefault(around)
            if function is not None and index.gives_value(function):
                pending.extend(each for each in self.references.find_callers(function) if each not in entered)
        return list(functions) if is_read else []

    def _is_inside(self, node: ast.AST, inside: Collection[ast.AST]) -> bool:
        return contains(inside, node, self.references.find_index(node))

    def find_clients_with_retries(self) -> Iterator[tuple[ast.Call, ast.keyword]]:
        """Find the calls that give a client `max_retries`, each with that argument."""
        for node in self.references.index_of(self._module.top).calls:
            argument = next((keyword for keyword in node.keywords if keyword.arg == "max_retries"), None)
            if argument is not None and self._makes_client(node):
                yield node, argument

    def _makes_client(self, node: ast.Call) -> bool:
        for referent in self.references.find(node.func, self.references.scope_of(node)):
            match referent:
                case ClientMember(path=("with_options" | "copy",)):
                    return True
                case DottedName(name) if self._sdk.is_client(name):
                    return True
        return False
