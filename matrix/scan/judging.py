"""Tries a piece of a user's code on every failure that reaches it, and reports what it decides. Pure."""

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from matrix.scan.block import Block
from matrix.scan.catches import Catch, Choice, Decision, PlaceRole
from matrix.scan.context_managers import wrap_in_managers
from matrix.scan.ends import End, EndKind
from matrix.scan.error_view import ErrorView, Part
from matrix.scan.evaluator import Evaluator
from matrix.scan.reaches import Failure, Reach
from matrix.scan.resolver import VARIES, Env, Thrown, TrialRecord
from matrix.scan.scopes import FUNCTIONS, Scope
from matrix.scan.source_file import SourceFile, find_function_name
from matrix.scan.values import CaughtError, Unknown
from matrix.scan.wording import describe

UNREACHED: Final = "the scan can't follow how the code gets to the call"
UNSEEN: Final = "the source does not show where the call is made, or its stream is read"
DEPENDS: Final = "whether it calls again depends on more than the error"

MOST_FOR_PLACE: Final = 100_000
"""Steps of judging one place, so that it leaves some of the file's for others."""


@dataclass
class CodeSpot:
    """A node that may be reported, and its code as it is shown."""

    node: ast.stmt | ast.expr | ast.excepthandler | ast.keyword
    code: str


@dataclass
class TrialOutcome:
    """What some code does about one failure.

    Attributes:
        decision: Its decision.
        handlers: The clauses that take the error, with their statements.
        returns_none: Whether it returns None after the last attempt.
        is_early: Whether it crashes before it makes the call, so that it does so in every scenario.
        passes_status: Whether it answers its own client with the status of the stream.
        is_unseen: Whether it is not known that the failure reaches the code at all.
    """

    decision: Decision
    handlers: list[tuple[ast.AST, ast.ExceptHandler]] = field(default_factory=list)
    returns_none: bool = False
    is_early: bool = False
    passes_status: bool = False
    is_unseen: bool = False


@dataclass
class Trial:
    """The result of trying code on every failure that reaches it.

    Attributes:
        file: The file of the code.
        reach: The failures.
        outcomes: What it does, by scenario.
        record: What it compared the errors with.
    """

    file: SourceFile
    reach: Reach
    outcomes: dict[str, TrialOutcome]
    record: TrialRecord

    @property
    def names_sdk(self) -> bool:
        """Whether the code compares the error with a class of the SDK."""
        return any(self.file.sdk.is_error(name.name) for name in self.record.classes)

    def drop_accepted(self) -> None:
        """Leave out the scenarios without an exception: code that is only passed an exception never sees them."""
        accepted = [id_ for id_, each in self.outcomes.items() if each.decision.choice is Choice.ACCEPT]
        for id_ in accepted:
            del self.outcomes[id_]

    @property
    def decisions(self) -> dict[str, Decision]:
        """What it decides, by scenario."""
        return {id_: outcome.decision for id_, outcome in self.outcomes.items()}


Run = Callable[[Evaluator, Failure, Any], TrialOutcome]
"""Runs code on a failure, given the exception that it sees."""


def try_failures(file: SourceFile, reach: Reach, run: Run) -> Trial:
    """Run code on every failure that reaches it, on equal ones once."""
    record = TrialRecord()
    outcomes: dict[str, TrialOutcome] = {}
    tried = _Tried(file, reach, record, run)
    for id_, failures in reach.failures.items():
        outcomes[id_] = combine([tried.find(failure) for failure in failures])
    early = next((each for each in tried.outcomes if each.is_early), None)
    if early is not None:
        outcomes = dict.fromkeys(outcomes, early)
    file.called_functions |= record.functions
    return Trial(file, reach, outcomes, record)


