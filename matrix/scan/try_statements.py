"""`try` statements that catch errors of the SDK. Pure.

A `try` is judged as a whole, because which clause takes an error depends on the clauses before it, and with the
function around it, because what follows decides. It counts if a clause names a class of the SDK, if its body evidently
calls the SDK, or if it looks for what only an overloaded server of the API says.
"""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from matrix.scan.catches import Catch, Choice, Decision, PlaceRole
from matrix.scan.emptiness import EMPTINESS, notices_emptiness
from matrix.scan.ended_streams import follow_checks, follow_ends
from matrix.scan.ends import End
from matrix.scan.error_view import Part
from matrix.scan.evaluator import Evaluator
from matrix.scan.file_index import is_context_manager, name_of_called
from matrix.scan.frameworks import find_asked_framework, name_framework
from matrix.scan.judging import (
    UNREACHED,
    CodeSpot,
    Trial,
    TrialOutcome,
    decide,
    judge_code,
    make_unmeasured,
    run_block,
    run_function,
    try_failures,
)
from matrix.scan.reaches import Failure, Reach
from matrix.scan.remedy_names import name_remedy_function
from matrix.scan.resolver import TrialRecord
from matrix.scan.source_file import SourceFile, shorten
from matrix.scan.tasks import GROUPING, STARTERS, WAITING, reads_task
from matrix.scan.values import BoundFunction, CaughtError, DottedName, OwnFunction, flatten

Try: TypeAlias = ast.Try | ast.TryStar


class _FunctionRun(NamedTuple):
    """A run of a function on an error.

    Attributes:
        read: What the code read of the error.
        evaluator: Ran it.
        ends: Its ends.
    """

    read: Mapping[Part, Any]
    evaluator: Evaluator
    ends: list[End]


_KnownRuns: TypeAlias = defaultdict[tuple[object, ...], list[_FunctionRun]]
"""The runs of functions so far, by the function and the calls that fail in it."""


def find_try_statements(file: SourceFile) -> Iterator[Catch]:
    """Find each `try` that catches errors of the SDK."""
    known = _KnownRuns(list)
    for node in list(file.module.parents):
        if isinstance(node, Try) and node.handlers and file.may_call_sdk(node.body):
            yield from _judge(file, node, known)


def _judge(file: SourceFile, node: Try, known: _KnownRuns) -> Iterator[Catch]:
    classes = _find_classes(file, node)
    reach = Reach(file, node.body)
    names_sdk = any(_is_of_sdk(file, each) or (reach.calls and _is_of_parent(file, each)) for each in classes)
    framework = name_framework(file, classes)
    if not reach.calls:
        if not framework and not _only_raises(node):
            framework = find_asked_framework(file, node.body)
        if not (framework or names_sdk or file.says_overload(node.handlers) or _asks_function(file, node)):
            return
        asking = find_asking_nodes(file, node.body)
        if framework and asking:
            naming = (each for each in node.handlers if name_framework(file, _classes_of(file, each)))
            clause = next(naming, node.handlers[0])
            yield make_unmeasured(file, CodeSpot(clause, clause_of(file, node, clause)), PlaceRole.CATCH, framework)
        if framework or not asking:
            return
        reach = Reach(file, node.body, asking, calls=[])
    direct = any(not call.via for call in reach.calls) or (bool(reach.calls) and _reads_stream(file, node, reach))
    run = _Runs(file, node, known).run
    trial = try_failures(file, reach, run)
    followed = follow_ends(file, trial, run)
    follow_checks(file, node, trial, run, followed)
    taken = {
        id_: [handler for statement, handler in outcome.handlers if statement is node]
        for id_, outcome in trial.outcomes.items()
    }
    taken = {id_: handlers for id_, handlers in taken.items() if handlers}
    if reach.unmeasured:
        if names_sdk or direct:
            first = node.handlers[0]
            file.covered.update(call.node for call in reach.calls)
            yield make_unmeasured(
                file, CodeSpot(first, clause_of(file, node, first)), PlaceRole.CATCH, reach.unmeasured
            )
        return
    if not (names_sdk or trial.names_sdk or direct or (reach.calls and trial.record.compares) or _acts(trial)):
        return
    reaching = [each.decision for each in trial.outcomes.values() if not each.is_unseen]
    if not (names_sdk or taken or any(each.choice in (Choice.CRASH, Choice.UNDECIDED) for each in reaching)):
        return
    acts = any(not each.escapes and each.choice is not Choice.ACCEPT for each in reaching)
    if not acts and not (names_sdk and reach.failures and not _only_raises(node)):
        return
    file.covered.update(call.node for call in reach.calls)
    add_emptiness(file, node, trial, followed)
    handlers = [handler for each in taken.values() for handler in each] or list(node.handlers)
    first = min(handlers, key=lambda handler: handler.lineno)
    spot = CodeSpot(first, clause_of(file, node, first))
    yield judge_code(trial, spot, PlaceRole.CATCH, taken=_list_taken(trial, taken))


