"""Describes single calls of the SDK: the client, the surface, and whether they stream. Pure."""

import ast
import itertools
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from matrix.scan.call_options import name_unmeasured
from matrix.scan.file_index import find_owner
from matrix.scan.references import References
from matrix.scan.referents import UNKNOWN_CLIENT, ClientMember, OwnObject, PartialCall, Referent
from matrix.scan.scopes import BindingKind, Scope
from matrix.scan.sdk import Sdk
from matrix.scan.stream_arguments import StreamArgument, StreamArguments
from matrix.scan.stream_reads import RAW, StreamReads, StreamUses
from matrix.targets.names import StreamSyntax
from matrix.targets.target import Target

DEPTH: Final = 5
"""How many functions that return a stream to each other are followed."""

_NO_REQUEST: Final = frozenset({"with_options", "copy", "close", "is_closed", "platform_headers", "user_agent"})
"""The methods of a client, and of its resources, that send nothing."""

_ACCESSORS: Final = frozenset({"get", "items", "keys", "lower", "startswith", "append", "format", "values"})

Chain: TypeAlias = tuple[ast.Call, ...]
"""Calls of the user's functions, each of which leads to the next one, outermost first."""

_STREAM_ARGUMENT: Final = {StreamArgument.ABSENT: False, StreamArgument.FALSE: False, StreamArgument.TRUE: True}


@dataclass(frozen=True)
class SdkCall:
    """A call of the SDK.

    Attributes:
        node: The call.
        client: The class of its client if that is not first-party: `AnthropicBedrock`; empty if it is, or if the
            source does not show it.
        path: The names of its method from the client on: `messages.stream`.
        surface: The surface that it uses, without `-async`, by the method and by how the stream is read:
            `messages.stream.get_final_message`; empty if no surface is measured, as of `models.list`.
        streams: Whether it reads a stream; None if the source does not show it.
        is_async: Whether it is asynchronous; None if the source does not show it.
        retries: Whether its client repeats failed requests by itself; None if the source does not show it.
        final: The method that asks for the whole message after the events were iterated; empty if none does.
        via: The calls of the user's functions that lead to it from the code in which it was searched, outermost first.
        is_raw: Whether its response is read as bytes or lines, so that no event raises anything.
        is_lazy: Whether it sends nothing before its stream is iterated, though it may be awaited before.
        is_manager: Whether its result sends the request when `with` enters it.
        is_eager: Whether its stream is read up to the beginning of the answer when it is opened.
        is_whole: Whether it reads its stream itself, if it reads one, and returns the whole answer.
        made: What makes the object of it of a client, such as `model.with_retry()`; None if it is called on a client.
        unmeasured: What of it was not measured on any release, such as `completion(num_retries=...)`; empty if nothing.
    """

    node: ast.Call
    client: str
    path: str
    surface: str
    streams: bool | None
    is_async: bool | None
    retries: bool | None = None
    final: str = ""
    via: tuple[ast.Call, ...] = ()
    is_raw: bool = False
    is_lazy: bool = False
    is_manager: bool = False
    is_eager: bool = False
    is_whole: bool = False
    made: ast.AST | None = None
    unmeasured: str = ""

    @property
    def sends_later(self) -> bool:
        """Whether it may send its request after it returned: its result is awaited, entered or iterated for that."""
        return bool(self.is_async) or self.is_lazy or self.is_manager


