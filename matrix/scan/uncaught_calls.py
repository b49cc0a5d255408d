"""Calls that nothing catches: those that the SDK itself retries, and streams whose end is checked or is not. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from matrix.findings.model import Place
from matrix.scan.catches import Catch, Exactness, Reaction
from matrix.scan.end_checks import find_end_check
from matrix.scan.file_index import name_of_called, walk_function
from matrix.scan.remedy_uses import name_remedy_function
from matrix.scan.scopes import FUNCTIONS
from matrix.scan.sdk_calls import reads_stream
from matrix.scan.sdk_methods import SdkCall
from matrix.scan.source_file import SourceFile, find_function_name
from matrix.scan.values import OwnFunction


@dataclass(frozen=True)
class ClientRetries:
    """A client that is given `max_retries`.

    Attributes:
        place: The position of the argument.
        code: The argument: `max_retries=5`.
        function: The function around it; empty at the top of the module.
    """

    place: Place
    code: str
    function: str


@dataclass(frozen=True)
class UncheckedStream:
    """A function whose streams nothing catches, and nothing checks for their end.

    Attributes:
        place: The position of its first call.
        code: That call.
        function: The function; empty at the top of the module.
        calls: Its calls, in the order of the text.
    """

    place: Place
    code: str
    function: str
    calls: tuple[SdkCall, ...]


def find_client_retries(file: SourceFile) -> Iterator[ClientRetries]:
    """Find the clients with `max_retries`, other than 0: in a project, all of them are one note."""
    for client, argument in file.calls.find_clients_with_retries():
        if not (isinstance(argument.value, ast.Constant) and argument.value.value == 0):
            code = f"max_retries={file.code_of(argument.value)}"
            yield ClientRetries(file.place_of(argument), code, find_function_name(file.module, client))


def find_max_retries(file: SourceFile) -> Iterator[Catch]:
    """Find the clients with `max_retries`, if the file has a call of the SDK that nothing around it catches."""
    uncaught = [call.node for call in file.calls.all_calls if call.surface and call.node not in file.covered]
    for retries in find_client_retries(file) if uncaught else ():
        yield Catch(
            place=retries.place,
            code=retries.code,
            handler="sdk-retries",
            exactness=Exactness.SAME,
            reaction=Reaction.RETRIES,
            function=retries.function,
            streams=reads_stream(uncaught),
        )


def find_unchecked_streams(file: SourceFile) -> Iterator[UncheckedStream]:
    """Find the functions that read a stream to its end, and neither catch an error of it nor check that end.

    A function counts only if `file.covered` has none of its calls, so the places that catch are searched before. A
    caller that catches errors does not help, because a stream that was cut raises none; one that checks the end does.
    """
    by_function: dict[ast.AST | None, list[SdkCall]] = {}
    for call in file.calls.all_calls:
        if call.streams and call.surface and call.node not in file.covered:
            by_function.setdefault(file.calls.find_function(call.node), []).append(call)
    checked: dict[ast.AST, bool] = {}
    for calls in by_function.values():
        unchecked = [call for call in calls if _is_unchecked(file, call, checked)]
        if unchecked:
            unchecked.sort(key=lambda call: (call.node.lineno, call.node.col_offset))
            first = unchecked[0].node
            function = find_function_name(file.module, first)
            yield UncheckedStream(file.place_of(first), file.code_of(first), function, tuple(unchecked))


def _is_unchecked(file: SourceFile, call: SdkCall, checked: dict[ast.AST, bool]) -> bool:
    """Return whether a stream is read in the scanned files, and none of the functions involved checks its end.

    `checked` has the functions that were judged before.
    """
    functions = file.calls.find_readers(call)
    for function in functions:
        if function not in checked:
            checked[function] = _checks_end(file, function)
    return bool(functions) and not any(checked[function] for function in functions)


def _checks_end(file: SourceFile, function: ast.AST) -> bool:
    """Return whether a function checks how a stream ended, itself or by a function that it calls."""
    file.work.spend(sum(1 for _ in walk_function(function)) // 10)
    if find_end_check(function) is not None:
        return True
    references = file.calls.references
    for node in walk_function(function):
        if not isinstance(node, ast.Call):
            continue
        for called in references.find(node.func, references.scope_of(node)):
            if name_of_called(node) == "guard" and name_remedy_function(called):
                return True
            if isinstance(called, OwnFunction) and find_end_check(called.node) is not None:
                return True
    return False


def find_stop_reasons(file: SourceFile) -> Iterator[Catch]:
    """Find the functions that read a stream and then check whether it was complete."""
    calls = file.calls
    for node, scope in file.module.scopes.items():
        if not isinstance(node, FUNCTIONS) or isinstance(node, ast.Lambda):
            continue
        streamed = calls.find_calls(node.body, follow=False)
        if reads_stream(streamed) is False or not streamed:
            continue
        test = _find_test(node)
        if test is not None:
            file.covered.update(streamed)
            yield Catch(
                place=file.place_of(test),
                code=file.code_of(test),
                handler="stop-reason",
                exactness=Exactness.SAME,
                reaction=Reaction.DECIDES,
                function=scope.qualified_name,
                streams=reads_stream(streamed),
            )


def _find_test(function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    """Find the condition that checks for a stop reason, or for the arrival of `message_stop`."""
    ends = set()
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute(attr="stop_reason")):
                ends.add(name)
            case ast.If(test=test, body=body) if "message_stop" in ast.dump(test):
                ends |= {
                    statement.targets[0].id
                    for statement in body
                    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
                }
    for node in ast.walk(function):
        match node:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if _tests_end(test, ends):
                return test
    return None


def _tests_end(test: ast.expr, ends: set[str]) -> bool:
    """Return whether a test checks for an end: `stop_reason is None`, `not finished`, `message.stop_reason is None`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=subject):
            return _is_end(subject, ends)
        case ast.Compare(left=subject, ops=[ast.Is()], comparators=[ast.Constant(value=None | False)]):
            return _is_end(subject, ends)
        case ast.BoolOp(values=values):
            return any(_tests_end(value, ends) for value in values)
    return False


def _is_end(subject: ast.expr, ends: set[str]) -> bool:
    match subject:
        case ast.Name(id=name):
            return name in ends
        case ast.Attribute(attr="stop_reason"):
            return True
    return False
