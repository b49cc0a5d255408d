"""Where a block of a user's statements leads when a given failure was caught: every end that it may have. Pure.

A condition that can't be known is taken both ways, for an attempt may be the last one or not. If the two ways lead to
different ends, and the condition asks about the error, nothing can be said, and `Seen.blind` keeps why.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from matrix.scan.names import Scope
from matrix.scan.parts import attribute
from matrix.scan.resolve import Env, Resolver, short
from matrix.scan.values import Facet, Part, Value, unknown

End: TypeAlias = tuple[str, ...]
"""How a block ends: `falls`, `continue`, `break`, `reraise`, `exit`, `retry`; `return` and `raise` with what."""

FALLS: Final[End] = ("falls",)
CONTINUE: Final[End] = ("continue",)
BREAK: Final[End] = ("break",)
RERAISE: Final[End] = ("reraise",)
RETRY: Final[End] = ("retry",)
Ends: TypeAlias = frozenset[End]


@dataclass
class Block:
    """Runs statements on values.

    Attributes:
        resolver: Works out expressions.
        scope: Where the statements stand.
        env: What names are known to be.
        again: Source of the calls that make the call again: of what was tried, and of the function it stands in.
        returned: What was returned, if that is known.
    """

    resolver: Resolver
    scope: Scope
    env: Env
    again: frozenset[str] = frozenset()
    returned: list[Value] = field(default_factory=list)

    def run(self, statements: Sequence[ast.stmt]) -> Ends:
        """All ends of a block."""
        ends: set[End] = set()
        for statement in statements:
            found = self._one(statement)
            ends |= found - {FALLS}
            if FALLS not in found:
                return frozenset(ends)
        return frozenset(ends | {FALLS})

    def _one(self, statement: ast.stmt) -> Ends:
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
                made = self._value(value)
                for target in targets:
                    self._assign(target, made)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, self._value(value))
            case ast.AugAssign(target=ast.Name(id=name)):
                self.env[name] = unknown(f"{name} is changed")
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
                self._value(test)
        return frozenset({RETRY}) if self._tries_again(statement) else frozenset({FALLS})

    def _value(self, node: ast.expr) -> Value:
        return self.resolver.of(node, self.scope, self.env)

    def _assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.env[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            parts = value.data if isinstance(value.data, tuple) and len(value.data) == len(target.elts) else None
            for index, one in enumerate(target.elts):
                self._assign(
                    one, Value(parts[index], value.facets) if parts else unknown("it is unpacked", value.facets)
                )

    def _if(self, test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> Ends:
        value = self._value(test)
        truth = self.resolver.truth(value)
        if truth is not None:
            return self.run(body if truth else orelse)
        return self._either(value, body, orelse)

    def _either(self, doubt: Value, *ways: Sequence[ast.stmt]) -> Ends:
        """A condition that can't be known: all ways are gone."""
        ends: list[Ends] = []
        before, after = dict(self.env), []
        for way in ways:
            self.env.clear()
            self.env.update(before)
            ends.append(self.run(way))
            if FALLS in ends[-1]:
                after.append(dict(self.env))
        self.env.clear()
        self.env.update(after[0] if after else before)
        for other in after[1:]:
            for name in set(other) | set(self.env):
                if other.get(name) != self.env.get(name):
                    facets = doubt.facets.union(*(env[name].facets for env in (other, self.env) if name in env))
                    self.env[name] = unknown(doubt.why or f"{name} is not the same on every way", facets)
        if doubt.facets and len(set(ends)) > 1:
            self.resolver.seen.blind.setdefault(self.resolver.failure.id, doubt.why)
        return frozenset().union(*ends)

    def _match(self, subject: ast.expr, cases: Sequence[ast.match_case]) -> Ends:
        value = self._value(subject)
        self.resolver.note(subject, self.scope, value.facets)
        ends: set[End] = set()
        for case in cases:
            fits = self._fits(case.pattern, value)
            if fits is not False and case.guard is not None:
                guard = self.resolver.truth(self._value(case.guard))
                fits = None if guard is None else fits and guard
            if fits is None:
                ends |= self.run(case.body)
                if value.facets and not value.known:
                    self.resolver.seen.blind.setdefault(self.resolver.failure.id, value.why)
            elif fits:
                return frozenset(ends | self.run(case.body))
        return frozenset(ends | {FALLS})

    def _fits(self, pattern: ast.pattern, value: Value) -> bool | None:
        """Whether a value fits a pattern; None if that can't be known."""
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
                found = [self._fits(one, value) for one in patterns]
                return True if True in found else None if None in found else False
            case ast.MatchValue(value=node):
                other = self._value(node)
                if value.facets and isinstance(other.data, str | int):
                    self.resolver.seen.constants.add(other.data)
                return value.data == other.data if value.known and other.known else None
            case ast.MatchSingleton(value=constant):
                return value.data is constant if value.known else None
            case ast.MatchClass(cls=node) if isinstance(value.data, Part):
                answer = self.resolver.is_a(self._value(node).data)
                if answer is False:
                    return False
                parts: list[bool | None] = [answer if isinstance(answer, bool) else None]
                parts += [None for _ in pattern.patterns]  # no class of the SDK has __match_args__
                for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
                    part = attribute(self.resolver, value, name)
                    self.resolver.note(inner, self.scope, part.facets)
                    parts.append(self._fits(inner, part))
                return False if False in parts else None if None in parts else True
            case ast.MatchClass(cls=ast.Name(id="int" | "str" as kind)):
                return type(value.data).__name__ == kind if value.known else None
        return None

    def _return(self, node: ast.expr | None) -> Ends:
        if node is None:
            return frozenset({("return", "None")})
        if self._tries_again(node):
            return frozenset({RETRY})
        value = self._value(node)
        if value.known and not isinstance(value.data, Part) and value.facets.isdisjoint({Facet.TEXT, Facet.ERROR}):
            self.returned.append(value)
            return frozenset({("return", str(value.data))})
        truth = self.resolver.truth(value)
        if isinstance(node, ast.BoolOp | ast.Compare | ast.UnaryOp):
            if truth is not None:
                return frozenset({("return", str(truth))})
            if value.facets:
                self.resolver.seen.blind.setdefault(self.resolver.failure.id, value.why)
            return frozenset({("return", "True"), ("return", "False")})
        if isinstance(value.data, bool):
            return frozenset({("return", str(value.data))})
        if value.known:
            self.returned.append(value)
        return frozenset({("return", short(node))})

    def _raise(self, node: ast.expr | None) -> End:
        if node is None:
            return RERAISE
        if self._is_retry_of_celery(node):
            return RETRY
        raised = node
        while (
            isinstance(raised, ast.Call)
            and isinstance(raised.func, ast.Attribute)
            and raised.func.attr == "with_traceback"
        ):
            raised = raised.func.value
        value = self._value(raised)
        if isinstance(value.data, Part) and value.data.name == "error":
            return RERAISE
        if isinstance(raised, ast.Call):
            return ("raise", short(raised.func), *_numbers(raised))
        return ("raise", short(raised))

    def _expression(self, node: ast.expr) -> Ends:
        if self._tries_again(node):
            return frozenset({RETRY})
        if isinstance(node, ast.Call):
            if short(node.func) in {"sys.exit", "exit", "quit", "os._exit"}:
                return frozenset({("exit",)})
            if short(node.func).endswith((".abort", ".fail")):
                return frozenset({("raise", short(node.func), *_numbers(node))})
        self._value(node)
        return frozenset({FALLS})

    def _try(
        self,
        body: Sequence[ast.stmt],
        handlers: Sequence[ast.ExceptHandler],
        orelse: Sequence[ast.stmt],
        last: Sequence[ast.stmt],
    ) -> Ends:
        """A `try` within a block: of its body is followed what does not fail, and what it catches is another error."""
        ends = self.run([*body, *orelse])
        for handler in handlers:
            inner = Block(self.resolver, self.scope, dict(self.env), self.again)
            if handler.name:
                inner.env[handler.name] = unknown("it is another error")
            found = inner.run(handler.body)
            ends |= found - {RERAISE} if RETRY in ends else found
        final = self.run(last)
        return ends if FALLS in final else final

    def _tries_again(self, node: ast.AST) -> bool:
        """Whether the call that failed is made again here."""
        return bool(self.again) and any(
            isinstance(one, ast.Call) and (short(one.func) in self.again or self._is_retry_of_celery(one))
            for one in ast.walk(node)
        )

    def _is_retry_of_celery(self, node: ast.AST) -> bool:
        """`self.retry(...)`, which is raised to say: again."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self" | "task"), attr="retry")):
                return True
        return False


def _numbers(call: ast.Call) -> tuple[str, ...]:
    """The numbers that a call is given: they tell one error of a user's from another, and messages do not."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return tuple(
        str(one.value) if isinstance(one, ast.Constant) else short(one)
        for one in given
        if (isinstance(one, ast.Constant) and isinstance(one.value, int | bool))
        or (isinstance(one, ast.Attribute) and one.attr.isupper())
    )
