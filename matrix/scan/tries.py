"""`try` statements that catch errors of the SDK. Pure.

A `try` is judged as a whole: which clause takes an error depends on those before it. It concerns the SDK if a clause
names a class of the SDK, if what is tried evidently asks the SDK, or if what is looked for is the API's own word for
it: 529, `overloaded`.
"""

import ast
from collections.abc import Iterator
from typing import Final, TypeAlias

from matrix.scan.evaluate import Evaluator
from matrix.scan.found import Catch
from matrix.scan.names import FUNCTIONS
from matrix.scan.remedies import remedied
from matrix.scan.resolve import short
from matrix.scan.statements import BREAK, CONTINUE, FALLS, RERAISE, RETRY, Block, Ends
from matrix.scan.trial import File, Spot, attempt, names_sdk, shortened, speaks_of_the_api, verdict
from matrix.scan.values import ERROR, Unknown

Try: TypeAlias = ast.Try | ast.TryStar


_ATTEMPTS: Final = ("attempt", "retr", "tries", "try", "delay", "backoff", "wait")
"""How people name what a loop of attempts goes over."""


def tries(file: File) -> Iterator[Catch]:
    """Every `try` that catches errors of the SDK."""
    for node in list(file.module.parents):
        if isinstance(node, Try):
            yield from _try(file, node)


def _try(file: File, node: Try) -> Iterator[Catch]:
    if not node.handlers:
        return
    trial = _Trial(file, node)
    if not trial.may_matter():
        return
    calls = file.calls
    direct = calls.within(node.body, follow=False)
    ends, seen = attempt(file, trial.run)
    near = direct or calls.within(node.body)
    if all(found == frozenset({RERAISE}) for found in ends.values()):
        return
    remedy = remedied(file, node)
    if remedy is not None:
        file.covered.update(near)
        yield remedy
        return
    acts = bool(seen.tests) or any(RETRY in found for found in ends.values())
    if not (names_sdk(file, seen) or direct or (near and acts) or speaks_of_the_api(file, seen)):
        return
    file.covered.update(near)
    found = verdict(file, ends, seen, trial.spot, calls=near, beyond=lambda takes: trial.beyond(takes, ends))
    if found is not None:
        yield found


