"""Runs a block of a user's statements on a caught failure, and returns every end that the block may have. Pure.

Of a condition that can't be known, both branches are followed: an attempt may be the last one or not. If the branches
have different ends and the condition depends on the error, the decision can't be known: `TrialRecord.undecided` has the
reason.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from matrix.scan.error_parts import read_attribute
from matrix.scan.resolver import Env, Resolver, unparse_short
from matrix.scan.scopes import Scope
from matrix.scan.values import Aspect, ErrorPart, Value, make_unknown

End: TypeAlias = tuple[str, ...]
"""How a block ends: `falls`, `continue`, `break`, `reraise`, `exit`, `retry`; `return` or `raise` with its argument."""

FALLS: Final[End] = ("falls",)
CONTINUE: Final[End] = ("continue",)
BREAK: Final[End] = ("break",)
RERAISE: Final[End] = ("reraise",)
RETRY: Final[End] = ("retry",)
Ends: TypeAlias = frozenset[End]


@dataclass
class Block:
    """A block of statements that runs on values.

    Attributes:
        resolver: Evaluates expressions.
        scope: The scope of the statements.
        env: The values of local names.
        retry_calls: The source of each call that is a retry: of the tried calls and of the function around them.
        returned: The known values that were returned.
    """

    resolver: Resolver
    scope: Scope
    env: Env
    retry_calls: frozenset[str] = frozenset()
    returned: list[Value] = field(default_factory=list)

    def run(self, statements: Sequence[ast.stmt]) -> Ends:
        """Return all ends that statements may have."""
        ends: set[End] = set()
        for statement in statements:
            self.resolver.work.spend()
            statement_ends = self._run_statement(statement)
            ends |= statement_ends - {FALLS}
            if FALLS not in statement_ends:
                return frozenset(ends)
        return frozenset(ends | {FALLS})

    def _run_statement(self, statement: ast.stmt) -> Ends:
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                return self._if(test, body, orelse)
            case ast.Match(subject=subject, cases=cases):
                return self._match(subject, cases)
            case ast.Return(value=value):
                return self._return(value)
            case ast.Raise(exc=error):
                return frozenset({self._raise(error)})
            case ast.Continue():
                return frozenset({CONTINUE})
            case ast.Break():
                return frozenset({BREAK})
            case ast.Assign(targets=targets, value=value):
                assigned = self._evaluate(value)
                for target in targets:
                    self._assign(target, assigned)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, self._evaluate(value))
            case ast.AugAssign(target=ast.Name(id=name)):
                self.env[name] = make_unknown(f"{name} is changed")
            case ast.Expr(value=value):
                return self._expression(value)
            case ast.With(body=body) | ast.AsyncWith(body=body):
                return self.run(body)
            case (
                ast.For(body=body, orelse=orelse)
                | ast.AsyncFor(body=body, orelse=orelse)
                | ast.While(body=body, orelse=orelse)
            ):
                return (self.run(body) - {CONTINUE, BREAK}) | self.run(orelse)
            case (
                ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=last)
                | ast.TryStar(body=body, handlers=handlers, orelse=orelse, finalbody=last)
            ):
                return self._try(body, handlers, orelse, last)
            case ast.Assert(test=test):
                self._evaluate(test)
        return frozenset({RETRY}) if self._retries(statement) else frozenset({FALLS})

    def _evaluate(self, node: ast.expr) -> Value:
        return self.resolver.evaluate(node, self.scope, self.env)

    def _assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.env[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            parts = value.data if isinstance(value.data, tuple) and len(value.data) == len(target.elts) else None
            for index, element in enumerate(target.elts):
                unpacked = make_unknown("an unpacked value can't be known", value.aspects)
                self._assign(element, Value(parts[index], value.aspects) if parts else unpacked)

    def _if(self, test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> Ends:
        value = self._evaluate(test)
        truth = self.resolver.truth_of(value)
        if truth is not None:
            return self.run(body if truth else orelse)
        return self._run_branches(value, body, orelse)

    def _run_branches(self, condition: Value, *branches: Sequence[ast.stmt]) -> Ends:
        """Run every branch of a condition that can't be known."""
        ends: list[Ends] = []
        before, after = dict(self.env), []
        for branch in branches:
            self.env.clear()
            self.env.update(before)
            ends.append(self.run(branch))
            if FALLS in ends[-1]:
                after.append(dict(self.env))
        self.env.clear()
        self.env.update(after[0] if after else before)
        for other in after[1:]:
            for name in set(other) | set(self.env):
                if other.get(name) != self.env.get(name):
                    aspects = condition.aspects.union(*(env[name].aspects for env in (other, self.env) if name in env))
                    self.env[name] = make_unknown(condition.why or f"{name} depends on a condition", aspects)
        if condition.aspects and len(set(ends)) > 1:
            self.resolver.record.undecided.setdefault(self.resolver.failure.id, condition.why)
        return frozenset().union(*ends)

    def _match(self, subject: ast.expr, cases: Sequence[ast.match_case]) -> Ends:
        value = self._evaluate(subject)
        self.resolver.record_comparison(subject, self.scope, value.aspects)
        ends: set[End] = set()
        for case in cases:
            fits = self._fits(case.pattern, value)
            if fits is not False and case.guard is not None:
                guard = self.resolver.truth_of(self._evaluate(case.guard))
                fits = None if guard is None else fits and guard
            if fits is None:
                ends |= self.run(case.body)
                if value.aspects and not value.known:
                    self.resolver.record.undecided.setdefault(self.resolver.failure.id, value.why)
            elif fits:
                return frozenset(ends | self.run(case.body))
        return frozenset(ends | {FALLS})

    def _fits(self, pattern: ast.pattern, value: Value) -> bool | None:
        """Return whether a value fits a pattern; None if that can't be known."""
        match pattern:
            case ast.MatchAs(pattern=None, name=name):
                if name:
                    self.env[name] = value
                return True
            case ast.MatchAs(pattern=ast.pattern() as inner, name=name):
                if name:
                    self.env[name] = value
                return self._fits(inner, value)
            case ast.MatchOr(patterns=patterns):
                answers = [self._fits(each, value) for each in patterns]
                return True if True in answers else None if None in answers else False
            case ast.MatchValue(value=node):
                other = self._evaluate(node)
                if value.aspects and isinstance(other.data, str | int):
                    self.resolver.record.constants.add(other.data)
                return value.data == other.data if value.known and other.known else None
            case ast.MatchSingleton(value=constant):
                return value.data is constant if value.known else None
            case ast.MatchClass(cls=node) if isinstance(value.data, ErrorPart):
                answer = self.resolver.is_a(self._evaluate(node).data)
                if answer is False:
                    return False
                parts: list[bool | None] = [answer if isinstance(answer, bool) else None]
                parts += [None for _ in pattern.patterns]  # no class of the SDK has __match_args__
                for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
                    part = read_attribute(self.resolver, value, name)
                    self.resolver.record_comparison(inner, self.scope, part.aspects)
                    parts.append(self._fits(inner, part))
                return False if False in parts else None if None in parts else True
            case ast.MatchClass(cls=ast.Name(id="int" | "str" as kind)):
                return type(value.data).__name__ == kind if value.known else None
        return None

    def _return(self, node: ast.expr | None) -> Ends:
        if node is None:
            return frozenset({("return", "None")})
        if self._retries(node):
            return frozenset({RETRY})
        value = self._evaluate(node)
        if (
            value.known
            and not isinstance(value.data, ErrorPart)
            and value.aspects.isdisjoint({Aspect.TEXT, Aspect.ERROR})
        ):
            self.returned.append(value)
            return frozenset({("return", str(value.data))})
        truth = self.resolver.truth_of(value)
        if isinstance(node, ast.BoolOp | ast.Compare | ast.UnaryOp):
            if truth is not None:
                return frozenset({("return", str(truth))})
            if value.aspects:
                self.resolver.record.undecided.setdefault(self.resolver.failure.id, value.why)
            return frozenset({("return", "True"), ("return", "False")})
        if isinstance(value.data, bool):
            return frozenset({("return", str(value.data))})
        if value.known:
            self.returned.append(value)
        return frozenset({("return", unparse_short(node))})

    def _raise(self, node: ast.expr | None) -> End:
        if node is None:
            return RERAISE
        if self._is_celery_retry(node):
            return RETRY
        raised = node
        while (
            isinstance(raised, ast.Call)
            and isinstance(raised.func, ast.Attribute)
            and raised.func.attr == "with_traceback"
        ):
            raised = raised.func.value
        value = self._evaluate(raised)
        if isinstance(value.data, ErrorPart) and value.data.name == "error":
            return RERAISE
        if isinstance(raised, ast.Call):
            return ("raise", unparse_short(raised.func), *_number_arguments(raised))
        return ("raise", unparse_short(raised))

    def _expression(self, node: ast.expr) -> Ends:
        if self._retries(node):
            return frozenset({RETRY})
        if isinstance(node, ast.Call):
            if unparse_short(node.func) in {"sys.exit", "exit", "quit", "os._exit"}:
                return frozenset({("exit",)})
            if unparse_short(node.func).endswith((".abort", ".fail")):
                return frozenset({("raise", unparse_short(node.func), *_number_arguments(node))})
        self._evaluate(node)
        return frozenset({FALLS})

    def _try(
        self,
        body: Sequence[ast.stmt],
        handlers: Sequence[ast.ExceptHandler],
        orelse: Sequence[ast.stmt],
        last: Sequence[ast.stmt],
    ) -> Ends:
        """Run a `try` in the block: its body as if nothing failed, and its clauses on another error."""
        ends = self.run([*body, *orelse])
        for handler in handlers:
            inner = Block(self.resolver, self.scope, dict(self.env), self.retry_calls)
            if handler.name:
                inner.env[handler.name] = make_unknown("it is another error")
            handled = inner.run(handler.body)
            ends |= handled - {RERAISE} if RETRY in ends else handled
        final = self.run(last)
        return ends if FALLS in final else final

    def _retries(self, node: ast.AST) -> bool:
        """Return whether a node makes the failed call again."""
        if not self.retry_calls:
            return False
        nodes = list(ast.walk(node))
        self.resolver.work.spend(len(nodes) // 10)
        return any(
            isinstance(call, ast.Call) and (unparse_short(call.func) in self.retry_calls or self._is_celery_retry(call))
            for call in nodes
        )

    def _is_celery_retry(self, node: ast.AST) -> bool:
        """Return whether a node is Celery's `self.retry(...)`, which a task raises to run again."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self" | "task"), attr="retry")):
                return True
        return False


def _number_arguments(call: ast.Call) -> tuple[str, ...]:
    """List the numbers that a call gets: they tell one error of the user's from another, and messages do not."""
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    return tuple(
        str(argument.value) if isinstance(argument, ast.Constant) else unparse_short(argument)
        for argument in arguments
        if (isinstance(argument, ast.Constant) and isinstance(argument.value, int | bool))
        or (isinstance(argument, ast.Attribute) and argument.attr.isupper())
    )