class _Tried:
    """The failures on which some code was run.

    Args:
        file: The file of the code.
        reach: The failures.
        record: What the code compares the errors with.
        run: Runs the code.
    """

    def __init__(self, file: SourceFile, reach: Reach, record: TrialRecord, run: Run) -> None:
        self._file = file
        self._reach = reach
        self._record = record
        self._run = run
        self._before = file.work.steps
        self._known: dict[tuple[object, ...], list[tuple[dict[Part, Any], TrialOutcome]]] = {}

    @property
    def outcomes(self) -> list[TrialOutcome]:
        """Every outcome so far."""
        return [outcome for each in self._known.values() for _, outcome in each]

    def find(self, failure: Failure) -> TrialOutcome:
        """Return what the code does about a failure: as about one of which it reads the same."""
        ending = failure.ending
        view, raises = ErrorView(ending, self._file.recorded), ending.raised is not None
        stage = failure.nodes, failure.entries, failure.is_outside, failure.is_unseen, raises, ending.in_stream
        for read, outcome in self._known.setdefault(stage, []):
            if view.has_all(read):
                return outcome
        outcome = self._run_on(failure, view)
        self._known[stage].append((view.read, outcome))
        return outcome

    def _run_on(self, failure: Failure, view: ErrorView) -> TrialOutcome:
        if self._file.missing_import:
            return TrialOutcome(Decision(Choice.CRASH, self._file.missing_import))
        if failure.is_unseen:  # nor is it known that the code takes an end without an exception for an answer
            return TrialOutcome(Decision(Choice.UNDECIDED, UNSEEN), is_unseen=True)
        if failure.is_outside:
            return TrialOutcome(Decision(Choice.FAIL))
        error = self._reach.make_error(view, failure.ending)
        if error is None:
            return TrialOutcome(Decision(Choice.ACCEPT))
        if self._file.work.steps - self._before > MOST_FOR_PLACE:
            return TrialOutcome(Decision(Choice.UNDECIDED, "the code around it is too long to follow"))
        self._record.undecided, self._record.passes_status = "", False
        outcome = self._run(self._file.make_evaluator(self._record), failure, error)
        outcome.passes_status = self._record.passes_status
        return outcome


def combine(outcomes: list[TrialOutcome]) -> TrialOutcome:
    """Combine what code does about one failure of several calls; it passes the status on if it does for one of them."""
    combined = _combine_decisions(outcomes)
    passes_status = any(each.passes_status for each in outcomes)
    return replace(combined, passes_status=passes_status)  # a copy, because scenarios share outcomes


def _combine_decisions(outcomes: list[TrialOutcome]) -> TrialOutcome:
    first = outcomes[0]
    decisions = {each.decision: None for each in outcomes}
    if len(decisions) == 1:
        return first
    undecided = [each for each in outcomes if each.decision.choice is Choice.UNDECIDED]
    if undecided:
        return undecided[0]
    if all(each.choice is Choice.FAIL for each in decisions):
        details = dict.fromkeys(
            detail for each in decisions for detail in (each.detail or "raises the error").split(" or ")
        )
        return TrialOutcome(Decision(Choice.FAIL, " or ".join(details)), first.handlers)
    return TrialOutcome(
        Decision(Choice.UNDECIDED, "its calls end differently"), [each for one in outcomes for each in one.handlers]
    )


# Running a function.


def run_function(file: SourceFile, node: ast.AST, evaluator: Evaluator, failure: Failure, error: Any) -> list[End]:
    """Run the function around a node from its beginning, with a call in it that fails each time."""
    function = next((each for each in (node, *file.module.find_ancestors(node)) if isinstance(each, FUNCTIONS)), None)
    evaluator.failing = dict.fromkeys(failure.nodes, error)
    evaluator.entry_calls = dict.fromkeys(failure.entries - failure.nodes, error)
    evaluator.leading, evaluator.task_reads = failure.leading, failure.task_reads
    if function is None or isinstance(function, ast.Lambda):
        return run_block(evaluator, _list_near(file, node), file.module.top)
    evaluator.entered.append(function)
    scope = file.module.scopes[function]
    names = {name: evaluator.look_up(name, scope, {}) for name in _list_parameters(function)}
    body = wrap_in_managers(evaluator, function, file.module.scope_of[function])
    return run_block(evaluator, body, scope, names)