def _reads_stream(file: SourceFile, node: Try, reach: Reach) -> bool:
    """Return whether a stream is read in the function of a `try` itself."""
    own = file.calls.find_function(node)
    nodes = {each for failures in reach.failures.values() for failure in failures for each in failure.nodes}
    return any(file.calls.find_function(each) is own for each in nodes)


def _asks_function(file: SourceFile, node: Try) -> bool:
    """Return whether a clause passes the error to a function of the scanned files, which may name the SDK."""
    for handler in node.handlers:
        for call in ast.walk(handler) if handler.name else ():
            if isinstance(call, ast.Call) and any(
                isinstance(each, ast.Name) and each.id == handler.name for each in call.args
            ):
                function = file.make_evaluator().evaluate_safely(call.func, file.module.scope_of[call])
                if isinstance(function, OwnFunction | BoundFunction):
                    return True
    return False


def _only_raises(node: Try) -> bool:
    """Return whether every clause does nothing but raise its error again."""
    return all(isinstance(each, ast.Raise) and each.exc is None for handler in node.handlers for each in handler.body)


def _list_taken(trial: Trial, by_clause: dict[str, list[ast.ExceptHandler]]) -> list[str]:
    """List the scenarios whose error a clause takes and does not let escape as it came."""
    return [id_ for id_ in by_clause if not trial.outcomes[id_].decision.escapes]


def _acts(trial: Trial) -> bool:
    """Return whether code around a call of the SDK calls again, or crashes, as by a class that the release lacks."""
    acts = (Choice.RETRY, Choice.CRASH)
    return bool(trial.reach.calls) and any(each.choice in acts for each in trial.decisions.values())


def add_emptiness(file: SourceFile, node: ast.AST, trial: Trial, followed: Collection[str]) -> None:
    """Leave undecided what code does with an answer without text, if it tests for one and was not followed."""
    function, failures = file.calls.find_function(node), trial.reach.failures
    accepted = (id_ for id_, each in trial.outcomes.items() if each.decision.choice is Choice.ACCEPT)
    empty = [
        id_
        for id_ in accepted
        if id_ not in followed and any(each.ending.raised is None and not each.ending.text for each in failures[id_])
    ]
    sources = (each.nodes | each.entries for id_ in empty for each in failures[id_])
    if function is not None and empty and notices_emptiness(function, frozenset[ast.AST]().union(*sources)):
        trial.outcomes |= dict.fromkeys(empty, TrialOutcome(Decision(Choice.UNDECIDED, EMPTINESS)))


class _Runs:
    """Runs the code around a `try`, on one failure after the other.

    Args:
        file: The file.
        node: The `try`.
        known: The runs of functions so far.
    """

    def __init__(self, file: SourceFile, node: Try, known: _KnownRuns) -> None:
        self._file = file
        self._node = node
        self._known = known
        again = Reach(file, [each for handler in node.handlers for each in handler.body])  # their calls fail alike
        outer = _list_outer(file, node)
        self._is_nested = any(each.calls for each in outer)
        self._others = [each for each in (again, *outer) if each.calls]
        self._is_reached = True

    def run(self, evaluator: Evaluator, failure: Failure, error: Any) -> TrialOutcome:
        """Run the function around the `try`; if the call is not reached that way, run the `try` alone."""
        file, node = self._file, self._node
        nodes = failure.nodes
        for each in self._others:
            nodes |= each.find_nodes(failure.ending)
        failure = replace(failure, nodes=nodes)
        if self._is_reached:
            done = self._run_function(evaluator.record, failure, error)
            before = done.evaluator.reached.get(node, 1) if self._is_nested else 1
            outcome = decide(done.evaluator, done.ends, before=before)
            if outcome.decision.detail != UNREACHED:
                return outcome
            self._is_reached = False
        if failure.entries and is_context_manager(file.calls.find_function(node) or node):
            why = "the scan does not follow the code inside the context manager"
            return TrialOutcome(Decision(Choice.UNDECIDED, why))
        alone = file.make_evaluator(evaluator.record)
        alone.failing, alone.task_reads = dict.fromkeys(failure.nodes | failure.entries, error), failure.task_reads
        ends = run_block(alone, _list_around(file, node), file.module.scope_of[node])
        if not ends:
            alone.failing = dict.fromkeys(find_asking_nodes(file, node.body), error)
            alone.task_reads = frozenset(filter(reads_task, alone.failing))
            ends = run_block(alone, _list_around(file, node), file.module.scope_of[node])
        return decide(alone, ends)

    def _run_function(self, record: TrialRecord, failure: Failure, error: Any) -> _FunctionRun:
        """Run the function around the `try`, unless it ran for another one in it, on an error with the same parts."""
        function = self._file.calls.find_function(self._node) or self._node
        key = function, failure.nodes, failure.entries, failure.leading
        known = self._known[key] if isinstance(error, CaughtError) else []
        done = next((each for each in known if error.view.has_all(each.read)), None)
        if done is None:
            evaluator = self._file.make_evaluator()
            ends = run_function(self._file, self._node, evaluator, failure, error)
            done = _FunctionRun(error.view.read if isinstance(error, CaughtError) else {}, evaluator, ends)
            known.append(done)
        elif isinstance(error, CaughtError):
            error.view.read |= done.read
        record.add(done.evaluator.record)
        return done


