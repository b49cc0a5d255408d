"""`try` statements that catch errors of the SDK. Pure.

A `try` is judged as a whole, because which clause takes an error depends on the clauses before it. It counts if a
clause names a class of the SDK, if its body evidently calls the SDK, or if it looks for what only an overloaded server
of the API says.
"""

import ast
from collections.abc import Iterator
from typing import Final, TypeAlias

from matrix.scan.block import BREAK, CONTINUE, FALLS, RERAISE, RETRY, Block, Ends
from matrix.scan.catches import Catch
from matrix.scan.evaluator import Evaluator
from matrix.scan.judging import CodeSpot, judge_code, try_failures
from matrix.scan.remedy_uses import find_remedy_use
from matrix.scan.resolver import unparse_short
from matrix.scan.scopes import FUNCTIONS
from matrix.scan.source_file import SourceFile, shorten
from matrix.scan.values import ERROR, Unknown

Try: TypeAlias = ast.Try | ast.TryStar

_ATTEMPTS: Final = ("attempt", "retr", "tries", "try", "delay", "backoff", "wait")
"""Parts of the names that people use in a loop of attempts."""


def find_try_statements(file: SourceFile) -> Iterator[Catch]:
    """Find each `try` that catches errors of the SDK."""
    for node in list(file.module.parents):
        if isinstance(node, Try):
            catch = _judge(file, node)
            if catch is not None:
                yield catch


def _judge(file: SourceFile, node: Try) -> Catch | None:
    if not node.handlers:
        return None
    statement = _TryStatement(file, node)
    if not statement.may_take_transient():
        return None
    direct = file.calls.find_calls(node.body, follow=False)
    trial = try_failures(file, statement.run)
    calls = direct or file.calls.find_calls(node.body)
    if all(ends == frozenset({RERAISE}) for ends in trial.ends.values()):
        return None
    remedy = find_remedy_use(file, node)
    if remedy is not None:
        file.covered.update(calls)
        return remedy
    decides = bool(trial.record.comparisons) or any(RETRY in ends for ends in trial.ends.values())
    if not (trial.names_sdk or direct or (calls and decides) or trial.names_overload):
        return None
    file.covered.update(calls)
    return judge_code(
        trial,
        statement.find_spot,
        calls=calls,
        explain_stream=lambda taken: statement.explain_stream(taken, trial.ends),
    )