class SdkMethods:
    """The methods of the SDK's clients in a file, and in the files that it imports.

    Args:
        sdk: The SDK.
        references: Resolves the names of the file.
        uses_sdk: Whether the file uses the SDK; only then is a client recognised by the methods that are called on it.
    """

    def __init__(self, sdk: Sdk, references: References, *, uses_sdk: bool) -> None:
        self._sdk = sdk
        self._guess = uses_sdk and not sdk.target.calls.is_known_only
        self.references = references
        self.reads = StreamReads(references)
        self._arguments = StreamArguments(references)
        syntax = sdk.target.calls
        imported = set() if syntax.of_module.isdisjoint(syntax.own) else {BindingKind.IMPORT}
        self._callable = {BindingKind.VALUE, BindingKind.PARAMETER} | imported
        """How names are bound that may be methods of a client."""
        self._of_call: dict[ast.Call, ClientMember | None] = {}
        self._described: dict[tuple[ast.Call, Chain], SdkCall | None] = {}

    def describe(self, node: ast.Call, via: Chain = ()) -> SdkCall | None:
        """Describe a call, as the calls that lead to it make it; None if it is no call of the SDK."""
        if node not in self._of_call:
            self._of_call[node] = self._find_method(node, self.references.scope_of(node))
        method = self._of_call[node]
        if method is not None and (node, via) not in self._described:
            referents = self.references.find(node.func, self.references.scope_of(node))
            partial = next((each for each in referents if isinstance(each, PartialCall)), None)
            self._described[node, via] = self._describe(node, method, partial, via)
        return self._described[node, via] if method is not None else None

    def _find_method(self, node: ast.Call, scope: Scope) -> ClientMember | None:
        """Find the method of a client that a call calls, if it sends a request."""
        if not self._may_be_method(node.func, scope):
            return None
        referents = self.references.find(node.func, scope)
        members = [member for each in referents if (member := _unwrap(each)) and self._sends_request(member.path)]
        if members:
            chosen = next((member for member in members if not member.client.name), members[0])
            retries, streams = ({getattr(each.client, name) for each in members} for name in ("retries", "streams"))
            client = replace(chosen.client, retries=_find_only(retries), streams=_find_only(streams))
            return replace(chosen, client=client)
        return None if referents else self._guess_method(node.func, scope)

    def _may_be_method(self, function: ast.expr, scope: Scope) -> bool:
        """Return whether an expression may be a method of a client, by its names only."""
        match function:
            case ast.Attribute(attr=name):
                return name not in _ACCESSORS
            case ast.Name(id=name):
                owner = find_owner(scope, name)
                kinds = {binding.kind for binding in owner.bindings[name]} if owner is not None else set()
                return not kinds.isdisjoint(self._callable)
            case ast.Call():
                return True
        return False

    def _sends_request(self, path: tuple[str, ...]) -> bool:
        if path[-1] in _NO_REQUEST or path[-1].startswith("_"):
            return False
        syntax = self._sdk.target.calls
        if len(path) == 1:
            return path[0] in syntax.own or path[0] in syntax.plain
        return not syntax.names_model and not self._sdk.is_maker(path)  # what an agent holds is of other classes

    def _guess_method(self, function: ast.expr, scope: Scope) -> ClientMember | None:
        """Recognise a method by its names if the source does not show the client."""
        syntax = self._sdk.target.calls
        names: list[str] = []
        base = function
        while isinstance(base, ast.Attribute):
            names.append(base.attr)
            base = base.value
        if not self._guess or not names:
            return None
        index = self._find_plain(names, base)
        if index is None:
            if names[0] not in syntax.methods or not syntax.foreign.isdisjoint(names):
                return None
            index = next((index for index, name in enumerate(names) if name in syntax.resources and index), None)
            if index is None or not set(names[1:index]) <= syntax.wrappers:
                return None
        module = self.references.index_of(scope).module
        if not syntax.lookalikes.isdisjoint(module.imported) or self._is_of_other_package(function, scope):
            return None
        owners = (*names[index + 1 :], *([base.id] if isinstance(base, ast.Name) else []))
        prefixes = list(itertools.takewhile(syntax.prefixes.__contains__, owners))
        return ClientMember(UNKNOWN_CLIENT, (*reversed(prefixes), *reversed(names[: index + 1])))

    def _find_plain(self, names: list[str], base: ast.expr) -> int | None:
        """Find the index of the resource in the names of a method that never streams; None if the method may stream.

        The names are in reverse order. Other packages have resources such as `models` too, so a resource that has no
        method that streams counts only if the name of the object that has it ends in `client` or names the SDK. So do
        the methods of a client itself, which may stream, of an SDK without resources.
        """
        syntax = self._sdk.target.calls
        if not syntax.resources and names[0] in syntax.own:
            return 0 if self._is_named_client(names, 0, base) else None
        for index in range(1, min(len(names), 3)):
            if ".".join(reversed(names[: index + 1])) in syntax.plain:
                is_client = names[index] in syntax.resources or self._is_named_client(names, index, base)
                return index if is_client else None
        return None

    def _is_named_client(self, names: list[str], index: int, base: ast.expr) -> bool:
        """Return whether the name of the object that has a resource or a method is a client's, or names the SDK."""
        owner = next((each for each in names[index + 1 :] if each not in self._sdk.target.calls.prefixes), "")
        owner = (owner or (base.id if isinstance(base, ast.Name) else "")).lower()
        return owner.endswith(self._sdk.target.calls.owners) or self._sdk.short_name in owner

    def _is_of_other_package(self, function: ast.expr, scope: Scope) -> bool:
        """Return whether any base of a method refers to something else than an unknown object."""
        node: ast.expr = function
        while isinstance(node, ast.Attribute):
            node = node.value
            referents = self.references.find(node, scope)
            if referents:
                return not all(isinstance(each, OwnObject) for each in referents)
        return False

    def describe_method(self, node: ast.Call, function: Referent, via: Chain = ()) -> SdkCall | None:
        """Describe a call that calls a function, by itself or by a helper; None if that is no method of a client."""
        member = _unwrap(function)
        if member is None or not self._sends_request(member.path):
            return None
        return self._describe(node, member, function, via)

    def _find_argument(self, node: ast.Call, referent: Referent | None, via: Chain) -> StreamArgument:
        """Find the value of `stream` that a call gives, itself or by `functools.partial`."""
        arguments = StreamArguments(self.references, (*via, node)) if via else self._arguments
        argument = arguments.find(node, self.references.scope_of(node))
        if isinstance(referent, PartialCall) and argument is StreamArgument.ABSENT:
            return arguments.find(referent.call, self.references.scope_of(referent.call))
        return argument

    def _describe(self, node: ast.Call, method: ClientMember, referent: Referent | None, via: Chain) -> SdkCall:
        uses = self._trace_results((*via, node))
        target = self._sdk.target
        names = [name for name in method.path if name not in target.calls.wrappers]
        argument = self._find_argument(node, referent, via)
        surface, final = "", ""
        hows = [how for _, how in uses.reads]
        streams: bool | None = method.path[-1] == "stream" or argument is StreamArgument.TRUE
        is_measured = self._is_measured(names)
        if is_measured and argument is StreamArgument.TRUE and names[-1] in target.calls.readers:
            self._read_itself((*via, node))
            uses = self._trace_results((*via, node))
            hows = [how for _, how in uses.reads]
        if is_measured:
            surface = _name_surface(target, method.path, _find_telling(target.stream, hows))
            final = _find_final(target.stream, surface, hows, uses)
            streams = self._streams(names[-1], argument, uses)
        is_whole = self._is_whole(names)
        if is_whole and argument is StreamArgument.ABSENT:
            streams = self._find_streaming(node, method)
        is_async = None if method.client is UNKNOWN_CLIENT else method.client.is_async
        if names[-1] in target.calls.awaited or not target.calls.async_prefixes.isdisjoint(names):
            is_async = True
        is_async = uses.is_async if uses.is_async is not None else is_async
        return SdkCall(
            node=node,
            client=method.client.name,
            path=".".join(method.path),
            surface=surface,
            streams=streams,
            is_async=is_async,
            retries=method.client.retries,
            final=final,
            via=via,
            is_raw=RAW in hows,
            is_lazy=streams is not False and self._is_lazy(names[-1], is_async=bool(is_async)),
            is_manager=surface != "" and names[-1] in target.calls.managers,
            is_eager=streams is not False and names[-1] in target.calls.eager,
            is_whole=is_whole,
            made=method.client.made,
            unmeasured=name_unmeasured(self.references, node, names),
        )

    def _is_measured(self, names: list[str]) -> bool:
        syntax = self._sdk.target.calls
        if len(names) == 1:
            return True
        resource, method = names[-2:]
        return resource in syntax.resources and method in syntax.methods and set(names[:-2]) <= syntax.prefixes

    def _is_lazy(self, method: str, *, is_async: bool) -> bool:
        syntax = self._sdk.target.calls
        return method in syntax.lazy or (is_async and method in syntax.lazy_async)

    def _is_whole(self, names: list[str]) -> bool:
        """Return whether a method returns a whole answer, though its client may read it from a stream."""
        syntax = self._sdk.target.calls
        return (
            syntax.streaming_option != "" and len(names) == 1 and names[0] in syntax.own and names[0] not in syntax.lazy
        )

    def _find_streaming(self, node: ast.Call, method: ClientMember) -> bool | None:
        """Return whether a client reads whole answers from a stream; None if the source does not show it."""
        changed = self.references.find_index(node).attributes_set
        is_changed = any(target.attr == self._sdk.target.calls.streaming_option for target, _ in changed)
        return None if is_changed else method.client.streams

    def _streams(self, method: str, argument: StreamArgument, uses: StreamUses) -> bool | None:
        syntax = self._sdk.target.calls
        method = syntax.awaited.get(method, method)
        if method == "stream" or method.endswith("_stream") or method in syntax.streaming:
            return True
        if method in syntax.whole:
            return False
        if method in syntax.stepwise:
            return None if uses.passed else bool(uses.reads)
        if argument is not StreamArgument.UNKNOWN:
            return _STREAM_ARGUMENT[argument]
        if uses.is_message == bool(uses.reads):
            return None
        return bool(uses.reads)

    def _read_itself(self, chain: Chain) -> None:
        """Note that a call reads its stream itself, where its result is awaited or else where it stands."""
        uses = self.reads.trace(chain[-1])
        if not uses.reads:
            uses.reads.append((uses.opens[-1] if uses.opens else chain[-1], ""))

    def _trace_results(self, chain: Chain) -> StreamUses:
        """Find what is done with the result of the last call of a chain, in its functions or by their callers.

        What the chain shows outranks what other callers of its functions do.
        """
        uses = self.reads.trace(chain[-1])
        for inner, node in zip(reversed(chain), reversed(chain[:-1]), strict=False):
            if not uses.returned or uses.reads:
                return uses
            function = self.references.find_index(inner).find_function(inner)
            merged = _merge([self.reads.trace(node)], uses)
            if function is None or not self.references.calls_directly(node, function):
                merged.is_async = uses.is_async  # a helper's result may be awaited, though a thread makes the call
            uses = merged
        if len(chain) > 1 and uses.is_message:
            return uses
        entered: set[ast.AST] = set()
        function = self.references.find_index(chain[0]).find_function(chain[0])
        while uses.returned and not uses.reads and function is not None and function not in entered:
            entered.add(function)
            if len(entered) > DEPTH:
                break
            callers = self.references.find_callers(function)
            results = [self.reads.trace(caller) for caller in callers]
            telling = [each for each in results if each.reads or each.is_message] or results[:1]
            if not telling:
                break
            uses = _merge(telling, uses)
            function = self.references.find_index(callers[0]).find_function(callers[0])
        return uses