def _list_outer(file: SourceFile, node: Try) -> list[Reach]:
    """List the bodies whose errors are handled where a `try` stands: it is reached only if their calls fail."""
    outer: list[Reach] = []
    for parent in file.module.find_ancestors(node):
        if isinstance(parent, ast.ExceptHandler) and isinstance(around := file.module.parents[parent], Try):
            outer.append(Reach(file, around.body))
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            break
    return outer


def _list_around(file: SourceFile, node: Try) -> list[ast.stmt]:
    """List the innermost loop around a `try`, or the `try` itself, with the statements that follow it."""
    child: ast.AST = node
    for parent in file.module.find_ancestors(node):
        if isinstance(parent, ast.For | ast.AsyncFor | ast.While):
            return [parent]
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.Module):
            body = getattr(parent, "body", [])
            return list(body[body.index(child) :]) if isinstance(body, list) and child in body else [node]
        child = parent
    return [node]


def find_asking_nodes(file: SourceFile, body: list[ast.stmt]) -> list[ast.AST]:
    """Find where code evidently asks for an answer: calls whose result is used, or else any call, loop or `yield`."""
    used: list[ast.AST] = []
    others: list[ast.AST] = []
    for statement in body:
        value = getattr(statement, "value", None)
        value = value.value if isinstance(value, ast.Await) else value
        if isinstance(value, ast.Call) and name_of_called(value) not in STARTERS and not _only_makes(file, value):
            (others if isinstance(statement, ast.Expr) else used).append(value)
    if used or others:
        return used[:1] or others[:1]
    for statement in body:
        aside = _list_started(statement)
        for node in ast.walk(statement):
            if node in aside:
                continue
            if isinstance(node, ast.YieldFrom):
                return [node.value]
            if isinstance(node, ast.Await) and _only_makes(file, node.value):
                continue
            if isinstance(node, ast.Yield | ast.Await) or (isinstance(node, ast.Call) and not _only_makes(file, node)):
                return [node]
            if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and not (
                _only_makes(file, node.iter)
                or (aside if isinstance(node, ast.comprehension) else any(map(reads_task, ast.walk(node))))
            ):
                return [node.iter]
    return []


def _list_started(statement: ast.stmt) -> set[ast.AST]:
    """List the code that starts tasks, and that of their calls: no group of tasks raises their errors there."""
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    if any(name_of_called(each) in GROUPING for each in calls):
        return set()
    return {node for each in calls if name_of_called(each) in STARTERS for node in ast.walk(each)}


def _only_makes(file: SourceFile, call: ast.expr) -> bool:
    """Return whether a call only makes a client, which sends nothing, or only waits for tasks or makes what does."""
    if not isinstance(call, ast.Call):
        return False
    if name_of_called(call) in WAITING:
        return True
    function = file.make_evaluator().evaluate_safely(call.func, file.module.scope_of[call])
    return isinstance(function, DottedName) and file.sdk.is_client(function.name)


def _classes_of(file: SourceFile, handler: ast.ExceptHandler) -> list[Any]:
    if handler.type is None:
        return []
    return flatten(file.make_evaluator().evaluate_safely(handler.type, file.module.scope_of[handler]))


def _find_classes(file: SourceFile, node: Try) -> list[Any]:
    return [each for handler in node.handlers for each in _classes_of(file, handler)]


def _is_of_sdk(file: SourceFile, value: Any) -> bool:
    if name_remedy_function(value) == "StreamFailed":
        return True
    if not isinstance(value, DottedName):
        return False
    return file.sdk.is_error(value.name) or (  # or a class that the SDK does not have
        file.sdk.owns(value.name) and value.name.endswith("Error")
    )


def _is_of_parent(file: SourceFile, value: Any) -> bool:
    """Return whether a class is one of a package whose classes the SDK raises, or derives its own from."""
    parents = file.sdk.target.classes.parents
    return isinstance(value, DottedName) and value.name.partition(".")[0] in parents


def clause_of(file: SourceFile, node: Try, handler: ast.ExceptHandler) -> str:
    """Return a clause as it is written."""
    keyword = "except*" if isinstance(node, ast.TryStar) else "except"
    if handler.type is None:
        return keyword
    return shorten(f"{keyword} {file.module.code_of(handler.type)}")