_NEAR: Final = 50
"""How many statements at the top of a file are run before the one that is judged, and after it."""


def _list_near(file: SourceFile, node: ast.AST) -> list[ast.stmt]:
    """List the statements at the top of a file around a node: running all of a long file each time is slow."""
    body = file.module.tree.body
    around = {node, *file.module.find_ancestors(node)}
    index = next((index for index, each in enumerate(body) if each in around), 0)
    return body[max(0, index - _NEAR) : index + _NEAR]


def _list_parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    arguments = function.args
    extras = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    return [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extras)]


def run_block(
    evaluator: Evaluator, statements: Iterable[ast.stmt], scope: Scope, names: Env | None = None
) -> list[End]:
    """Run statements, and return the ends that come after a failed call."""
    try:
        ends = Block(evaluator, scope, names or {}).run(statements)
    except Thrown as thrown:  # never: a block keeps them
        ends = [End(EndKind.RAISE, {}, thrown.error)]
    return [end for end in ends if end.attempts] or [end for end in ends if _is_import_error(end)]


def _is_import_error(end: End) -> bool:
    """Return whether an import fails before the call is made; other mistakes there may be the scan's own."""
    return end.by_mistake and describe(end.value) in {"ImportError", "ModuleNotFoundError"}


def decide(evaluator: Evaluator, ends: list[End], *, before: int = 1) -> TrialOutcome:
    """Decide what code does about a failure by its ends.

    Args:
        evaluator: Ran the code.
        ends: All its ends.
        before: How many calls had failed when the code saw the exception: another one is an attempt of its own.
    """
    handlers = list(evaluator.taken)
    if evaluator.record.undecided:
        return TrialOutcome(Decision(Choice.UNDECIDED, evaluator.record.undecided), handlers)
    if not ends and not evaluator.most_attempts > before:
        return TrialOutcome(Decision(Choice.UNDECIDED, UNREACHED), handlers)
    if evaluator.most_attempts > before or any(end.kind is EndKind.RETRY for end in ends):
        last = [end for end in ends if end.attempts > before]
        is_certain = len(last) == len(ends) and not any(end.env.get(VARIES) for end in last)
        if last and not is_certain and not evaluator.repeats:  # of a loop, the number of attempts may be unknown
            return TrialOutcome(Decision(Choice.UNDECIDED, DEPENDS), handlers)
        returns_none = bool(last) and all(map(ends_with_none, last))
        return TrialOutcome(Decision(Choice.RETRY), handlers, returns_none)
    mistakes = [end for end in ends if end.by_mistake]
    if mistakes and len(mistakes) == len(ends):
        is_early = not any(end.attempts for end in ends)
        return TrialOutcome(Decision(Choice.CRASH, describe(mistakes[0].value)), handlers, is_early=is_early)
    if mistakes:
        return TrialOutcome(Decision(Choice.UNDECIDED, "it may crash"), handlers)
    details = list(dict.fromkeys(_detail_of(end) for end in ends))
    if len(details) == 1:
        return TrialOutcome(Decision(Choice.FAIL, details[0]), handlers)
    return TrialOutcome(Decision(Choice.FAIL, " or ".join(each or "raises the error" for each in details)), handlers)


def run_from(file: SourceFile, node: ast.AST) -> Run:
    """Return what runs the function around a node."""

    def run(evaluator: Evaluator, failure: Failure, error: Any) -> TrialOutcome:
        return decide(evaluator, run_function(file, node, evaluator, failure, error))

    return run


def ends_with_none(end: End) -> bool:
    """Return whether a function ends by returning None."""
    return end.kind is EndKind.FALLS or (end.kind is EndKind.RETURN and end.value is None)


def _detail_of(end: End) -> str:
    """Describe an end that makes no further attempt."""
    if end.kind is EndKind.RAISE:
        if isinstance(end.value, Unknown):
            return "raises an exception"
        if isinstance(end.value, CaughtError):
            return ""
        return f"raises {describe(end.value)}"
    if end.kind is EndKind.NEXT:
        return "goes on with the next item"
    if end.kind is EndKind.FALLS:
        return "goes on"
    return f"returns {describe(end.value)}" if not isinstance(end.value, Unknown) else "returns a value"


