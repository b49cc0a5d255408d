"""Runs statements of a user on values, and returns every end that they may have. Pure; nothing of the user's is run.

Of a condition that can't be known, both branches are followed: an attempt may be the last one or not. If the branches
end differently and the condition depends on the error, the decision can't be known: `TrialRecord.undecided` has the
reason.
"""

import ast
from collections.abc import Iterable, Sequence
from typing import Any, Final

from matrix.scan.celery_tasks import is_celery_retry
from matrix.scan.class_checks import are_classes
from matrix.scan.context_managers import run_with
from matrix.scan.ends import End, EndKind, join
from matrix.scan.file_index import name_of_called
from matrix.scan.filling import delete_item, run_change, set_item
from matrix.scan.imports import find_missing
from matrix.scan.loops import run_for, run_while
from matrix.scan.match_patterns import fits
from matrix.scan.resolver import ATTEMPTS, HANDLED, Env, Resolver, Thrown, crash
from matrix.scan.scopes import FUNCTIONS, Scope
from matrix.scan.tasks import is_exception_group, make_exception_group
from matrix.scan.values import (
    CaughtError,
    DottedName,
    ErrorNumber,
    ErrorPart,
    Instance,
    OwnClass,
    OwnFunction,
    Unknown,
    is_of_error,
    read_text,
)
from matrix.scan.wording import unparse_short
from matrix.verdicts.verdict import STREAM_STATUS


