"""Finds code that checks whether a stream was complete, and what it does if not. Pure.

It checks by the reason why the answer ended, such as a stop reason, or by the arrival of the last event, such as
`message_stop`.
"""

import ast
from collections.abc import Iterator
from typing import Final

from matrix.scan.catches import Choice, Decision
from matrix.scan.file_index import name_of_called
from matrix.scan.judging import TrialOutcome
from matrix.scan.source_file import SourceFile
from matrix.scan.walks import names_in
from matrix.targets.names import StreamSyntax


def find_end_check(syntax: StreamSyntax, code: ast.AST) -> ast.expr | None:
    """Find the first expression in a function or a file that decides by whether a stream was complete.

    Where no event and no reason ends an answer, it decides by an event that says that the stream failed.
    """
    return _EndChecks(syntax).find(code) if syntax.has_end else _find_failure_check(syntax, code)


def _find_failure_check(syntax: StreamSyntax, code: ast.AST) -> ast.expr | None:
    """Find the first expression that decides by an event that says that the stream failed."""
    for node in ast.walk(code):
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.Assert(test=test) if mentions_failure(syntax, test):
                return test
            case ast.Match(subject=subject, cases=cases) if any(mentions_failure(syntax, each) for each in cases):
                return subject
    return None


def mentions_end(syntax: StreamSyntax, code: ast.AST) -> bool:
    """Return whether code names the reason why an answer ended, or the last event of a stream."""
    return _EndChecks(syntax).mentions_end(code)


def mentions_failure(syntax: StreamSyntax, code: ast.AST) -> bool:
    """Return whether code names an event by which a stream says that it failed."""
    return bool(syntax.failed_events) and _mentions(code, syntax.failed_events, syntax.failed_classes)


def _mentions(code: ast.AST, events: frozenset[str], classes: frozenset[str]) -> bool:
    """Return whether code names one of some events, by its type or by the end of its class's name."""
    ends = tuple(classes)
    return any(
        (isinstance(node, ast.Constant) and node.value in events)
        or (isinstance(node, ast.Name) and node.id.endswith(ends))
        or (isinstance(node, ast.Attribute) and node.attr.endswith(ends))
        for node in ast.walk(code)
    )