# Reporting.


def judge_code(
    trial: Trial,
    spot: CodeSpot,
    role: PlaceRole,
    *,
    function: str | None = None,
    taken: Iterable[str] | None = None,
    note: str = "",
) -> Catch:
    """Report a piece of code with what it decides.

    Args:
        trial: The trial of the code.
        spot: The place to report.
        role: The kind of place.
        function: The function that the code is about; None for the function around it.
        taken: The scenarios whose error it takes; None for those whose error does not escape.
        note: A remark, as a clause.
    """
    file, decisions = trial.file, trial.decisions
    taking = [id_ for id_, each in decisions.items() if not each.escapes and each.choice is not Choice.ACCEPT]
    retried = [each for each in trial.outcomes.values() if each.decision.choice is Choice.RETRY]
    return Catch(
        place=file.place_of(spot.node),
        code=spot.code,
        role=role,
        function=find_function_name(file.module, spot.node) if function is None else function,
        decisions=decisions,
        taken=tuple(taking if taken is None else taken),
        same_as=find_same_handler(trial),
        reads=trial.reach.reads,
        runs_out=bool(retried) and all(each.returns_none for each in retried),
        passed_on=tuple(id_ for id_, each in trial.outcomes.items() if each.passes_status),
        clients=trial.reach.clients,
        note=note or _explain_transport(trial) or _explain_reading(trial) or _explain_manager(trial),
    )


def make_unmeasured(
    file: SourceFile, spot: CodeSpot, role: PlaceRole, client: str, function: str | None = None
) -> Catch:
    """Report a piece of code whose calls go to a client or a framework that was not measured."""
    name = find_function_name(file.module, spot.node) if function is None else function
    return Catch(place=file.place_of(spot.node), code=spot.code, role=role, function=name, unmeasured=client)


def _explain_transport(trial: Trial) -> str:
    """Say that the code names an HTTP library whose errors the release does not raise."""
    raised = trial.file.recorded.transports
    for name in trial.record.classes:
        library = name.name.partition(".")[0]
        if raised and library in trial.file.sdk.http_libraries and library not in raised:
            return f"the release raises errors of {' and '.join(sorted(raised))}, which {library} does not catch"
    return ""


def _explain_reading(trial: Trial) -> str:
    """Say that a stream that is opened in the code is read outside of it."""
    failures = [each for scenario in trial.reach.failures.values() for each in scenario]
    outside = any(each.is_outside and not each.is_unseen for each in failures)
    return "the stream is read outside of it" if outside and not trial.reach.reads else ""


def _explain_manager(trial: Trial) -> str:
    """Say that the code is a context manager, and that no `with` statement of it is known."""
    return "the source does not show what runs inside it" if trial.reach.is_open_manager else ""


def find_same_handler(trial: Trial) -> str:
    """Find the measured handler that decides as the code does in all scenarios; empty if there is none."""
    decided = trial.decisions
    choices = {each.choice for each in decided.values()}
    if Choice.UNDECIDED in choices or Choice.RETRY not in choices:  # a handler that retries nothing says little
        return ""
    recorded = trial.file.recorded
    surfaces = sorted({surface for call in trial.reach.calls for surface in recorded.find_surfaces(call)})
    candidates: dict[str, None] | None = None
    for id_, decision in decided.items():
        by_handler = recorded.find_handler_decisions(surfaces or recorded.main_surfaces, id_)
        wanted = f"crashed: {decision.detail}" if decision.choice is Choice.CRASH else str(decision.choice)
        alike = {handler for handler, each in by_handler.items() if each == {wanted}}
        candidates = dict.fromkeys(
            each for each in (candidates if candidates is not None else by_handler) if each in alike
        )
        if not candidates:
            return ""
    return next(iter(candidates or {}), "")