class Block:
    """A block of statements that runs on values.

    Args:
        resolver: Evaluates expressions.
        scope: The scope of the statements.
        env: The values of local names.
    """

    def __init__(self, resolver: Resolver, scope: Scope, env: Env) -> None:
        self.resolver = resolver
        self.scope = scope
        self._env = env
        self.env = env

    @property
    def env(self) -> Env:
        """The values of local names."""
        return self._env

    @env.setter
    def env(self, env: Env) -> None:
        self._env = env
        if isinstance(self.scope.node, (*FUNCTIONS, ast.Module)):
            self.resolver.frames[self.scope.node] = env

    def run(self, statements: Iterable[ast.stmt]) -> list[End]:
        """Return all ends that statements may have."""
        ends: list[End] = []
        for statement in statements:
            self.resolver.work.spend()
            more = self._run_guarded(statement)
            ends += [end for end in more if end.kind is not EndKind.FALLS]
            falls = [end.env for end in more if end.kind is EndKind.FALLS]
            if not falls:
                return ends
            self.env = join(falls) if len(falls) > 1 else falls[0]
        return [*ends, self.fall()]

    def fall(self) -> End:
        """Return the end of statements after which the next one runs."""
        return End(EndKind.FALLS, self.env)

    def _run_guarded(self, statement: ast.stmt) -> list[End]:
        before, self.resolver.pending = self.resolver.pending, []
        try:
            ends = self._run_statement(statement)
        except Thrown as thrown:
            ends = [End(EndKind.RAISE, dict(self.env), thrown.error, thrown.by_mistake)]
        alike = {(each.kind, each.attempts, id(each.value), each.by_mistake): each for each in self.resolver.pending}
        raised = [
            End(each.kind, {**self.env, ATTEMPTS: each.attempts}, each.value, each.by_mistake)
            for each in alike.values()
        ]
        self.resolver.pending = before
        return [*ends, *raised]

    def _run_statement(self, statement: ast.stmt) -> list[End]:
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                return self._if(test, body, orelse)
            case ast.Match(subject=subject, cases=cases):
                return self._match(subject, cases)
            case ast.Return(value=ast.Call() as value) | ast.Expr(value=ast.Call() as value) if is_celery_retry(
                self.resolver, value, self.scope, is_raised=False
            ):
                return [End(EndKind.RETRY, self.env)]
            case ast.Return(value=value):
                returned = self.evaluate(value, reads=False) if value is not None else None
                if isinstance(returned, tuple) and len(returned) > 1 and isinstance(returned[1], ErrorNumber):
                    self.resolver.record.passes_status |= returned[1] == STREAM_STATUS  # an answer of Flask
                return [End(EndKind.RETURN, self.env, returned)]
            case ast.Raise(exc=error, cause=cause):
                return [self._raise(error, cause)]
            case ast.Continue():
                return [End(EndKind.CONTINUE, self.env)]
            case ast.Break():
                return [End(EndKind.BREAK, self.env)]
            case ast.Expr(value=value):
                self._expression(value)
            case ast.With() | ast.AsyncWith():
                return run_with(self, list(statement.items), statement.body)
            case ast.For() | ast.AsyncFor():
                return run_for(self, statement)
            case ast.While():
                return run_while(self, statement)
            case ast.Try() | ast.TryStar():
                return self._try(statement)
            case ast.Assert(test=test):
                value = self.evaluate(test)
                holds = self.resolver.truth_of(value)
                if holds is False:
                    raise Thrown(Instance(DottedName("builtins.AssertionError")))
                if holds is None:
                    self.resolver.doubt(value)
            case _:
                self._bind(statement)
        return [self.fall()]

    def _bind(self, statement: ast.stmt) -> None:
        """Run a statement that only binds names."""
        match statement:
            case ast.Assign(targets=targets, value=value):
                assigned = self.evaluate(value, reads=False)
                for target in targets:
                    self.assign(target, assigned)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, self.evaluate(value))
            case ast.AugAssign(target=target, op=operation, value=value):
                read = ast.copy_location(ast.BinOp(_as_load(target), operation, value), statement)
                self.assign(target, self.evaluate(read))
            case ast.Delete(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Subscript):
                        delete_item(self, target.value)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self.env[name] = OwnFunction(statement, self.scope)
            case ast.ClassDef(name=name):
                self.env[name] = OwnClass(statement, self.scope)
            case ast.Import() | ast.ImportFrom():
                missing = find_missing(
                    self.resolver.sdk, self.resolver.recorded, self.resolver.project, statement, self.scope
                )
                if missing:
                    raise crash(missing)
                for alias in statement.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    bindings = [each for each in self.scope.bindings.get(name, ()) if each.node is statement]
                    if bindings:
                        self.env[name] = self.resolver.value_of(bindings[0], name)

    def evaluate(self, node: ast.expr, *, reads: bool = True) -> Any:
        """Evaluate an expression with the values of local names."""
        return self.resolver.evaluate(node, self.scope, self.env, reads=reads)

    def assign(self, target: ast.expr, value: Any) -> None:
        """Bind the names in a target."""
        match target:
            case ast.Name(id=name):
                self.env[name] = value
            case ast.Starred(value=inner):
                self.assign(inner, Unknown("an unpacked value can't be known", is_of_error(value)))
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                self._unpack(elements, value)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                self.env[f"{name}.{attribute}"] = value
                owner = self.env.get(name)
                if isinstance(owner, Instance):
                    owner.fields[attribute] = value
                elif isinstance(owner, CaughtError):
                    self.resolver.changed.add(attribute)
            case ast.Subscript(value=collection, slice=index):
                set_item(self, collection, self.evaluate(index), read_text(value))

    def _unpack(self, elements: list[ast.expr], value: Any) -> None:
        parts: Sequence[Any] | None = None
        if isinstance(value, tuple) and len(value) == len(elements):
            parts = value
        elif isinstance(value, Instance):
            fields = [*value.fields.values()]
            parts = fields if len(fields) == len(elements) else None
        for index, element in enumerate(elements):
            unpacked = Unknown("an unpacked value can't be known", is_of_error(value))
            self.assign(element, parts[index] if parts is not None else unpacked)

    # Conditions.

    def _if(self, test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> list[End]:
        value = self.evaluate(test)
        truth = self.resolver.truth_of(value)
        if truth is not None:
            return self.run(body if truth else orelse)
        return self._run_branches(value, body, orelse)

    def _run_branches(self, condition: Any, *branches: Sequence[ast.stmt]) -> list[End]:
        """Run every branch of a condition that can't be known."""
        before = dict(self.env)
        by_branch: list[list[End]] = []
        for branch in branches:
            self.env = dict(before)
            by_branch.append(self.run(branch))
        if is_of_error(condition):
            signatures = [{end.signature for end in ends} for ends in by_branch]
            if any(each != signatures[0] for each in signatures):
                self.resolver.doubt(condition if isinstance(condition, Unknown) else Unknown("it is not known", True))
        ends = [end for each in by_branch for end in each]
        falls = [end.env for end in ends if end.kind is EndKind.FALLS]
        others = [end for end in ends if end.kind is not EndKind.FALLS]
        if not falls:
            return others
        why = condition if isinstance(condition, Unknown) else None
        self.env = join(falls, why)
        return [*others, self.fall()]

    def _match(self, subject: ast.expr, cases: Sequence[ast.match_case]) -> list[End]:
        value = self.evaluate(subject)
        ends: list[End] = []
        doubt: Unknown | None = None
        for case in cases:
            answer = fits(self, case.pattern, value)
            if answer is not False and case.guard is not None:
                guard = self.resolver.truth_of(tested := self.evaluate(case.guard))
                doubt = tested if guard is None and isinstance(tested, Unknown) else doubt
                answer = None if guard is None else answer and guard
            if answer is None:
                before = dict(self.env)
                ends += self.run(case.body)
                self.env = before
                doubt = doubt or Unknown(getattr(value, "why", "a pattern can't be compared"), is_of_error(value))
                self.resolver.doubt(doubt)
            elif answer:
                return [*ends, *self.run(case.body)]
        return [*ends, self.fall()]

    # Exceptions.

    def _raise(self, node: ast.expr | None, cause: ast.expr | None) -> End:
        if node is None:
            handled = self.env.get(HANDLED)
            return End(EndKind.RAISE, self.env, handled if handled is not None else Unknown("nothing is handled"))
        if is_celery_retry(self.resolver, node, self.scope, is_raised=True):
            return End(EndKind.RETRY, self.env)
        if isinstance(node, ast.Call):
            self.resolver.quiet_calls.add(node)
        value = self.evaluate(node)
        if isinstance(value, OwnClass | DottedName):
            value = Instance(value)
        if isinstance(value, ErrorPart | str | int | tuple | dict | None):
            raise crash("TypeError")
        if isinstance(value, Instance):
            value.fields["__cause__"] = self.evaluate(cause) if cause is not None else None
            value.fields["__context__"] = self.env.get(HANDLED)
        return End(EndKind.RAISE, self.env, value)

    def _expression(self, node: ast.expr) -> None:
        call = node.value if isinstance(node, ast.Await) else node
        if isinstance(call, ast.Call) and name_of_called(call) not in _PARSERS:
            self.resolver.quiet_calls.add(call)
        if isinstance(node, ast.Call):
            name = unparse_short(node.func)
            if name.endswith((".abort", ".fail")) and not name.startswith("self."):
                self.evaluate(node)
                raise Thrown(Instance(DottedName(name)))
            if run_change(self, node):
                return
        self.evaluate(node)

    def _try(self, statement: ast.Try | ast.TryStar) -> list[End]:
        ends = self.run(statement.body)
        falls = any(end.kind is EndKind.FALLS for end in ends)
        after = self.run(statement.orelse) if falls else []  # whose errors the clauses do not see
        for end in ends:
            if end.kind is EndKind.RAISE:
                after += self._handle(statement, end)
            elif end.kind is not EndKind.FALLS:
                after.append(end)
        if not statement.finalbody:
            return self.merge_falls(after)
        final: list[End] = []
        for end in after:
            self.env = dict(end.env)
            for last in self.run(statement.finalbody):
                same = last.kind is EndKind.FALLS
                final.append(End(end.kind, last.env, end.value, end.by_mistake) if same else last)
        return self.merge_falls(final)

    def merge_falls(self, ends: list[End]) -> list[End]:
        """Join the ways after which the next statement runs."""
        falls = [end.env for end in ends if end.kind is EndKind.FALLS]
        if falls:
            self.env = join(falls)
        return [end for end in ends if end.kind is not EndKind.FALLS] + ([self.fall()] if falls else [])

    def _handle(self, statement: ast.Try | ast.TryStar, raised: End) -> list[End]:
        """Return the ends of the clauses of a `try` that may take an exception."""
        ends: list[End] = []
        if raised.attempts:
            reached = self.resolver.reached
            reached[statement] = min(reached.get(statement, raised.attempts), raised.attempts)
        for handler in statement.handlers:
            self.env = dict(raised.env)
            try:
                classes = self.evaluate(handler.type) if handler.type is not None else DottedName(_EVERY)
                if not are_classes(classes, in_clause=True):
                    raise crash("TypeError")
            except Thrown as thrown:
                return [*ends, End(EndKind.RAISE, self.env, thrown.error, thrown.by_mistake)]
            error = raised.value
            if isinstance(statement, ast.TryStar) and is_exception_group(error):
                error = error.arguments[1][0]
            answer = self.resolver.is_instance(error, classes)
            if answer is False:
                continue
            if isinstance(answer, Unknown):
                if all(isinstance(each, ast.Raise) and each.exc is None for each in handler.body):
                    continue
                self.resolver.doubt(answer)
            self.resolver.note_taken(statement, handler, raised.attempts)
            ends += self._run_handler(handler, raised, is_star=isinstance(statement, ast.TryStar))
            if answer is True:
                return ends
        return [*ends, raised]

    def _run_handler(self, handler: ast.ExceptHandler, raised: End, *, is_star: bool) -> list[End]:
        before, error = self.env.get(HANDLED), raised.value
        if is_star and not is_exception_group(error):
            error = make_exception_group(error)
        self.env = {**raised.env, HANDLED: error}
        if handler.name:
            self.env[handler.name] = error
        ends = self.run(handler.body)
        for end in ends:
            end.env[HANDLED] = before
        return ends


_PARSERS: Final = frozenset({"loads", "int", "float"})
"""Functions that raise an exception at a text which they can't read."""

_EVERY: Final = "builtins.BaseException"


def _as_load(target: ast.expr) -> ast.expr:
    """Return the expression that reads what a target names."""
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=value, attr=attr):
            return ast.copy_location(ast.Attribute(value, attr, ast.Load()), target)
        case ast.Subscript(value=value, slice=index):
            return ast.copy_location(ast.Subscript(value, index, ast.Load()), target)
    return target