class _EndChecks:
    """The checks in code that a stream was complete, in the forms of one SDK."""

    def __init__(self, syntax: StreamSyntax) -> None:
        self._syntax = syntax
        self._complete = syntax.whole_reasons

    def find(self, code: ast.AST) -> ast.expr | None:
        """Find the first expression that decides by whether a stream was complete."""
        flags = {flag for node in ast.walk(code) for flag in self._find_flags(node)}
        of_events = set(_list_tests_of_events(code))
        for node in ast.walk(code):
            match node:
                case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
                    if node not in of_events and (self._decides_by_end(test, flags) or self._mentions_last_event(test)):
                        return test
                case ast.Match(subject=subject, cases=cases) if node not in of_events:
                    if self._is_end(subject, flags) or any(self._mentions_last_event(case.pattern) for case in cases):
                        return subject
                case ast.BoolOp(op=ast.And(), values=[*tests, _]):
                    if operand := next((each for each in tests if self._is_end(each, flags)), None):
                        return operand
                case ast.Subscript(value=ast.Name() | ast.Attribute(), slice=key) if self._is_stop_reason(key):
                    return key  # a table has no entry for an answer that has not ended
                case ast.For() | ast.AsyncFor() if _fails_after(node, code):
                    if loop_test := self._find_loop_test(node, flags):
                        return loop_test
        return None

    def _find_flags(self, node: ast.AST) -> Iterator[str]:
        """Yield the variables that a node makes say whether the end arrived."""
        match node:
            case ast.Assign(targets=targets, value=value) if self.mentions_end(value):
                yield from map(ast.unparse, targets)
            case ast.AnnAssign(target=target) | ast.NamedExpr(target=target) | ast.AugAssign(target=target):
                if node.value is not None and self.mentions_end(node.value):
                    yield ast.unparse(target)
            case ast.If(test=test, body=body) if self._mentions_last_event(test):
                yield from _find_assigned(body)
            case ast.match_case(pattern=pattern, body=body) if self._mentions_last_event(pattern):
                yield from _find_assigned(body)

    def _mentions_last_event(self, code: ast.AST) -> bool:
        return _mentions(code, self._syntax.last_events, self._syntax.last_classes)

    def mentions_end(self, code: ast.AST) -> bool:
        """Return whether code names the reason why an answer ended, or the last event of a stream."""
        return self._mentions_last_event(code) or any(self._is_stop_reason(node) for node in ast.walk(code))

    def _is_stop_reason(self, node: ast.AST) -> bool:
        match node:
            case ast.Attribute(attr=name):
                return name in self._syntax.end_reasons
            case ast.Subscript(slice=ast.Constant(value=name)):
                return name in self._syntax.end_reasons
            case ast.Call(args=[*arguments]) if name_of_called(node) in {"get", "getattr"}:
                return any(
                    isinstance(each, ast.Constant) and each.value in self._syntax.end_reasons for each in arguments
                )
        return False

    def _is_end(self, node: ast.AST, flags: set[str]) -> bool:
        """Return whether an expression is a stop reason, or a variable that says whether the end arrived."""
        node = node.value if isinstance(node, ast.NamedExpr) else node
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in flags:
            return True
        return self._is_stop_reason(node)

    def _decides_by_end(self, test: ast.expr, flags: set[str]) -> bool:
        """Return whether a test has another result where the end is missing."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._decides_by_end(operand, flags)
            case ast.BoolOp(values=values):
                return any(self._decides_by_end(value, flags) for value in values)
            case ast.Compare(left=ast.Constant(value=name), ops=[ast.NotIn()]):  # codespell:ignore notin
                return name in self._syntax.end_reasons
            case ast.Compare(left=left, comparators=comparators):
                operands = [left, *comparators]
                if not any(self._is_end(operand, flags) for operand in operands):
                    return False
                words = {word for operand in operands for word in self._find_words(operand)}
                return not words or not words.isdisjoint(self._complete)
            case ast.Call(args=arguments) if not self._is_stop_reason(test):
                return any(self._is_end(argument, flags) for argument in arguments) or _is_set(test, flags)
        return self._is_end(test, flags)

    def _find_words(self, code: ast.expr) -> Iterator[str]:
        for node in ast.walk(code):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value not in self._syntax.end_reasons
            ):
                yield node.value

    def _find_loop_test(self, loop: ast.For | ast.AsyncFor, flags: set[str]) -> ast.expr | None:
        """Find the test for the end by which a loop over events ends early."""
        for node in ast.walk(loop):
            match node:
                case ast.If(test=test) if _leaves(node.body):
                    if self._mentions_last_event(test) or self._decides_by_end(test, flags):
                        return test
                case ast.Match(subject=subject, cases=cases):
                    if any(_leaves(case.body) and self._mentions_last_event(case.pattern) for case in cases):
                        return subject
        return None


def _leaves(body: list[ast.stmt]) -> bool:
    """Return whether statements end with leaving the loop around them."""
    return isinstance(body[-1], ast.Break | ast.Return)


def _list_tests_of_events(code: ast.AST) -> Iterator[ast.AST]:
    """List the statements and expressions that test one event after the other: in a cut stream, none is the last."""
    for loop in ast.walk(code):
        if not isinstance(loop, ast.For | ast.AsyncFor) or _counts(loop.iter):
            continue
        inside = [node for statement in loop.body for node in ast.walk(statement)]
        names = names_in(loop.target)
        for node in inside:
            match node:
                case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                    if _is_part(value, names):
                        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                        names |= frozenset[str]().union(*map(names_in, targets))
        for node in inside:
            tested = node.subject if isinstance(node, ast.Match) else getattr(node, "test", None)
            if tested is not None and not names.isdisjoint(names_in(tested)):
                yield node


def _is_part(node: ast.expr, names: frozenset[str]) -> bool:
    """Return whether an expression is a variable, a part of one, or compares one; a call may make anything of it."""
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(value=base) | ast.Subscript(value=base) | ast.Compare(left=base):
            return _is_part(base, names)
        case ast.Call(args=[base, *_]) if name_of_called(node) in {"getattr", "isinstance"}:
            return _is_part(base, names)
        case ast.Call(func=ast.Attribute(value=base, attr="get")):
            return _is_part(base, names)
        case ast.BoolOp(values=values):
            return any(_is_part(value, names) for value in values)
    return False


def _counts(iterated: ast.expr) -> bool:
    """Return whether a loop over an expression is one over attempts, not over events."""
    return isinstance(iterated, ast.Call) and name_of_called(iterated) in _ATTEMPTS


_ATTEMPTS: Final = frozenset({"range", "count", "Retrying", "AsyncRetrying"})


def _find_assigned(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        match statement:
            case ast.Assign(targets=targets):
                yield from map(ast.unparse, targets)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=subject, attr="set"))):
                yield ast.unparse(subject)


def _is_set(call: ast.Call, flags: set[str]) -> bool:
    """Return whether a call asks an event whether it is set."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "is_set" and ast.unparse(call.func.value) in flags