class _Trial:
    """One `try`, and what it does with a failure."""

    def __init__(self, file: File, node: Try) -> None:
        self._file = file
        self._node = node
        self._scope = file.module.scope_of[node]
        self._taken_by: dict[str, ast.ExceptHandler] = {}
        function = next((one for one in file.module.ancestors(node) if isinstance(one, FUNCTIONS)), None)
        self._again = frozenset(short(one.func) for one in self._asks())
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            self._again |= {function.name, f"self.{function.name}", f"cls.{function.name}"}
        self._after = self._loop()

    def _asks(self) -> Iterator[ast.Call]:
        """The calls by which the answer is asked for: of the SDK, or else those whose result is used."""
        asked = self._file.calls.within(self._node.body, follow=False)
        yield from asked
        for statement in () if asked else self._node.body:
            value = getattr(statement, "value", None)
            value = value.value if isinstance(value, ast.Await) else value
            if isinstance(value, ast.Call) and (not isinstance(statement, ast.Expr) or len(self._node.body) == 1):
                yield value

    def run(self, evaluator: Evaluator) -> Ends:
        """All ends that one failure may have."""
        ends: set[tuple[str, ...]] = set()
        for handler in self._node.handlers:
            answer = self._fits(handler, evaluator)
            if answer is False:
                continue
            if isinstance(answer, Unknown):
                if handler.type is not None and not all(isinstance(one, ast.Raise) for one in handler.body):
                    evaluator.seen.blind.setdefault(evaluator.failure.id, answer.why)
                ends |= self._body(handler, evaluator)
                continue
            self._taken_by[evaluator.failure.id] = handler
            return frozenset(ends | self._body(handler, evaluator))
        return frozenset(ends | {RERAISE})

    def may_matter(self) -> bool:
        """Whether some clause takes one of the failures that handlers are about: most take quite other errors."""
        failures = self._file.sdk.failures
        return any(
            self._fits(handler, self._file.evaluator(failures.by_id[name])) is not False
            for handler in self._node.handlers
            for name in ("stream-overloaded", failures.overloaded, "http-429", "timeout", "transport")
        )

    def _fits(self, handler: ast.ExceptHandler, evaluator: Evaluator) -> bool | Unknown:
        if handler.type is None:
            return True
        return evaluator.is_a(evaluator.of(handler.type, self._scope).data)

    def _body(self, handler: ast.ExceptHandler, evaluator: Evaluator) -> Ends:
        env = {handler.name: ERROR} if handler.name else {}
        block = Block(evaluator, self._scope, env, self._again)
        found = block.run(handler.body)
        ends = found - {FALLS, CONTINUE}
        if FALLS in found:
            ends |= self._then(self._after)
        if CONTINUE in found:
            ends |= {RETRY if self._after is not None else CONTINUE}
        return ends

    def _then(self, after: list[ast.stmt] | None) -> Ends:
        """What comes after the `try`, in a loop of attempts: another one, unless what follows leaves the loop."""
        if after is None:
            return frozenset({FALLS})
        scope = self._scope
        found = Block(self._file.evaluator(), scope, {}).run(after)
        again = frozenset({RETRY}) if found & {FALLS, CONTINUE} else frozenset()
        return again | (frozenset({BREAK}) if not again else frozenset())

    def _loop(self) -> list[ast.stmt] | None:
        """What follows the `try` in the loop of attempts that it stands in; None if it stands in none."""
        after: list[ast.stmt] = []
        child: ast.AST = self._node
        for parent in self._file.module.ancestors(self._node):
            if isinstance(parent, (*FUNCTIONS, ast.ClassDef)):
                return None
            for block in (getattr(parent, name, None) for name in ("body", "orelse", "finalbody")):
                if isinstance(block, list) and child in block:
                    after.extend(block[block.index(child) + 1 :])
            if isinstance(parent, ast.While):
                return after
            if isinstance(parent, ast.For | ast.AsyncFor):
                return after if _counts_attempts(parent) else None
            child = parent
        return None

    def spot(self, takes: frozenset[str]) -> Spot:
        """The first clause that takes an error which is taken."""
        handlers = [self._taken_by[name] for name in takes if name in self._taken_by]
        doubtful = [one for one in self._node.handlers if one.type is not None and self._is_doubtful(one)]
        first = min(doubtful or handlers or self._node.handlers, key=lambda one: one.lineno)
        return Spot(first, self.clause(first))

    def beyond(self, takes: frozenset[str], ends: dict[str, Ends]) -> str:
        """Where an overloaded stream goes, if not to the clause that takes an overloaded server or a rate limit."""
        handler = self._taken_by.get("stream-overloaded")
        if handler in {None, *(self._taken_by.get(name) for name in takes)}:
            return ""
        if handler is None or "stream-overloaded" in takes or RERAISE in ends["stream-overloaded"]:
            return ""
        return f"an error inside a stream goes to `{self.clause(handler)}` in line {handler.lineno}"

    def _is_doubtful(self, handler: ast.ExceptHandler) -> bool:
        return isinstance(
            self._fits(handler, self._file.evaluator(self._file.sdk.failures.by_id["stream-overloaded"])), Unknown
        )

    def clause(self, handler: ast.ExceptHandler) -> str:
        """A clause as it is written."""
        star = "except*" if isinstance(self._node, ast.TryStar) else "except"
        if handler.type is None:
            return star
        return shortened(f"{star} {self._file.module.code(handler.type)}")


def _counts_attempts(loop: ast.For | ast.AsyncFor) -> bool:
    """Whether a loop makes attempts, and does not go over the user's own things."""
    if isinstance(loop.iter, ast.Call) and short(loop.iter.func).endswith(("range", "count", "Retrying")):
        return True
    names = f"{short(loop.target)} {short(loop.iter)}".lower()
    return any(word in names for word in _ATTEMPTS) or short(loop.target) == "_"
