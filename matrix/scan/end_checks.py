"""Finds code that checks whether a stream was complete, and what it does if not. Pure.

It checks by the reason why the answer ended, such as a stop reason, or by the arrival of the last event, such as
`message_stop`.
"""

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from matrix.scan.endings import Ending
from matrix.scan.file_index import name_of_called, walk_function
from matrix.scan.source_file import SourceFile
from matrix.scan.values import OwnFunction
from matrix.scan.walks import names_in
from matrix.targets.names import StreamSyntax


def find_end_check(syntax: StreamSyntax, code: ast.AST) -> ast.expr | None:
    """Find the first expression in a function or a file that decides by whether a stream was complete.

    Where no event and no reason ends an answer, it decides by an event that says that the stream failed.
    """
    return _EndChecks(syntax).find(code) if syntax.has_end else _find_failure_check(syntax, code)


class EndCheck(NamedTuple):
    """Code that looks at how a stream ended.

    Attributes:
        test: The expression by which it decides, or answers its caller; None if that was not found.
        by_event: Whether it looks for the last event.
        by_reason: Whether it looks for the reason why the answer ended.
    """

    test: ast.expr | None
    by_event: bool
    by_reason: bool

    def notices(self, syntax: StreamSyntax, ending: Ending) -> bool | None:
        """Return whether it notices that an answer is not whole; None if it looks for two things and misses one."""
        lacks_event = syntax.last_events.isdisjoint(ending.events) if ending.events else ending.is_cut
        answers = {*([lacks_event] if self.by_event else []), *([ending.is_cut] if self.by_reason else [])}
        return None if len(answers) > 1 else True in answers


def find_check(file: SourceFile, function: ast.AST) -> EndCheck | None:
    """Find what looks at the end of a stream in a function, or in the functions of the scanned files that it calls."""
    syntax, references = file.sdk.target.stream, file.calls.references
    if (test := find_end_check(syntax, function)) is not None or mentions_end(syntax, function):
        return _EndChecks(syntax).describe(test, function)
    of_events = set(_list_calls_with_events(function))
    for node in walk_function(function):
        if isinstance(node, ast.Call) and node not in of_events:
            for called in references.find(node.func, references.scope_of(node)):
                if isinstance(called, OwnFunction) and (test := _find_in_helper(syntax, called.node)) is not None:
                    return _EndChecks(syntax).describe(test, called.node)
    return None


def _find_in_helper(syntax: StreamSyntax, function: ast.AST) -> ast.expr | None:
    """Find the expression by which a function decides, or answers its caller, whether a stream was complete."""
    if (test := find_end_check(syntax, function)) is not None or not syntax.has_end:
        return test
    checks = _EndChecks(syntax)
    returned = (node.value for node in walk_function(function) if isinstance(node, ast.Return))
    return next((each for each in returned if each is not None and checks.answers(each)), None)


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

    def answers(self, value: ast.expr) -> bool:
        """Return whether an expression is true or false, and says whether a stream was complete."""
        match value:
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.Call(func=ast.Name(id="any" | "bool")):
                return self._decides_by_end(value, set()) or self._mentions_last_event(value)
        return False

    def _mentions_last_event(self, code: ast.AST) -> bool:
        return _mentions(code, self._syntax.last_events, self._syntax.last_classes)

    def mentions_end(self, code: ast.AST) -> bool:
        """Return whether code names the reason why an answer ended, or the last event of a stream."""
        return self._mentions_last_event(code) or self._mentions_stop_reason(code)

    def _mentions_stop_reason(self, code: ast.AST) -> bool:
        return any(self._is_stop_reason(node) or self._asks_for_key(node) for node in ast.walk(code))

    def _asks_for_key(self, node: ast.AST) -> bool:
        """Return whether an expression asks whether a dict has a stop reason."""
        match node:
            case ast.Compare(left=ast.Constant(value=name), ops=[ast.In() | ast.NotIn()]):  # codespell:ignore notin
                return name in self._syntax.end_reasons
        return False

    def describe(self, test: ast.expr | None, function: ast.AST) -> EndCheck:
        """Say what a test in a function looks for; if it is a flag, what the function does."""
        code = test if test is not None and self.mentions_end(test) else function
        return EndCheck(test, self._mentions_last_event(code), self._mentions_stop_reason(code))

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
            case ast.Compare() if self._asks_for_key(test):
                return True
            case ast.Compare(left=left, comparators=comparators):
                operands = [left, *comparators]
                if not any(self._is_end(operand, flags) for operand in operands):
                    return False
                words = {word for operand in operands for word in self._find_words(operand)}
                return not words or not words.isdisjoint(self._complete)
            case ast.Call(func=ast.Name(id="any" | "all"), args=[ast.GeneratorExp(elt=each) | ast.ListComp(elt=each)]):
                return self._mentions_stop_reason(each)
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
    for node, names in _list_with_events(code):
        tested = node.subject if isinstance(node, ast.Match) else getattr(node, "test", None)
        if tested is not None and not names.isdisjoint(names_in(tested)):
            yield node


def _list_calls_with_events(code: ast.AST) -> Iterator[ast.AST]:
    """List the calls of functions that are passed one event after the other, and may test it."""
    for node, names in _list_with_events(code):
        if isinstance(node, ast.Call):
            passed = (*node.args, *(keyword.value for keyword in node.keywords))
            if any(not names.isdisjoint(names_in(each)) for each in passed):
                yield node


def _list_with_events(code: ast.AST) -> Iterator[tuple[ast.AST, frozenset[str]]]:
    """List the nodes in loops over events, with the names that stand for the event there, or for parts of it."""
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
            yield node, names


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


def holds_if_complete(test: ast.expr) -> bool | None:
    """Return whether a test is true for a stream that is complete, and false for one that is cut, or the reverse.

    None if the scan can't tell.
    """
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            holds = holds_if_complete(operand)
            return None if holds is None else not holds
        case ast.Compare(ops=[op], comparators=[ast.Constant(value=None | False)]):
            return isinstance(op, ast.IsNot | ast.NotEq)
        case ast.Compare(ops=[ast.In() | ast.Eq() | ast.Is()]):
            return True
        case ast.Compare(ops=[ast.NotIn() | ast.NotEq() | ast.IsNot()]):  # codespell:ignore notin
            return False
        case ast.BoolOp(values=values):
            holds_alike = {holds_if_complete(value) for value in values}
            return holds_alike.pop() if len(holds_alike) == 1 else None
        case ast.Call(func=ast.Name(id="any" | "bool"), args=[ast.GeneratorExp(elt=inner) | inner]):
            return holds_if_complete(inner)
        case ast.Call() if name_of_called(test) in {"isinstance", "is_set", "get", "getattr"}:
            return True
        case ast.NamedExpr(value=value):
            return holds_if_complete(value)
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return True
    return None