def _merge(callers: list[StreamUses], inner: StreamUses) -> StreamUses:
    """Merge what callers do with the result of a function with what the function does with it."""
    return replace(
        callers[0],
        reads=[read for each in callers for read in each.reads],
        is_message=inner.is_message or any(each.is_message for each in callers),
        is_async=inner.is_async if inner.is_async is not None else callers[0].is_async,
    )


def _find_only(values: set[bool | None]) -> bool | None:
    """Return the only one of some values; None if there are several."""
    return next(iter(values)) if len(values) == 1 else None


def _unwrap(referent: Referent) -> ClientMember | None:
    """Return the method of a client that a function is, or gives some arguments to; None if it is neither."""
    while isinstance(referent, PartialCall):
        referent = referent.target
    return referent if isinstance(referent, ClientMember) else None


def _name_surface(target: Target, path: tuple[str, ...], how: str) -> str:
    """Return the id of the surface of a method, given the way in which its stream is read; empty if it has none.

    A method with a prefix, such as `beta`, has surfaces of its own only where they were measured. One that never
    streams fails as `create` does.
    """
    if len(path) == 1:
        return target.calls.own.get(path[0], "")
    syntax, method = target.calls, path[-1]
    method = "create" if method in syntax.whole else syntax.awaited.get(method, method)
    path = (*path[:-1], method)
    starts = [0]
    while path[starts[-1]] in syntax.prefixes:
        starts.append(starts[-1] + 1)
    names = [".".join(path[start:]) for start in starts]
    if method in syntax.lazy:
        names += [f"{prefix}.{names[-1]}" for prefix in syntax.prefixes]
    with_how = [f"{name}.{how}" for name in names] if how else []
    return next((id_ for id_ in (*with_how, *names) if id_ in target.surfaces), "")


def _find_telling(syntax: StreamSyntax, hows: list[str]) -> str:
    """Return the way of reading that decides what is raised; empty for the events themselves.

    A method that returns the whole message raises as it does alone if the text was read before.
    """
    if "" in hows:
        return ""
    return next((how for how in (*syntax.finals, *syntax.texts, *syntax.others) if how in hows), "")


def _find_final(syntax: StreamSyntax, surface: str, hows: list[str], uses: StreamUses) -> str:
    """Return the method that asks for the whole message after the events were iterated; empty if none does.

    A method that has no surface of its own iterates the events first.
    """
    if not hows or ("" not in hows and surface.endswith(tuple(hows))):
        return ""
    return next((how for how in syntax.finals if how in hows), syntax.finals[0] if uses.needs_message else "")
