"""What is relied on where nothing is caught: the SDK's own `max_retries`, and a look at how the stream ended. Pure."""

import ast
from collections.abc import Iterator

from matrix.scan.found import Action, Catch, Exactness
from matrix.scan.names import FUNCTIONS
from matrix.scan.sdk_calls import streams
from matrix.scan.trial import File, scope_name


def max_retries(file: File) -> Iterator[Catch]:
    """Clients that are given `max_retries`, if nothing catches around some call of the SDK in the same file."""
    calls = file.calls
    every = [node for node in file.module.parents if isinstance(node, ast.Call) and calls.is_sdk(node)]
    alone = [call for call in every if call not in file.covered]
    if not alone:
        return
    for client, given in calls.clients():
        if isinstance(given.value, ast.Constant) and given.value.value == 0:
            continue
        yield Catch(
            place=file.place(given),
            code=f"max_retries={file.code(given.value)}",
            handler="sdk-retries",
            exactness=Exactness.SAME,
            action=Action.RETRIES,
            function=scope_name(file.module, client),
            streams=streams(alone),
        )


def stop_reasons(file: File) -> Iterator[Catch]:
    """Functions that read a stream and then ask whether it came to its end."""
    calls = file.calls
    for node, scope in file.module.scopes.items():
        if not isinstance(node, FUNCTIONS) or isinstance(node, ast.Lambda):
            continue
        asked = calls.within(node.body, follow=False)
        if streams(asked) is False or not asked:
            continue
        test = _test(node)
        if test is not None:
            file.covered.update(asked)
            yield Catch(
                place=file.place(test),
                code=file.code(test),
                handler="stop-reason",
                exactness=Exactness.SAME,
                action=Action.DECIDES,
                function=scope.qualified_name,
                streams=streams(asked),
            )


def _test(function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    """The condition that asks for a stop reason, or whether `message_stop` came."""
    ends = set()
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute(attr="stop_reason")):
                ends.add(name)
            case ast.If(test=test, body=body) if "message_stop" in ast.dump(test):
                ends |= {
                    one.targets[0].id
                    for one in body
                    if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
                }
    for node in ast.walk(function):
        match node:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if _asks(test, ends):
                return test
    return None


def _asks(test: ast.expr, ends: set[str]) -> bool:
    """`stop_reason is None`, `not finished`, `message.stop_reason is None`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=subject):
            return _is_end(subject, ends)
        case ast.Compare(left=subject, ops=[ast.Is()], comparators=[ast.Constant(value=None | False)]):
            return _is_end(subject, ends)
        case ast.BoolOp(values=values):
            return any(_asks(value, ends) for value in values)
    return False


def _is_end(subject: ast.expr, ends: set[str]) -> bool:
    match subject:
        case ast.Name(id=name):
            return name in ends
        case ast.Attribute(attr="stop_reason"):
            return True
    return False
