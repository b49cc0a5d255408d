"""Finds the failures that reach a piece of code by the calls that it makes, and where they do. Pure."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matrix.scan.endings import Ending
from matrix.scan.error_view import ErrorView
from matrix.scan.file_index import body_of, name_of_called, walk_code
from matrix.scan.remedy_names import make_stream_failed, name_remedy_function
from matrix.scan.scopes import FUNCTIONS
from matrix.scan.sdk_methods import SdkCall
from matrix.scan.source_file import SourceFile
from matrix.scan.tasks import reads_task
from matrix.scan.values import CaughtError, OwnFunction


@dataclass(frozen=True, eq=False)
class Failure:
    """One way in which a call that reaches some code ends.

    Attributes:
        ending: The end of the call.
        nodes: The nodes at which it fails.
        entries: The calls that lead there, if the nodes are in functions that can't be followed.
        leading: The functions that lead to these nodes.
        is_outside: Whether the stream fails outside the code.
        is_unseen: Whether the source does not show where the stream is read.
        task_reads: Those of the nodes that read a task whose call is not known.
    """

    ending: Ending
    nodes: frozenset[ast.AST]
    entries: frozenset[ast.AST]
    leading: frozenset[ast.AST | None] = frozenset()
    is_outside: bool = False
    is_unseen: bool = False
    task_reads: frozenset[ast.AST] = frozenset()


class Reach:
    """The failures that reach a piece of code.

    Args:
        file: The file.
        nodes: The code: statements or expressions.
        calls: The calls in it, if the caller knows them.
        fallback: The nodes at which an error is raised if no call of the SDK is known there.
    """

    def __init__(
        self,
        file: SourceFile,
        nodes: Iterable[ast.AST],
        fallback: Iterable[ast.AST] = (),
        calls: list[SdkCall] | None = None,
    ) -> None:
        self._file = file
        self._nodes = list(nodes)
        self._fallback = frozenset(fallback)
        self._read: list[SdkCall] = []
        found = calls
        if found is None:
            inside = file.calls.find_sdk_calls(self._nodes)
            self._read = [each for each in file.calls.find_streams_read(self._nodes) if each not in inside]
            found = [*inside, *self._read]
        self.calls: list[SdkCall] = found

    @cached_property
    def _measured(self) -> list[SdkCall]:
        """The calls on clients that were measured."""
        return [call for call in self.calls if not self._file.recorded.name_unmeasured(call)]

    @cached_property
    def unmeasured(self) -> str:
        """The class of a client that was not measured, if all calls are on such clients; empty otherwise."""
        if self._measured or not self.calls:
            return ""
        return self._file.recorded.name_unmeasured(self.calls[0])

    @cached_property
    def clients(self) -> tuple[str, ...]:
        """The ids of the clients of its calls, as far as these were measured."""
        recorded = self._file.recorded
        return tuple(dict.fromkeys(recorded.find_client_id(call) or "" for call in self._measured))

    @cached_property
    def reads(self) -> bool | None:
        """Whether a stream is read inside the code; None if the source does not show it."""
        answers = [self._reads(call) for call in self.calls]
        if True in answers:
            return True
        return None if None in answers or not answers else False

    @property
    def is_open_manager(self) -> bool:
        """Whether the code is a context manager whose `with` bodies are unknown, so that errors arrive at a `yield`."""
        return not self.calls and any(isinstance(node, ast.Yield) for node in self._fallback)

    def _reads(self, call: SdkCall) -> bool | None:
        if call.streams is False:
            return False
        inside: bool | None
        if self._file.recorded.reads_early(call):
            inside = self._file.calls.opened_inside(call, self._nodes)
        elif call in self._read:
            return True
        else:
            inside = self._file.calls.read_inside(call, self._nodes)
        return None if call.streams is None and inside else inside

    @cached_property
    def failures(self) -> dict[str, list[Failure]]:
        """The ways in which the calls end, by scenario; of calls that are not known, only those that raise."""
        failures: dict[str, dict[tuple[object, ...], Failure]] = {}
        for call in self._measured:
            for id_, failure in self._find_failures(call):
                known = failures.setdefault(id_, {})
                first = known.setdefault(_key_of(failure), failure)
                if failure.entries and first.entries == failure.entries and first.leading != failure.leading:
                    known.setdefault((*_key_of(failure), failure.leading), failure)  # one call of several subclasses
        if not self.calls:
            iterates = bool(self._fallback) and all(map(_iterates, self._fallback))
            follows = any(map(self._calls_own, self._fallback))  # and no call of the SDK was found in it
            main = self._file.recorded.main_surfaces
            task_reads = frozenset(filter(reads_task, self._fallback))
            for id_, endings in self._file.recorded.find_endings(main, streams=True).items():
                for ending in endings:
                    reaches = ending.in_stream if iterates else ending.raised is not None
                    if reaches:
                        is_unseen = follows and not ending.in_stream
                        failure = Failure(
                            ending, self._fallback, frozenset(), is_unseen=is_unseen, task_reads=task_reads
                        )
                        failures.setdefault(id_, {})[ending.key] = failure
        return {id_: list(each.values()) for id_, each in failures.items()}

    def _calls_own(self, node: ast.AST) -> bool:
        """Return whether a node calls a function of the scanned files."""
        references = self._file.calls.references
        if not isinstance(node, ast.Call) or references.find_parent(node) is None:
            return False
        return any(isinstance(each, OwnFunction) for each in references.find(node.func, references.scope_of(node)))

    def find_nodes(self, ending: Ending) -> frozenset[ast.AST]:
        """Find the nodes at which the calls fail if they end so."""
        nodes = [
            self._find_reading(call)
            if not _fails_opening(call, ending) and self._is_read_later(call)
            else self._find_opening(call)
            for call in self.calls
            if not (ending.in_stream and call.streams is False)
        ]
        return frozenset().union(*nodes)

    def _find_failures(self, call: SdkCall) -> Iterable[tuple[str, Failure]]:
        calls = self._file.calls
        chain = (*call.via, call.node)
        opened = calls.opened_inside(call, self._nodes)
        read = call.streams is not False and (self._reads(call) is not False or (call.streams is None and opened))
        opening = self._find_opening(call) if opened else frozenset()
        reading = self._find_reading(call)
        failing = reading if self._is_read_later(call) else opening
        leading = self._find_leading(chain, opening | reading)
        is_passed = any(calls.trace(each).passed for each in chain)  # so that it may be read inside or outside
        is_returned = calls.trace(chain[0]).returned
        is_seen = not is_passed and (is_returned or bool(calls.find_readers(call)))
        is_unclear = call.is_raw or (
            self._reads(call) is not True and (call.streams is None or (is_passed and is_returned))
        )
        # The events after the first are read elsewhere, if at all.
        is_begun = any(self._reads_first_event(node, chain) for node in reading)
        streams = call.streams is not False
        recorded = self._file.recorded
        surfaces = recorded.find_surfaces(call)
        final = call.final if self.guard is None else ""  # a guarded stream fails before its message is asked for
        endings = recorded.find_endings(surfaces, streams=streams, retries=call.retries, final=final)
        for id_, each in endings.items():
            for ending in each:
                is_opening = _fails_opening(call, ending)
                if is_opening and opened:
                    yield id_, Failure(ending, opening, self._find_entries(chain, opening), leading)
                elif not is_opening and read and (is_unclear or (is_begun and ending.events)):
                    yield id_, Failure(ending, frozenset(), frozenset(), is_unseen=True)
                elif not is_opening and read:
                    nodes = failing if ending.raised is not None else reading
                    yield id_, Failure(ending, nodes, self._find_entries(chain, nodes), leading)
                elif ending.raised is not None:
                    is_unseen = not is_opening and not is_seen
                    yield id_, Failure(ending, frozenset(), frozenset(), is_outside=True, is_unseen=is_unseen)

    def _is_read_later(self, call: SdkCall) -> bool:
        """Return whether a call reads a stream, and not before it returns."""
        return call.streams is not False and not self._file.recorded.reads_early(call)

    def _reads_first_event(self, node: ast.AST, chain: tuple[ast.Call, ...]) -> bool:
        """Return whether a node asks a stream for one event: no loop but one that opens the stream is around it."""
        if not isinstance(node, ast.Call) or name_of_called(node) not in {"next", "anext"}:
            return False
        find_index = self._file.calls.references.find_index
        around = {parent for each in chain for parent in find_index(each).module.find_ancestors(each)}
        for parent in find_index(node).module.find_ancestors(node):
            if isinstance(parent, FUNCTIONS):
                return getattr(parent, "name", "") not in {"__next__", "__anext__"}
            if isinstance(parent, ast.For | ast.AsyncFor | ast.While | ast.comprehension) and parent not in around:
                return False
        return True

    def _find_entries(self, chain: tuple[ast.Call, ...], nodes: frozenset[ast.AST]) -> frozenset[ast.AST]:
        """Find the call that leads to the nodes at which a call fails, if these are in other functions."""
        calls = self._file.calls
        if len(chain) == 1:
            return frozenset()
        own = {calls.find_function(node) for node in self._nodes}
        return frozenset() if any(calls.find_function(node) in own for node in nodes) else frozenset(chain[:1])

    def _find_leading(self, chain: tuple[ast.Call, ...], nodes: frozenset[ast.AST]) -> frozenset[ast.AST | None]:
        """Find the functions that lead to some nodes, and those that they are defined in."""
        calls = self._file.calls
        leading: set[ast.AST | None] = set()
        for node in (*chain, *nodes):
            function = calls.find_function(node)
            while function is not None and function not in leading:
                leading.add(function)
                function = calls.find_function(function)
        return frozenset(leading)

    def _find_opening(self, call: SdkCall) -> frozenset[ast.AST]:
        """Find the nodes at which the request of a call is made."""
        if call.is_lazy and (reading := self._find_reading(call)) != {call.node}:
            return reading
        if call.is_async or call.is_manager:
            for each in reversed((*call.via, call.node)):
                uses = self._file.calls.trace(each)
                if uses.opens:
                    return frozenset(uses.opens)
                if not uses.returned:
                    break
        return frozenset({call.node})

    def _find_reading(self, call: SdkCall) -> frozenset[ast.AST]:
        """Find the nodes at which the stream of a call is read, in the code or in the functions that it calls."""
        if call.is_whole:
            return self._find_opening(call)
        weak: frozenset[ast.AST] = frozenset()
        for each in reversed((*call.via, call.node)):
            uses = self._file.calls.trace(each)
            strong = frozenset([*(node for node, _ in uses.reads), *uses.deep_reads])
            if strong:
                return strong
            weak = weak or frozenset(uses.weak_reads)
            if not uses.returned:
                break
        return weak or frozenset({call.node})

    @cached_property
    def guard(self) -> Any:
        """The function `guard` of our remedy, if a stream of the code is read through it; None otherwise."""
        evaluator = self._file.make_evaluator()
        for node in walk_code([*self._nodes, *self._list_readers()]):
            if isinstance(node, ast.Call) and name_of_called(node) == "guard":
                function = evaluator.evaluate_safely(node.func, self._file.calls.references.scope_of(node))
                if name_remedy_function(function) == "guard":
                    return function
        return None

    def _list_readers(self) -> list[ast.AST]:
        """List the bodies of other functions that read the streams of the calls."""
        calls = self._file.calls
        reading = (node for call in self.calls if call.streams is not False for node in self._find_reading(call))
        others = {calls.find_function(node) for node in reading} - {calls.find_function(node) for node in self._nodes}
        return [statement for function in others for statement in body_of(function)]

    def make_error(self, view: ErrorView, ending: Ending) -> Any:
        """Make the exception that the code sees; None if the call raises none."""
        if self.guard is not None and ending.in_stream and ending.remedy is not None:
            remedy = view.remedy
            if remedy is not None and remedy.outcome == "failed":
                return make_stream_failed(self._file.make_evaluator(), self.guard, remedy)
            return None
        return CaughtError(view) if ending.raised is not None else None


def _fails_opening(call: SdkCall, ending: Ending) -> bool:
    """Return whether a call fails where it is made, rather than where its stream is read."""
    return not ending.in_stream or (call.is_eager and not ending.is_begun)


def _key_of(failure: Failure) -> tuple[object, ...]:
    """Return the values by which the code can tell a failure from others."""
    return failure.ending.key, failure.is_outside, failure.is_unseen


def _iterates(node: ast.AST) -> bool:
    """Return whether a node goes on with a stream that is open, rather than opening one or taking what is thrown."""
    if isinstance(node, ast.Yield | ast.Await):
        return False
    return not isinstance(node, ast.Call) or name_of_called(node) in {"next", "anext", "__next__", "__anext__", "send"}