def _fails_after(loop: ast.For | ast.AsyncFor, code: ast.AST) -> bool:
    """Return whether an exception is raised if a loop does not end early."""
    if any(isinstance(each, ast.Raise) for each in loop.orelse):
        return True
    returns = any(isinstance(each, ast.Return) for each in ast.walk(loop))
    for node in ast.walk(code) if returns else ():
        body = getattr(node, "body", None)
        if isinstance(body, list) and loop in body:
            return any(isinstance(each, ast.Raise) for each in body[body.index(loop) + 1 :])
    return False


def run_check(file: SourceFile, test: ast.expr) -> TrialOutcome:
    """Run the statement with the check as if the end were missing."""
    statement = file.module.parents.get(test)
    holds = _holds_if_complete(test)
    if not isinstance(statement, ast.If) or holds is None:
        return TrialOutcome(Decision(Choice.UNDECIDED, "the scan does not follow what the check does"))
    body = (statement.orelse if holds else statement.body) or _list_after(file, statement)
    last = body[-1] if body else None
    loops = any(isinstance(each, ast.For | ast.While) for each in file.module.find_ancestors(statement))
    if isinstance(last, ast.Raise) and last.exc is not None:
        raised = last.exc.func if isinstance(last.exc, ast.Call) else last.exc
        return TrialOutcome(Decision(Choice.FAIL, f"raises {ast.unparse(raised).rpartition('.')[2]}"))
    if isinstance(last, ast.Return):
        value = last.value.value if isinstance(last.value, ast.Await) else last.value
        calls_again = isinstance(value, ast.Call) and name_of_called(value) == _name_around(file, statement)
        return TrialOutcome(Decision(Choice.RETRY) if calls_again else Decision(Choice.FAIL, "returns a value"))
    if loops and not isinstance(last, ast.Break):
        return TrialOutcome(Decision(Choice.RETRY))
    return TrialOutcome(Decision(Choice.FAIL, "goes on"))


def _list_after(file: SourceFile, statement: ast.If) -> list[ast.stmt]:
    """List the statements that follow one in its block."""
    parent = file.module.parents.get(statement)
    for field in ("body", "orelse", "finalbody"):
        block = getattr(parent, field, None)
        if isinstance(block, list) and statement in block:
            return block[block.index(statement) + 1 :]
    return []


def _name_around(file: SourceFile, node: ast.AST) -> str:
    """Return the name of the function around a node."""
    return str(getattr(file.calls.find_function(node), "name", ""))


def _holds_if_complete(test: ast.expr) -> bool | None:
    """Return whether a test is true for a stream that is complete, and false for one that is cut, or the reverse.

    None if the scan can't tell.
    """
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            holds = _holds_if_complete(operand)
            return None if holds is None else not holds
        case ast.Compare(ops=[op], comparators=[ast.Constant(value=None | False)]):
            return isinstance(op, ast.IsNot | ast.NotEq)
        case ast.Compare(ops=[ast.In() | ast.Eq() | ast.Is()]):
            return True
        case ast.Compare(ops=[ast.NotIn() | ast.NotEq() | ast.IsNot()]):  # codespell:ignore notin
            return False
        case ast.BoolOp(values=values):
            holds_alike = {_holds_if_complete(value) for value in values}
            return holds_alike.pop() if len(holds_alike) == 1 else None
        case ast.Call(func=ast.Name(id="any" | "bool"), args=[ast.GeneratorExp(elt=inner) | inner]):
            return _holds_if_complete(inner)
        case ast.Call() if name_of_called(test) in {"isinstance", "is_set", "get", "getattr"}:
            return True
        case ast.NamedExpr(value=value):
            return _holds_if_complete(value)
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return True
    return None
