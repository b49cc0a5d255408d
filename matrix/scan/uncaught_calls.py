"""Calls that nothing catches, with the SDK's `max_retries` or a check of how the stream ended. Pure."""

import ast
from collections.abc import Iterator

from matrix.scan.catches import Catch, Exactness, Reaction
from matrix.scan.scopes import FUNCTIONS
from matrix.scan.sdk_calls import reads_stream
from matrix.scan.source_file import SourceFile, find_function_name


def find_max_retries(file: SourceFile) -> Iterator[Catch]:
    """Find the clients with `max_retries`, if the file has a call of the SDK that nothing around it catches."""
    calls = file.calls
    sdk_calls = [node for node in file.module.parents if isinstance(node, ast.Call) and calls.is_sdk(node)]
    uncaught = [call for call in sdk_calls if call not in file.covered]
    if not uncaught:
        return
    for client, argument in calls.find_clients_with_retries():
        if isinstance(argument.value, ast.Constant) and argument.value.value == 0:
            continue
        yield Catch(
            place=file.place_of(argument),
            code=f"max_retries={file.code_of(argument.value)}",
            handler="sdk-retries",
            exactness=Exactness.SAME,
            reaction=Reaction.RETRIES,
            function=find_function_name(file.module, client),
            streams=reads_stream(uncaught),
        )


def find_stop_reasons(file: SourceFile) -> Iterator[Catch]:
    """Find the functions that read a stream and then check whether it was complete."""
    calls = file.calls
    for node, scope in file.module.scopes.items():
        if not isinstance(node, FUNCTIONS) or isinstance(node, ast.Lambda):
            continue
        streamed = calls.find_calls(node.body, follow=False)
        if reads_stream(streamed) is False or not streamed:
            continue
        test = _find_end_check(node)
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


def _find_end_check(function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
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
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if _checks_end(test, ends):
                return test
    return None


def _checks_end(test: ast.expr, ends: set[str]) -> bool:
    """Return whether a test checks for an end: `stop_reason is None`, `not finished`, `message.stop_reason is None`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=subject):
            return _is_end(subject, ends)
        case ast.Compare(left=subject, ops=[ast.Is()], comparators=[ast.Constant(value=None | False)]):
            return _is_end(subject, ends)
        case ast.BoolOp(values=values):
            return any(_checks_end(value, ends) for value in values)
    return False


def _is_end(subject: ast.expr, ends: set[str]) -> bool:
    match subject:
        case ast.Name(id=name):
            return name in ends
        case ast.Attribute(attr="stop_reason"):
            return True
    return False