class _TryStatement:
    """A `try`, which runs its clauses on a failure."""

    def __init__(self, file: SourceFile, node: Try) -> None:
        self._file = file
        self._node = node
        self._scope = file.module.scope_of[node]
        self._taken_by: dict[str, ast.ExceptHandler] = {}
        ancestors = file.module.find_ancestors(node)
        function = next((ancestor for ancestor in ancestors if isinstance(ancestor, FUNCTIONS)), None)
        self._retry_calls = frozenset(unparse_short(call.func) for call in self._find_tried_calls())
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            self._retry_calls |= {function.name, f"self.{function.name}", f"cls.{function.name}"}
        self._after = self._find_rest_of_loop()

    def _find_tried_calls(self) -> Iterator[ast.Call]:
        """Find the calls that ask for the answer: calls of the SDK, or else calls whose result is used."""
        sdk_calls = self._file.calls.find_calls(self._node.body, follow=False)
        yield from sdk_calls
        for statement in () if sdk_calls else self._node.body:
            value = getattr(statement, "value", None)
            value = value.value if isinstance(value, ast.Await) else value
            if isinstance(value, ast.Call) and (not isinstance(statement, ast.Expr) or len(self._node.body) == 1):
                yield value

    def run(self, evaluator: Evaluator) -> Ends:
        """Return all ends that a failure may have."""
        ends: set[tuple[str, ...]] = set()
        for handler in self._node.handlers:
            answer = self._takes(handler, evaluator)
            if answer is False:
                continue
            if isinstance(answer, Unknown):
                if handler.type is not None and not all(isinstance(each, ast.Raise) for each in handler.body):
                    evaluator.record.undecided.setdefault(evaluator.failure.id, answer.why)
                ends |= self._run_body(handler, evaluator)
                continue
            self._taken_by[evaluator.failure.id] = handler
            return frozenset(ends | self._run_body(handler, evaluator))
        return frozenset(ends | {RERAISE})

    def may_take_transient(self) -> bool:
        """Return whether a clause takes a failure that handlers are about; most clauses take other errors."""
        failures = self._file.sdk.failures
        return any(
            self._takes(handler, self._file.make_evaluator(failures.by_id[id_])) is not False
            for handler in self._node.handlers
            for id_ in ("stream-overloaded", failures.overloaded, "http-429", "timeout", "transport")
        )

    def _takes(self, handler: ast.ExceptHandler, evaluator: Evaluator) -> bool | Unknown:
        if handler.type is None:
            return True
        return evaluator.is_a(evaluator.evaluate(handler.type, self._scope).data)

    def _run_body(self, handler: ast.ExceptHandler, evaluator: Evaluator) -> Ends:
        env = {handler.name: ERROR} if handler.name else {}
        body_ends = Block(evaluator, self._scope, env, self._retry_calls).run(handler.body)
        ends = body_ends - {FALLS, CONTINUE}
        if FALLS in body_ends:
            ends |= self._run_rest_of_loop()
        if CONTINUE in body_ends:
            ends |= {RETRY if self._after is not None else CONTINUE}
        return ends

    def _run_rest_of_loop(self) -> Ends:
        """Return the ends after the `try`: in a loop of attempts another attempt, unless the rest leaves the loop."""
        if self._after is None:
            return frozenset({FALLS})
        ends = Block(self._file.make_evaluator(), self._scope, {}).run(self._after)
        return frozenset({RETRY}) if ends & {FALLS, CONTINUE} else frozenset({BREAK})

    def _find_rest_of_loop(self) -> list[ast.stmt] | None:
        """Find the statements after the `try` in the loop of attempts around it; None if there is no such loop."""
        inside: list[tuple[ast.AST, ast.AST]] = []
        child: ast.AST = self._node
        for parent in self._file.module.find_ancestors(self._node):
            if isinstance(parent, (*FUNCTIONS, ast.ClassDef)):
                return None
            inside.append((parent, child))
            if isinstance(parent, ast.While) or (
                isinstance(parent, ast.For | ast.AsyncFor) and _makes_attempts(parent)
            ):
                return self._list_after(inside)
            if isinstance(parent, ast.For | ast.AsyncFor):
                return None
            child = parent
        return None

    def _list_after(self, inside: list[tuple[ast.AST, ast.AST]]) -> list[ast.stmt]:
        """List the statements that follow each node in its parent, innermost first."""
        after: list[ast.stmt] = []
        for parent, child in inside:
            for block in (getattr(parent, name, None) for name in ("body", "orelse", "finalbody")):
                if isinstance(block, list) and child in block:
                    self._file.work.spend(len(block) // 10)
                    after.extend(block[block.index(child) + 1 :])
        return after

    def find_spot(self, taken: frozenset[str]) -> CodeSpot:
        """Return the first clause whose classes can't be known, or else the first that takes a taken failure."""
        taking = [self._taken_by[id_] for id_ in taken if id_ in self._taken_by]
        doubtful = [each for each in self._node.handlers if each.type is not None and self._is_doubtful(each)]
        first = min(doubtful or taking or self._node.handlers, key=lambda handler: handler.lineno)
        return CodeSpot(first, self._clause_of(first))

    def explain_stream(self, taken: frozenset[str], ends: dict[str, Ends]) -> str:
        """Return a note if an overloaded stream goes to another clause than the failures that are taken."""
        handler = self._taken_by.get("stream-overloaded")
        if handler in {None, *(self._taken_by.get(id_) for id_ in taken)}:
            return ""
        if handler is None or "stream-overloaded" in taken or RERAISE in ends["stream-overloaded"]:
            return ""
        return f"an error inside a stream goes to `{self._clause_of(handler)}` in line {handler.lineno}"

    def _is_doubtful(self, handler: ast.ExceptHandler) -> bool:
        overloaded = self._file.sdk.failures.by_id["stream-overloaded"]
        return isinstance(self._takes(handler, self._file.make_evaluator(overloaded)), Unknown)

    def _clause_of(self, handler: ast.ExceptHandler) -> str:
        """Return a clause as it is written."""
        keyword = "except*" if isinstance(self._node, ast.TryStar) else "except"
        if handler.type is None:
            return keyword
        return shorten(f"{keyword} {self._file.module.code_of(handler.type)}")


def _makes_attempts(loop: ast.For | ast.AsyncFor) -> bool:
    """Return whether a loop makes attempts, rather than going over the user's own items."""
    if isinstance(loop.iter, ast.Call) and unparse_short(loop.iter.func).endswith(("range", "count", "Retrying")):
        return True
    names = f"{unparse_short(loop.target)} {unparse_short(loop.iter)}".lower()
    return any(word in names for word in _ATTEMPTS) or unparse_short(loop.target) == "_"
